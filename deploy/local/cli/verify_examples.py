"""What `guichet verify` says in French of each breach; core says it in English."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

VERDICTS: Final[dict[str, str]] = {
    # V3, what a terminal was told.
    "reversal acknowledged, nothing recorded": "annulation confirmée, rien n’est enregistré",
    "reversal in part acknowledged, more is held": "annulation partielle confirmée, il reste réservé davantage",
    "reversal acknowledged, not reversed": "annulation confirmée, rien n’est annulé",
    "advice acknowledged, nothing recorded": "avis confirmé, rien n’est enregistré",
    "advice acknowledged, not booked": "avis confirmé, pas inscrit",
    "advice acknowledged, another amount": "avis confirmé, autre montant",
    "told approved, nothing recorded": "réponse « accepté », rien n’est enregistré",
    "told approved, not approved here": "réponse « accepté », pas accepté ici",
    "told another amount": "réponse avec un autre montant",
    "told another approval code": "réponse avec un autre code d’autorisation",
    "told another reference": "réponse avec une autre référence",
    "told declined, approved here": "réponse « refusé », accepté ici",
    # V6, the acquirer's book.
    "approved here, nothing there": "accepté ici, rien là-bas",
    "approved here, declined there": "accepté ici, refusé là-bas",
    "approved here, reversed there": "accepté ici, annulé là-bas",
    "another amount there": "autre montant là-bas",
    "another currency there": "autre devise là-bas",
    "another card there": "autre carte là-bas",
    "another amount captured there": "autre montant encaissé là-bas",
    # V11, answers of hosts.
    "an exchange that cannot be read": "un échange illisible",
    # V12, people.
    "no action of a person": "aucune action d’une personne",
    "its action is about another refund": "son action porte sur un autre remboursement",
    "its action names nobody": "son action ne nomme personne",
    "above the limit, and nobody approved it": "au-dessus du plafond, et personne n’a donné son accord",
    "its approval is of something else": "son accord porte sur autre chose",
    "not approved by a second person": "sans l’accord d’une deuxième personne",
    "its approval has no action of its people": "son accord est sans action de ses auteurs",
    "its second person holds the right from the first, or not at all": (
        "sa deuxième personne tient son droit de la première, ou ne l’a pas"
    ),
    "closed without an action of a person": "clos sans action d’une personne",
    "lifted without an action": "levé sans action",
    "lifted by a person, and stands": "levé par une personne, et toujours en place",
    "blocked without a block": "marqué comme bloqué, sans blocage",
    "its block is not in force": "son blocage n’est pas appliqué",
    "set by a person, and gone": "fixé par une personne, et disparu",
    "not what its last action says": "différent de ce que dit sa dernière action",
    "its action is about another grant": "son action porte sur un autre droit",
    "reaches elsewhere than it was given": "porte ailleurs que là où il a été donné",
    "revoked without an action": "retiré sans action",
    "revoked by a person, and stands": "retiré par une personne, et toujours en place",
    "taken away without an action": "retiré sans action",
    "allowed without an action": "accordé sans action",
}

STATES: Final[dict[str, str]] = {
    "approved": "accepté",
    "partially_approved": "accepté en partie",
    "declined": "refusé",
    "reversed": "annulé",
    "captured": "encaissé",
    "refunded": "remboursé",
}

_THINGS: Final[dict[str, str]] = {
    "refund": "remboursement",
    "cancellation": "annulation",
    "matter": "dossier",
    "block": "blocage",
    "limit": "plafond",
    "grant": "droit",
    "role": "rôle",
}


def _verdict(words: str) -> str:
    return VERDICTS.get(words, words)


def _thing(words: str) -> str:
    noun, _, name = words.partition(" ")
    return f"{_THINGS.get(noun, noun)} {name.replace(' of ', ' de ')}".rstrip()


_Shape = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
_SHAPES: Final[tuple[_Shape, ...]] = (
    (re.compile(r"action #(\d+)"), lambda m: f"action n° {m[1]}"),
    (re.compile(r"an action without a number"), lambda _: "une action sans numéro"),
    (
        re.compile(r"action #(\d+) was whole once and is not there any more"),
        lambda m: f"l’action n° {m[1]} était entière et n’est plus là",
    ),
    (re.compile(r"(.+) at byte (\d+)"), lambda m: f"{m[1]} à l’octet {m[2]}"),
    (
        re.compile(r"(\w+) there under a reference that is not ours: (.*)"),
        lambda m: f"{STATES.get(m[1], m[1])} là-bas sous une référence qui n’est pas la nôtre : {m[2]}",
    ),
    (
        re.compile(r"(\w+) there, nothing here: (.*)"),
        lambda m: f"{STATES.get(m[1], m[1])} là-bas, rien ici : {m[2]}",
    ),
    (
        re.compile(r"(\w+) there, not here: (.*)"),
        lambda m: f"{STATES.get(m[1], m[1])} là-bas, pas ici : {m[2]}",
    ),
    (
        re.compile(r"((?:field \d+)(?:, field \d+)*): (.*)"),
        lambda m: f"{m[1].replace('field', 'champ')} : {m[2]}",
    ),
    (
        re.compile(r"([^:]+): (.*)\(terminal (.*)\)"),
        lambda m: f"{_verdict(m[1])} : {m[2]}(terminal {m[3]})",
    ),
    (re.compile(r"((?:refund|cancellation|matter|block|limit|grant|role) .+): ([^:]+)"),
     lambda m: f"{_thing(m[1])} : {_verdict(m[2])}"),
    (re.compile(r"(\w+): ([^:]+)"), lambda m: f"{m[1]} : {_verdict(m[2])}"),
    (re.compile(r"([^:]+): (.+)"), lambda m: f"{_verdict(m[1])} : {m[2]}"),
)  # fmt: skip


def example_in_french(example: str) -> str:
    """Return a breach in French; identifiers and names of columns stay as they are."""
    for shape, french in _SHAPES:
        if match := shape.fullmatch(example):
            return french(match)
    return example


LEFT: Final[dict[str, str]] = {
    "sent": "envoyés",
    "unknown": "sans réponse",
    "undelivered": "à remettre",
    "unconsumed": "à compter",
}
"""What a drain waits for."""
