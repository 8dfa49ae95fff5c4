"""What `guichet terminal` and `guichet fleet` say, in English and French."""

from __future__ import annotations

from typing import Final

from deploy.local.cli.words import Language
from deploy.local.errors import LocalError

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
    "card-unknown": (
        "no test card is called {name}; the names are in docs/sandbox.md",
        "aucune carte de test ne s’appelle {name} ; les noms sont dans docs/sandbox.md",
    ),
    "amount-refused": (
        "{text} is not an amount; write euros with at most two decimals, such as 12.50",
        "{text} n’est pas un montant ; écrivez des euros avec deux décimales au plus, comme 12,50",
    ),
    "address-refused": (
        "{text} is not an address; write host:port",
        "{text} n’est pas une adresse ; écrivez hôte:port",
    ),
    "terminal-refused": (
        "{text} is not a terminal identifier; it has at most eight letters and digits",
        "{text} n’est pas un identifiant de terminal ; il a au plus huit lettres et chiffres",
    ),
    "number-refused": (
        "{text} must be above zero; choose another",
        "{text} doit être positif ; choisissez autre chose",
    ),
    "nothing-runs": (
        "nothing runs on {data}; start it with guichet up or give --address",
        "rien ne tourne sur {data} ; démarrez avec guichet up ou donnez --address",
    ),
    "link-lost": (
        "{said}; is it running? guichet status tells",
        "{said} ; guichet status dit si tout tourne",
    ),
    "refused-by-edge": (
        "Guichet refused it; nothing was sent to a bank.",
        "Guichet l'a refusé ; rien n'a été envoyé à une banque.",
    ),
    "sign-on-refused": (
        "Guichet refused terminal {terminal} at sign-on with code {code}. {words}",
        "Guichet refuse la connexion du terminal {terminal}, code {code}. {words}",
    ),
    "payment-unknown": (
        "this terminal made no such payment; give --rrn and --card, or pay first",
        "ce terminal n’a pas fait ce paiement ; donnez --rrn et --card, ou payez d’abord",
    ),
    "stans-exhausted": (
        "terminal {terminal} has used all its numbers today; use another one",
        "le terminal {terminal} a utilisé tous ses numéros du jour ; prenez-en un autre",
    ),
    "fleet.running": (
        "{online} of {terminals} terminals on line",
        "{online} terminaux sur {terminals} en ligne",
    ),
    "fleet.draining": ("waiting for the last answers", "attente des dernières réponses"),
    "fleet.no-session": (
        "no terminal could sign on; were they made, and is the edge running?",
        "aucun terminal n’a pu se connecter ; existent-ils, et le serveur tourne-t-il ?",
    ),
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


def words(spoken: Language, key: str, **facts: object) -> str:
    """Return the words of a key in a language, facts filled in."""
    english, french = WORDS[key]
    return (french if spoken == "fr" else english).format(**facts)


class Misused(LocalError):
    """What was asked cannot be done as asked; said in the caller's language on one line."""

    exit_code = 2

    def __init__(self, spoken: Language, key: str, **facts: object) -> None:
        text = words(spoken, key, **facts)
        what, _, remedy = text.partition("; ")
        super().__init__(what, remedy, **facts)
        self.args = (text,)
