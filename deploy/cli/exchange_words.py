"""What `guichet terminal` and `guichet fleet` say, in English and French."""

from __future__ import annotations

from typing import Final

from deploy.local.error_words import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "field": ("Field", "Champ"),
    "name": ("Name", "Nom"),
    "request": ("Request", "Demande"),
    "answer": ("Answer", "Réponse"),
    "approved": ("Approved", "Accepté"),
    "partial": ("Partially approved", "Accepté en partie"),
    "not-made": ("Not paid", "Pas payé"),
    "declined": ("Declined", "Refusé"),
    "done": ("Done", "Fait"),
    "no-answer": ("No answer in {seconds:g} s", "Pas de réponse en {seconds:g} s"),
    "reversed": ("reversed, acknowledged", "annulé, confirmé"),
    "not-reversed": ("reversal not acknowledged yet", "annulation pas encore confirmée"),
    "in": ("in {ms:.1f} ms", "en {ms:.1f} ms"),
    "in-balance": ("the totals agree", "les totaux concordent"),
    "out-of-balance": ("the totals differ", "les totaux diffèrent"),
    "refused-by-edge": (
        "Guichet refused it; nothing was sent to a bank.",
        "Guichet l'a refusé ; rien n'a été envoyé à une banque.",
    ),
    "fleet.running": (
        "{online} of {terminals} terminals on line",
        "{online} terminaux sur {terminals} en ligne",
    ),
    "fleet.draining": ("waiting for the last answers", "attente des dernières réponses"),
    "fleet.terminals": ("Terminals", "Terminaux"),
    "fleet.seconds": ("Seconds", "Secondes"),
    "fleet.sent": ("Sent", "Envoyées"),
    "fleet.approved": ("Approved", "Acceptées"),
    "fleet.partially_approved": ("Partially approved", "Acceptées en partie"),
    "fleet.declined": ("Declined", "Refusées"),
    "fleet.unknown": ("No answer", "Sans réponse"),
    "fleet.reversed": ("Reversed, acknowledged", "Annulées, confirmées"),
    "fleet.advices": ("Offline or completions", "Hors ligne ou complétées"),
    "fleet.advices_acknowledged": ("  of which acknowledged", "  dont confirmées"),
    "fleet.waiting": ("Still waiting", "Encore en attente"),
    "fleet.refused_offline": ("Refused off line", "Refusées hors ligne"),
    "fleet.reconnections": ("Reconnections", "Reconnexions"),
    "fleet.sign_ons_refused": ("Sign-ons refused", "Connexions refusées"),
    "fleet.echoes": ("Echoes", "Échos"),
    "fleet.unexpected_answers": ("Unexpected answers", "Réponses inattendues"),
    "fleet.p50_ms": ("Median, ms", "Médiane, ms"),
    "fleet.p99_ms": ("99th percentile, ms", "99e centile, ms"),
}


_ELEMENTS: Final = {
    0: "type de message",
    2: "numéro de carte",
    3: "code de traitement",
    4: "montant",
    7: "date et heure de transmission",
    11: "numéro de suivi (STAN)",
    12: "heure locale",
    13: "date locale",
    14: "expiration",
    15: "date de règlement",
    22: "mode de saisie",
    23: "numéro de séquence de la carte",
    25: "condition du point de service",
    35: "piste 2",
    37: "numéro de référence (RRN)",
    38: "code d'autorisation",
    39: "code de réponse",
    41: "identifiant du terminal",
    42: "identifiant de l'accepteur",
    43: "nom et lieu de l'accepteur",
    44: "données de réponse",
    48: "données privées",
    49: "devise",
    52: "bloc PIN",
    53: "informations de sécurité",
    54: "montants supplémentaires",
    55: "données de la puce",
    64: "code d'authentification du message",
    66: "code du règlement",
    70: "code de gestion du réseau",
    74: "nombre de crédits",
    75: "nombre d'annulations de crédits",
    76: "nombre de débits",
    77: "nombre d'annulations de débits",
    86: "montant des crédits",
    87: "montant des annulations de crédits",
    88: "montant des débits",
    89: "montant des annulations de débits",
    90: "éléments de l'original",
    95: "montants de remplacement",
    128: "code d'authentification du message, second",
}
"""The data elements that terminals exchange; their English names are the dialect's."""


def element_name(spoken: Language, number: int, english: str) -> str:
    """Return what a data element is called."""
    return _ELEMENTS.get(number, english) if spoken == "fr" else english


def words(spoken: Language, key: str, **facts: object) -> str:
    """Return the words of a key in a language, facts filled in."""
    english, french = WORDS[key]
    return (french if spoken == "fr" else english).format(**facts)
