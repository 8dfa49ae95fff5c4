"""The invariants, one function each: a connection in a read-only snapshot, and a Finding back.

V3 and V6 compare with what others keep (terminals' journals, an acquirer's book). Both come as plain records, a
bounded chunk at a time, so that the database never writes and this process never holds more than one book.
"""

import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final

import asyncpg

from core.db.queries import load_beside
from core.values.clock import from_unix_us, to_unix_us
from core.values.ids import encode_id, rrn_of
from core.values.money import NUMERIC_CODES
from core.verify.answers import check_answers
from core.verify.audit import check_audit
from core.verify.cards import scan_rows
from core.verify.model import EXAMPLES_MAX, Finding, HostBook, HostEntry, TerminalFact
from core.verify.people import check_people

CHUNK_ROWS: Final = 20_000
ACTIVITY: Final = "activity"
"""The consumer whose inbox must hold every event (V7)."""

DRAIN_LOOK_BACK: Final = timedelta(days=2)
_KEY_BYTES: Final = 10
_REFERENCE_DIGITS: Final = 12
_CROCKFORD, _PYTHON = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789ABCDEFGHIJKLMNOPQRSTUV"
# The four letters that Crockford leaves out become one that no base has.
_TO_BASE_32: Final = str.maketrans(_CROCKFORD + _CROCKFORD.lower() + "IiLlOoUu", _PYTHON + _PYTHON + "Z" * 8)
_FIRST, _LAST = uuid.UUID(int=0), uuid.UUID(int=(1 << 128) - 1)

_SQL = load_beside(__file__)

Check = Callable[[asyncpg.Connection], Awaitable[Finding]]


async def check_database(connection: asyncpg.Connection, *, cards: bool = True) -> list[Finding]:
    """Check what the database can say by itself: all but V3 and V6."""
    checks: list[Check] = [
        check_balance,
        check_position,
        check_operations,
        check_overdue,
        check_timeouts,
        check_consumed,
        check_counted_once,
        check_debits,
        check_repeats,
        check_reversals,
        check_taken_back,
        check_answers,
        check_figures,
        check_figures_booked,
        check_audit,
        check_people,
        check_shown,
    ]
    if cards:
        checks.append(scan_rows)
    return [await timed(check(connection)) for check in checks]


async def timed(check: Awaitable[Finding]) -> Finding:
    """Return the finding with how long it took."""
    started = time.perf_counter()
    finding = await check
    finding.seconds = round(time.perf_counter() - started, 3)
    return finding


async def check_balance(connection: asyncpg.Connection) -> Finding:
    """V1."""
    row = await connection.fetchrow(_SQL.unbalanced_operations)
    return _finding("V1", "every ledger transaction sums to zero per currency", row)


async def check_position(connection: asyncpg.Connection) -> Finding:
    """V1, from the other side: what is booked is what the attempts say."""
    row = await connection.fetchrow(_SQL.misplaced_money)
    return _finding("V1 position", "what is held and posted is what each attempt's state says", row)


async def check_operations(connection: asyncpg.Connection) -> Finding:
    """V2."""
    row = await connection.fetchrow(_SQL.repeated_operations)
    return _finding("V2", "no ledger operation key twice", row)


async def check_overdue(connection: asyncpg.Connection) -> Finding:
    """V4."""
    row = await connection.fetchrow(_SQL.overdue_attempts, datetime.now(UTC))
    return _finding("V4", "no attempt sent or unknown past its deadline plus five minutes", row)


async def check_timeouts(connection: asyncpg.Connection) -> Finding:
    """V5."""
    row = await connection.fetchrow(_SQL.unreversed_timeouts, datetime.now(UTC))
    return _finding("V5", "every attempt that timed out has a reversal that the host accepted", row)


async def check_consumed(connection: asyncpg.Connection) -> Finding:
    """V7."""
    row = await connection.fetchrow(_SQL.unconsumed_events, datetime.now(UTC), ACTIVITY)
    return _finding("V7", "no event older than a minute outside its consumer's inbox", row)


