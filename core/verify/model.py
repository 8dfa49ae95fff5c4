"""What a verification compares and what it says. Pure data."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from core.values.bilingual import Language
from core.values.ids import encode_id
from core.verify.words import say

EXAMPLES_MAX = 5


class TerminalFact(msgspec.Struct, frozen=True, gc=False):
    """What one terminal was told about one of its messages (V3).

    `terminal`, `day`, `message_class` and `stan` are the natural key of the payment that it is about.
    """

    outcome: str  # ANSWERED, NO_ANSWER, REVERSAL_ACKNOWLEDGED or ADVICE_ACKNOWLEDGED
    terminal: str
    day: str  # ISO
    message_class: int
    stan: int
    amount_minor: int
    approved_minor: int
    code: str  # data element 39
    reference: str  # data element 37
    approval_code: str
    replacement_minor: int = 0  # of a reversal in part: what it said should stay


ANSWERED = "answered"
NO_ANSWER = "no_answer"
REVERSAL_ACKNOWLEDGED = "reversal_acknowledged"
ADVICE_ACKNOWLEDGED = "advice_acknowledged"


class HostEntry(msgspec.Struct, frozen=True, gc=False):
    """What an acquirer's own book says of one reference (V6)."""

    reference: str
    state: str  # approved, partially_approved, declined, reversed, captured, refunded
    approved_minor: int
    captured_minor: int
    at_us: int
    currency: str = ""  # numeric; empty: the book does not say
    digits_shown: str = ""  # first six and last four of the card; empty: the book does not say
    sort: str = ""  # hold, purchase, verification, refund or advice; empty: the book does not say


class HostBook(msgspec.Struct):
    """The book of an acquirer as it was at `read_at_us`; entries are in the order of their references."""

    entries: list[HostEntry]
    read_at_us: int


class Said(msgspec.Struct, frozen=True):
    """Something that a verification says: a code of core.verify.words and its facts."""

    code: str
    facts: dict[str, str | int | list[int]] = {}

    def text(self, language: Language = "en") -> str:
        """Return it in words."""
        return say(self.code, self.facts, language)


def transactions_in(ids: Iterable[UUID] | None) -> list[Said]:
    """Return breaches that are known by their transactions alone."""
    return [Said("transaction", {"id": encode_id("transaction", each.bytes)}) for each in ids or ()]


class Finding(msgspec.Struct):
    """One invariant: how many rows were looked at, how many break it, and a few of them by reference.

    Its name is the code of what it asks, filled from `facts`.
    """

    name: str
    facts: dict[str, str | int | list[int]] = {}
    checked: int = 0
    breaches: int = 0
    waiting: int = 0  # neither kept nor broken yet: on its way within its time
    closed: int = 0  # owed to a host until a person ended it, which says nothing of the host
    found: list[Said] = []
    remark: Said | None = None
    seconds: float = 0.0

    def breach(self, code: str, **facts: str | int | list[int]) -> None:
        """Count one breach and keep it if there is room."""
        self.breaches += 1
        if len(self.found) < EXAMPLES_MAX:
            self.found.append(Said(code, facts))

    def what(self, language: Language = "en") -> str:
        """Return what the invariant asks."""
        return say(self.name, self.facts, language)

    @property
    def note(self) -> str:
        """How it was looked at, in English; empty for nothing to say."""
        return "" if self.remark is None else self.remark.text()

    @property
    def examples(self) -> list[str]:
        """A few breaches, in English."""
        return [each.text() for each in self.found]


class Report(msgspec.Struct):
    """Every invariant of one run."""

    findings: list[Finding]
    drained: bool | None = None  # None: nobody asked to wait
    left: dict[str, int] = {}
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether nothing is broken, and what was to drain has drained."""
        return self.drained is not False and not any(finding.breaches for finding in self.findings)

    def finding(self, name: str) -> Finding:
        """Return one of them by name. Raises: KeyError."""
        for each in self.findings:
            if each.name == name:
                return each
        raise KeyError(name)

    def document(self) -> dict[str, Any]:
        """Return the report for programs: words in English, and beside them the codes and facts that they were made from."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        for shown, finding in zip(document["findings"], self.findings, strict=True):
            shown.update(what=finding.what(), examples=finding.examples, note=finding.note)
        return document
