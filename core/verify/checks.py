"""The invariants, a statement or a function each: a connection in a read-only snapshot, and a Finding back.

V3 and V6 compare with what others keep (terminals' journals, an acquirer's book). Both come as plain records, a
bounded chunk at a time, so that the database never writes and this process never holds more than one book.
"""

import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

import asyncpg

from core.contracts.host_matters import STUCK_AFTER
from core.db.queries import load_beside
from core.values.clock import from_unix_us, to_unix_us
from core.values.ids import rrn_of
from core.values.money import NUMERIC_CODES
from core.verify.answers import check_advices, check_answers
from core.verify.audit import check_audit
from core.verify.cards import scan_rows
from core.verify.model import (
    EXAMPLES_MAX,
    Finding,
    HostBook,
    HostEntry,
    Said,
    TerminalFact,
    transactions_in,
)
from core.verify.people import check_people
from core.verify.schedules import (
    check_cards,
    check_instalments,
    check_pauses,
    check_schedules,
    check_settlements,
)
from core.verify.telling import check_mails, check_notices, check_webhooks

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


class Count(NamedTuple):
    """An invariant that one statement counts: how many rows it looked at, how many break it, and a few of them."""

    name: str
    statement: str
    arguments: Callable[[], tuple[Any, ...]] = tuple
    facts: Mapping[str, int] | None = None


def _now() -> tuple[Any, ...]:
    return (datetime.now(UTC),)


def _now_and_stuck() -> tuple[Any, ...]:
    return (*_now(), STUCK_AFTER)


def _consumer() -> tuple[Any, ...]:
    return (ACTIVITY,)


def _now_and_consumer() -> tuple[Any, ...]:
    return (*_now(), *_consumer())


FIGURES: Final = Count("V13", _SQL.figures_beside_rows, _consumer)
FIGURES_BOOKED: Final = Count("V13 books", _SQL.figures_beside_ledger)
COUNTS: Final = (
    Count("V1", _SQL.unbalanced_operations),
    Count("V1 position", _SQL.misplaced_money),
    Count("V1 operations", _SQL.misplaced_operations),
    Count("V1 completions", _SQL.misplaced_completions),
    Count("V1 owners", _SQL.misowned_entries),
    Count("V1 refunds", _SQL.misplaced_refunds),
    Count("V2", _SQL.repeated_operations),
    Count("V4", _SQL.overdue_attempts, _now_and_stuck, {"minutes": STUCK_AFTER // timedelta(minutes=1)}),
    Count("V5", _SQL.unreversed_payments, _now_and_stuck),
    Count("V5 owed", _SQL.deliveries_beside_attempts, _now_and_stuck),
    Count("V7", _SQL.unconsumed_events, _now_and_consumer),
    Count("V7 once", _SQL.overlapping_ranges, _consumer),
    Count("V7 states", _SQL.states_beside_events),
    Count("V8", _SQL.repeated_debits),
    Count("V8 debits", _SQL.collected_twice),
    Count("V8 claims", _SQL.claims_beside_debits),
    Count("V8 repeats", _SQL.debited_repeats),
    Count("V10", _SQL.untrue_reversals),
    Count("V10 asked", _SQL.unasked_reversals),
    Count("V10 repeated", _SQL.repeats_of_another),
    Count("V10 refused", _SQL.unshown_refused_reversals),
    Count("V10 facts", _SQL.unshown_refusals),
    FIGURES,
    FIGURES_BOOKED,
    Count("V13 activity", _SQL.activity_beside_events, _consumer),
    Count("V13 lists", _SQL.unlisted_attempts, _now_and_stuck),
    Count("V9 shown", _SQL.shown_too_much),
    Count("V14 debits", _SQL.debits_beside_payments),
    Count("V14 owners", _SQL.owners_of_debits),
    Count("V14 refunds", _SQL.refunds_beside_payments),
)


async def check_database(connection: asyncpg.Connection, *, cards: bool = True) -> list[Finding]:
    """Check what the database can say by itself: all but V3 and V6."""
    found = [await timed(check_count(connection, each)) for each in COUNTS]
    found += [
        await timed(check(connection))
        for check in (
            check_answers,
            check_advices,
            check_audit,
            check_people,
            check_instalments,
            check_settlements,
            check_schedules,
            check_cards,
            check_pauses,
            check_notices,
            check_mails,
            check_webhooks,
        )
    ]
    if cards:
        found.append(await timed(scan_rows(connection)))
    return found


async def timed(check: Awaitable[Finding]) -> Finding:
    """Return the finding with how long it took."""
    started = time.perf_counter()
    finding = await check
    finding.seconds = round(time.perf_counter() - started, 3)
    return finding


async def check_count(connection: asyncpg.Connection, count: Count) -> Finding:
    """Check one invariant that a statement counts."""
    try:
        async with connection.transaction():
            row = await connection.fetchrow(count.statement, *count.arguments())
    except asyncpg.QueryCanceledError:
        # The others are checked all the same; whoever could make it slow must not make it silent.
        return Finding(count.name, dict(count.facts or {}), breaches=1, remark=Said("note.unanswered"))
    assert row is not None
    return Finding(
        count.name,
        dict(count.facts or {}),
        checked=row["checked"],
        breaches=row["breaches"],
        waiting=row.get("waiting", 0),
        closed=row.get("closed", 0),
        found=transactions_in(row.get("examples"))[:EXAMPLES_MAX],
    )


async def check_told(connection: asyncpg.Connection, facts: Iterable[TerminalFact]) -> Finding:
    """V3: what terminals were told stands in the database. `waiting`: money here, and its terminal was told nothing."""
    finding = Finding("V3")
    facts = iter(facts)
    while chunk := list(islice(facts, CHUNK_ROWS)):
        finding.checked += len(chunk)
        for row in await connection.fetch(_SQL.judge_told, *_told_columns(chunk)):
            fact = chunk[row["n"]]
            if row["verdict"] == "waiting":
                finding.waiting += 1
            else:
                where = f"terminal {fact.terminal} {fact.day} STAN {fact.stan:06d}"
                finding.breach(
                    row["verdict"],
                    reference=fact.reference or where,
                    terminal=fact.terminal,
                    day=fact.day,
                    stan=fact.stan,
                )
    return finding


async def check_book(connection: asyncpg.Connection, book: HostBook) -> Finding:
    """V6: both sides of every reference agree; `waiting`: changed since the book was read, or still owed to the host."""
    finding = Finding("V6")
    finding.checked = len(book.entries)
    read_at = from_unix_us(book.read_at_us)
    low, chunk = _FIRST, _keyed(book.entries, 0, finding)
    for start in range(CHUNK_ROWS, max(len(book.entries), 1) + CHUNK_ROWS, CHUNK_ROWS):
        following = _keyed(book.entries, start, finding)
        # A chunk reaches up to the next one's first reference, so that together they cover all of our attempts.
        high = _first_id(following[0][0]) if following else low if start < len(book.entries) else _LAST
        for key, verdict, state in await _judge(connection, chunk, low, high, read_at):
            if verdict == "waiting":
                finding.waiting += 1
            elif verdict == "closed":
                finding.closed += 1
            else:
                there = {} if state is None else {"state": state}
                finding.breach(verdict, reference=_reference(key), **there)
        low, chunk = high, following
    ours: int = await connection.fetchval(_SQL.count_attempts) or 0
    finding.remark = Said("note.attempts", {"count": ours})
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
        [entry.sort for _, entry in chunk],
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
            finding.breach("book.not_ours", state=entry.state, reference=entry.reference)
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
