"""Which of those who were found are worth showing, how likely each is, and what may be told of it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, TypeAlias

from core.contracts.merchants import Duplicate, DuplicateReason
from core.values.ids import encode_id

EXACT: Final[frozenset[DuplicateReason]] = frozenset({"siren", "siret", "vat", "iban"})
LIKELY_FROM: Final = 50
"""From this score on, whoever creates says why it is another."""
SHOWN_MAX: Final = 10
_MORE_REASONS: Final = 8
_LEGAL_WORDS: Final = re.compile(
    r"\b(s\.?a\.?r\.?l|s\.?a\.?s\.?u?|s\.?a|eurl|snc|scop|sci|gie|ei|sté|société|ets|établissements|groupe)\b\.?",
    re.IGNORECASE,
)


TargetKind: TypeAlias = Literal["company", "store", "onboarding"]


class Hit(NamedTuple):
    """One way in which somebody is alike."""

    kind: TargetKind
    id: bytes
    label: str
    place: str
    reason: DuplicateReason
    score: int
    visible: bool


def name_to_compare(name: str) -> str:
    """Return a name without the words that every second company has; the whole name when nothing else is left."""
    return " ".join(_LEGAL_WORDS.sub(" ", name).split()) or name.strip()


def ranked(hits: Iterable[Hit]) -> list[Duplicate]:
    """Return one entry for each, the likeliest first.

    An equal identifier is 100. Several reasons weigh more than one, and stay below 100. What the caller may not see
    is told only where an identifier is equal, and then without anything of it.
    """
    by_target: defaultdict[tuple[str, bytes], list[Hit]] = defaultdict(list)
    for hit in hits:
        by_target[hit.kind, hit.id].append(hit)
    found = [entry for group in by_target.values() if (entry := _entry_of(group)) is not None]
    found.sort(key=lambda entry: (-entry.score, entry.kind, entry.label or ""))
    return found[:SHOWN_MAX]


def needs_reason(found: Iterable[Duplicate]) -> bool:
    """Return whether somebody is so alike that creating another wants a reason."""
    return any(entry.score >= LIKELY_FROM for entry in found)


def has_reason(found: Iterable[Duplicate], kind: str, reason: DuplicateReason) -> bool:
    """Return whether one of that kind has that identifier already."""
    return any(entry.kind == kind and reason in entry.reasons for entry in found)


def _entry_of(group: list[Hit]) -> Duplicate | None:
    first = group[0]
    reasons: list[DuplicateReason] = []
    for hit in sorted(group, key=lambda hit: -hit.score):
        if hit.reason not in reasons:
            reasons.append(hit.reason)
    exact: list[DuplicateReason] = [reason for reason in reasons if reason in EXACT]
    if not first.visible:
        if not exact:
            return None
        return Duplicate(
            kind=first.kind, id=None, label=None, place=None, reasons=exact, score=100, visible=False
        )
    best = max(hit.score for hit in group)
    return Duplicate(
        kind=first.kind,
        id=encode_id(first.kind, first.id),
        label=first.label,
        place=first.place.strip() or None,
        reasons=reasons,
        score=100 if exact else min(99, best + _MORE_REASONS * (len(reasons) - 1)),
        visible=True,
    )
