"""What `guichet verify` says in French of each invariant; core says it in English."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from core.transactions.rules import STUCK_AFTER
from core.verify.model import Finding
from deploy.local.cli.words import Language

INVARIANTS: Final[dict[str, str]] = {
    "V1": "chaque écriture du grand livre s’équilibre par devise",
    "V1 owners": "chaque écriture est à son acquéreur ou à son magasin, dans la devise du paiement",
    "V1 refunds": "ce qui est rendu est ce que disent les remboursements, à la carte qui a payé",
    "V1 position": "ce qui est réservé et passé correspond à l’état de chaque paiement",
    "V2": "aucune clé d’opération du grand livre n’existe en double",
    "V3": "ce qu’un terminal s’est vu répondre est en base",
    "V4": f"aucun paiement envoyé ou sans réponse plus de {STUCK_AFTER // timedelta(minutes=1)} minutes après son délai",
    "V5": "chaque paiement hors délai a une annulation que l’acquéreur a acceptée",
    "V6": "le livre de l’acquéreur est égal au nôtre, référence par référence",
    "V7": "aucun événement de plus d’une minute hors de la boîte de son destinataire",
    "V7 once": "aucun événement n’est dans deux plages de la boîte de son destinataire",
    "V8": "aucune échéance encaissée deux fois, aucun débit passé deux fois",
    "V9 rows": "aucun numéro de carte en base",
    "V9 shown": "d’une carte, rien de plus que le BIN et les quatre derniers chiffres",
    "V9 files": "aucun numéro de carte dans les journaux et les flux",
    "V9 audit": "l’audit est une seule chaîne, chaque maillon égal à ce que donne sa ligne",
    "V10": "ce dont une annulation s’est vu répondre 00 est repris, ou n’existe à aucune date",
    "V8 repeats": "aucun paiement ne subsiste à côté de sa propre répétition",
    "V10 asked": "rien n’est repris qu’aucune annulation ne décrive",
    "V11": "montant, devise, carte et référence de chaque réponse inscrite sont ceux demandés",
    "V12": "chaque remboursement, annulation, blocage, plafond, droit et dossier clos a son auteur, les grands remboursements deux",
    "V13": "chaque chiffre d’une page égale les transactions qu’il compte",
    "V13 books": "le brut moins les remboursements est ce que les livres réservent et ont passé",
}

_NOTES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"not compared: (.*)"), r"pas comparé : \1"),
    (re.compile(r"(\d+) attempts here"), r"\1 paiements ici"),
    (re.compile(r"(\d+) exchanges with hosts compared"), r"\1 échanges avec des acquéreurs comparés"),
    (re.compile(r"up to #(\S+), hash (.*)"), r"jusqu’au n° \1, empreinte \2"),
    (re.compile(r"0 instalments, debits checked"), "0 échéance, débits vérifiés"),
    (re.compile(r"sampled: (.*)"), r"par échantillon : \1"),
    (re.compile(r"(\d+) files read at both ends only"), r"\1 fichiers lus aux deux bouts seulement"),
    (re.compile(r"no journal was given"), "aucun journal n’a été donné"),
    (re.compile(r"no book was given"), "aucun livre n’a été donné"),
)


def said_of(finding: Finding, language: Language) -> str:
    """Return the invariant, and the note on how it was looked at, in the reader's language."""
    what = INVARIANTS.get(finding.name, finding.what) if language == "fr" else finding.what
    note = note_in_french(finding.note) if language == "fr" else finding.note
    return f"{what} ({note})" if note else what


def note_in_french(note: str) -> str:
    """Return a note in French; one that is not known stays as it is."""
    for pattern, french in _NOTES:
        note = pattern.sub(french, note)
    return note