async def check_counted_once(connection: asyncpg.Connection) -> Finding:
    """V7, from the other side: no range of events was taken in twice."""
    row = await connection.fetchrow(_SQL.overlapping_ranges, ACTIVITY)
    return _finding("V7 once", "no event in two ranges of its consumer's inbox", row)


async def check_debits(connection: asyncpg.Connection) -> Finding:
    """V8."""
    row = await connection.fetchrow(_SQL.repeated_debits)
    finding = _finding("V8", "no instalment collected twice; no debit posted twice", row)
    finding.note = "0 instalments, debits checked"
    return finding


async def check_repeats(connection: asyncpg.Connection) -> Finding:
    """V8, across dates: no message stands beside its repeat."""
    row = await connection.fetchrow(_SQL.debited_repeats)
    return _finding("V8 repeats", "no payment stands beside its own repeat", row)


async def check_reversals(connection: asyncpg.Connection) -> Finding:
    """V10."""
    row = await connection.fetchrow(_SQL.untrue_reversals)
    return _finding("V10", "what a reversal was told 00 about is taken back, or stands on no date", row)


async def check_taken_back(connection: asyncpg.Connection) -> Finding:
    """V10, from the other side: nothing else was taken back."""
    row = await connection.fetchrow(_SQL.unasked_reversals)
    return _finding("V10 asked", "nothing is taken back that no reversal describes", row)


async def check_shown(connection: asyncpg.Connection) -> Finding:
    """V9: what stays of a card number in clear."""
    row = await connection.fetchrow(_SQL.shown_too_much)
    return _finding("V9 shown", "no more of a card number than its BIN and last four", row)


async def check_figures(connection: asyncpg.Connection) -> Finding:
    """V13."""
    row = await connection.fetchrow(_SQL.figures_beside_rows, ACTIVITY)
    return _finding("V13", "every figure on a page equals the transactions that it counts", row)


async def check_figures_booked(connection: asyncpg.Connection) -> Finding:
    """V13, from the other side: the money of figures is that of the books."""
    row = await connection.fetchrow(_SQL.figures_beside_ledger)
    return _finding("V13 books", "gross less refunds is what the books hold and have posted", row)


async def check_told(connection: asyncpg.Connection, facts: Iterable[TerminalFact]) -> Finding:
    """V3: what terminals were told stands in the database. `waiting`: money here, and its terminal was told nothing."""
    finding = Finding("V3", "what a terminal was told is in the database")
    facts = iter(facts)
    while chunk := list(islice(facts, CHUNK_ROWS)):
        finding.checked += len(chunk)
        for row in await connection.fetch(_SQL.judge_told, *_told_columns(chunk)):
            fact = chunk[row["n"]]
            if row["verdict"] == "waiting":
                finding.waiting += 1
            else:
                where = f"terminal {fact.terminal} {fact.day} STAN {fact.stan:06d}"
                finding.breach(f"{row['verdict']}: {fact.reference or where} ({where})")
    return finding


async def check_book(connection: asyncpg.Connection, book: HostBook) -> Finding:
    """V6: both sides of every reference agree; `waiting`: changed since the book was read, or still owed to the host."""
    finding = Finding("V6", "the acquirer's own book equals ours, reference by reference")
    finding.checked = len(book.entries)
    read_at = from_unix_us(book.read_at_us)
    low, chunk = _FIRST, _keyed(book.entries, 0, finding)
    for start in range(CHUNK_ROWS, max(len(book.entries), 1) + CHUNK_ROWS, CHUNK_ROWS):
        following = _keyed(book.entries, start, finding)
        # A chunk reaches up to the next one's first reference, so that together they cover all of our attempts.
        high = _first_id(following[0][0]) if following else low if start < len(book.entries) else _LAST
        for key, verdict in await _judge(connection, chunk, low, high, read_at):
            if verdict == "waiting":
                finding.waiting += 1
            else:
                finding.breach(f"{verdict}: {_reference(key)}")
        low, chunk = high, following
    finding.note = f"{await connection.fetchval(_SQL.count_attempts)} attempts here"
    return finding


