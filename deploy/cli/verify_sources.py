"""What others keep, as the plain records that core compares with: terminals' journals, the acquirer's book.

Core knows nothing of edge, so whoever starts both brings the one to the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from core.verify.model import HostBook, HostEntry, TerminalFact
from deploy.sandbox.simulators.book import (
    FILE_NAME,
    BookDamaged,
    Entry,
    apply_fact,
    digits_of,
    letters_of,
    new_entry,
    parse_fact,
    read_lines,
)
from deploy.sandbox.simulators.book import Fact as BookFact
from deploy.sandbox.simulators.journal import read_journal

_NOTHING: Final = ""
_SORTS: Final = {"20": "refund", "38": "verification"}


def journal_facts(paths: Iterable[Path]) -> Iterator[TerminalFact]:
    """Return what the journals hold now about payments; sign-ons, echoes and refused reversals are not there.

    Where each journal ends is read at the call: what terminals are told later may be younger than what it is compared
    with, however late it is read.
    """
    return _facts([(path, path.stat().st_size) for path in paths])


def _facts(journals: list[tuple[Path, int]]) -> Iterator[TerminalFact]:
    for path, end in journals:
        for entry in read_journal(path, end=end):
            if entry.message_class not in {"01", "02"}:
                continue
            yield TerminalFact(
                outcome=entry.outcome,
                terminal=entry.terminal,
                day=entry.day,
                message_class=int(entry.message_class),
                stan=int(entry.stan),
                amount_minor=entry.amount_minor,
                approved_minor=entry.approved_minor,
                code=entry.code,
                reference=entry.rrn,
                approval_code=entry.approval_code,
                replacement_minor=entry.replacement_minor,
            )


def acquirer_book(folder: Path) -> HostBook:
    """Return the book as it stands now, sorted by reference; of each one only what is compared is held in memory.

    Raises: BookDamaged, OSError.
    """
    read_at_us = time.time_ns() // 1_000
    path = folder / FILE_NAME
    found: dict[str, HostEntry] = {}
    for number, (line, _) in enumerate(read_lines(path), start=2):
        try:
            fact = parse_fact(line)
        except ValueError as error:
            raise BookDamaged(path, number) from error
        own = found.get(fact.rrn)
        found[fact.rrn] = _brief(new_entry(fact)) if own is None else _changed(own, fact)
        if fact.original_rrn and fact.original_rrn != fact.rrn and fact.original_rrn in found:
            found[fact.original_rrn] = _changed(found[fact.original_rrn], fact)
    entries = sorted(found.values(), key=lambda entry: entry.reference)
    return HostBook(entries, read_at_us)


def _brief(entry: Entry) -> HostEntry:
    return HostEntry(
        entry.rrn,
        entry.state,
        entry.approved_minor,
        entry.captured_minor,
        entry.at_us,
        entry.currency,
        digits_of(entry.digits_shown),
        _sort_of(entry.kind),
    )


def _sort_of(kind: str) -> str:
    """Return what a message asked for, by its type and the first two digits of its processing code; of a brief, none."""
    if not kind:
        return _NOTHING
    if kind[2] == "2":
        return "advice"
    if (by_code := _SORTS.get(kind[4:])) is not None:
        return by_code
    return "hold" if kind[1] == "1" else "purchase"


def _changed(brief: HostEntry, fact: BookFact) -> HostEntry:
    """Apply a later fact by the book's own rules, which look at nothing that the brief form leaves out."""
    entry = Entry(
        rrn=brief.reference,
        state=brief.state,
        kind=_NOTHING,
        terminal=_NOTHING,
        stan=_NOTHING,
        transmitted_at=_NOTHING,
        currency=brief.currency,
        amount_minor=0,
        approved_minor=brief.approved_minor,
        captured_minor=brief.captured_minor,
        refunded_minor=0,
        approval_code=_NOTHING,
        response_code=_NOTHING,
        at_us=brief.at_us,
        day=_NOTHING,
        digits_shown=letters_of(brief.digits_shown),
    )
    apply_fact(entry, fact)
    changed = _brief(entry)
    return changed if changed.sort else msgspec.structs.replace(changed, sort=brief.sort)