async def _judge(
    connection: asyncpg.Connection,
    chunk: list[tuple[bytes, HostEntry]],
    low: uuid.UUID,
    high: uuid.UUID,
    read_at: datetime,
) -> list[asyncpg.Record]:
    return await connection.fetch(
        _SQL.judge_book,
        [key for key, _ in chunk],
        [entry.state for _, entry in chunk],
        [entry.approved_minor for _, entry in chunk],
        [entry.captured_minor for _, entry in chunk],
        low,
        high,
        read_at,
        [NUMERIC_CODES.get(entry.currency, entry.currency) for _, entry in chunk],
        [entry.digits_shown for _, entry in chunk],
    )


async def undone(connection: asyncpg.Connection) -> dict[str, int]:
    """Return what is still under way: sent, unknown, undelivered, unconsumed."""
    since_ms = to_unix_us(datetime.now(UTC) - DRAIN_LOOK_BACK) // 1000
    row = await connection.fetchrow(_SQL.undone, uuid.UUID(int=since_ms << 80), ACTIVITY)
    return dict(row or {})


def _keyed(entries: list[HostEntry], start: int, finding: Finding) -> list[tuple[bytes, HostEntry]]:
    """Return a chunk with the first bytes of its identifiers; references that cannot be ours are judged here."""
    keyed: list[tuple[bytes, HostEntry]] = []
    for entry in entries[start : start + CHUNK_ROWS]:
        key = _key_of(entry.reference, entry.at_us)
        if key is not None:
            keyed.append((key, entry))
        elif entry.state not in {"declined", "reversed"}:
            finding.breach(f"{entry.state} there under a reference that is not ours: {entry.reference}")
    return keyed


def _key_of(reference: str, at_us: int) -> bytes | None:
    """Return the first bytes of the identifiers with this reference: id_range_of_rrn, five times as fast.

    A verification does this millions of times; a test holds the two equal.
    """
    if len(reference) != _REFERENCE_DIGITS or not (reference.isascii() and reference.isalnum()):
        return None
    try:
        value = int(reference.translate(_TO_BASE_32), 32)
    except ValueError:
        return None
    unix_ms = at_us // 1000 & ~0xFF_FFFF_FFFF | value >> 20
    return (
        unix_ms << 32 | 0x7 << 28 | (value >> 8 & 0xFFF) << 16 | 0b10 << 14 | (value & 0xFF) << 6
    ).to_bytes(_KEY_BYTES, "big")


def _first_id(key: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=key + bytes(16 - _KEY_BYTES))


def _reference(key: bytes) -> str:
    return rrn_of(key + bytes(16 - _KEY_BYTES))


def _told_columns(chunk: list[TerminalFact]) -> tuple[list[Any], ...]:
    now_us = to_unix_us(datetime.now(UTC))
    return (
        list(range(len(chunk))),
        [fact.terminal for fact in chunk],
        [date.fromisoformat(fact.day) for fact in chunk],
        [fact.message_class for fact in chunk],
        [fact.stan for fact in chunk],
        [fact.outcome for fact in chunk],
        [fact.code for fact in chunk],
        [fact.approved_minor for fact in chunk],
        [fact.amount_minor for fact in chunk],
        [_key_of(fact.reference, now_us) for fact in chunk],
        [fact.approval_code for fact in chunk],
        [fact.replacement_minor for fact in chunk],
    )


def _finding(name: str, what: str, row: asyncpg.Record | None) -> Finding:
    if row is None:
        return Finding(name, what)
    found = dict(row)
    return Finding(
        name,
        what,
        checked=found["checked"],
        breaches=found["breaches"],
        waiting=found.get("waiting", 0),
        examples=[encode_id("transaction", each.bytes) for each in found.get("examples") or []][
            :EXAMPLES_MAX
        ],
    )
