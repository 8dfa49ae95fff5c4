"""What reversals said, took back and forbid: the statements about them. Each runs inside the caller's transaction."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple, assert_never

import asyncpg
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import Reverse
from core.contracts.states import ReversalFinding
from core.transactions.bookings.attempts import NewAttempt, Standing, candidate_of_asked
from core.transactions.bookings.marks import MARKS_JUDGED_MAX, MARKS_OPEN_MAX, Mark, judge_marked
from core.transactions.bookings.messages import described_type_in, elements_in
from core.transactions.bookings.rules import Candidate, Doubt, Match, Said, TakenBack
from core.transactions.bookings.store import (
    Connection,
    lock_by_id,
    queries,
)
from core.values.clock import from_unix_us

_LOOKED_FOR_DAYS: Final = (-62, 2)
"""Business dates, around that of its arrival, of what a reversal may have taken back that is repeated now."""
_TAKEN_BACK_MAX: Final = 50

OLDER_POLL_S: Final = 0.005


async def keep(
    connection: Connection,
    asked: Reverse,
    said: Said,
    *,
    words_hash: int,
    match: Match,
    standing: Standing | None,
    reason: int,
) -> int | None:
    """Record a reversal or what its repeat found; return how often it came before, None for an unknown terminal."""
    row = await connection.fetchrow(
        queries.keep_reversal,
        UUID(asked.id),
        UUID(asked.terminal_id),
        from_unix_us(asked.received_at_us),
        words_hash,
        asked.original_message_class,
        asked.original_stan,
        said.day,
        said.sent_at,
        said.reference,
        said.approval_code,
        said.currency,
        said.amount_minor,
        said.stays_minor or None,
        said.card_fingerprint,
        asked.card.bin if asked.card is not None else "",
        asked.card.last_four if asked.card is not None else "",
        asked.request,
        int(match.finding),
        int(reason),
        list(match.differs),
        UUID(standing.id) if standing is not None else None,
        standing.business_date if standing is not None else None,
        asked.stan,
    )
    return row["repeats"] if row is not None else None


async def are_marks_full(connection: Connection, asked: Reverse, words_hash: int) -> bool:
    """Whether a terminal's number has as many reversals without an original as are kept, this one not among them."""
    row = await connection.fetchrow(
        queries.count_marks,
        UUID(asked.terminal_id),
        asked.original_message_class,
        asked.original_stan,
        words_hash,
        MARKS_OPEN_MAX,
    )
    return row is not None and row["are_full"]


async def read_own_mark(connection: Connection, asked: Reverse) -> bytes | None:
    """Return the message of the mark that a reversal set before, by its own number; None where it set none."""
    request: bytes | None = await connection.fetchval(
        queries.read_own_mark,
        UUID(asked.terminal_id),
        asked.original_message_class,
        asked.original_stan,
        asked.stan,
    )
    return request


async def list_taken_back(
    connection: Connection, *, terminal_id: bytes, message_class: int, stan: int, arrived_at: datetime
) -> list[TakenBack]:
    """Return the reversals that took something back which had this number, the last one first and bounded."""
    first, last = (arrived_at.date() + timedelta(days=days) for days in _LOOKED_FOR_DAYS)
    rows = await connection.fetch(
        queries.list_taken_back, UUID(terminal_id), message_class, stan, first, last, _TAKEN_BACK_MAX
    )
    return [
        TakenBack(
            id=row["id"].bytes,
            own_stan=row["own_stan"],
            said=_said_in(row),
            received_at=row["received_at"],
            attempt_id=row["attempt_id"].bytes,
            attempt_date=row["attempt_date"],
        )
        for row in rows
    ]


def _said_in(row: asyncpg.Record) -> Said:
    return Said(
        sent_at=row["sent_at"],
        day=row["original_day"],
        reference=row["reference"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        card_fingerprint=row["card_fingerprint"],
        approval_code=row["approval_code"],
        stays_minor=row["replacement_minor"] or 0,
    )


async def count_repeat(connection: Connection, reversal_id: bytes, *, repeated_by: bytes) -> None:
    """Count a repeat of a reversal; the same message once more is none."""
    await connection.execute(queries.count_repeat, UUID(reversal_id), UUID(repeated_by))


async def lock_sent_then(
    connection: Connection,
    *,
    terminal_id: bytes,
    message_class: int,
    stan: int,
    said: Said,
    first: date,
    last: date,
) -> list[Standing]:
    """Return what stands under another number or type and may show the time; without one, what has the number."""
    rows = await connection.fetch(
        queries.list_sent_then,
        UUID(terminal_id),
        first,
        last,
        message_class,
        stan,
        said.sent_at,
        said.card_fingerprint,
        said.amount_minor,
    )
    found = [await lock_by_id(connection, row["id"].bytes, row["business_date"]) for row in rows]
    return [one for one in found if one is not None]


class Marked(NamedTuple):
    """What the reversals that came before a message say of it: that it is taken back, else why a person looks at it."""

    is_taken_back: bool
    causes: tuple[Doubt, ...]


async def find_marked(connection: Connection, new: NewAttempt, *, repeat: bool) -> Marked:
    """Return what reversals that came before what is to be recorded now say of it."""
    coming = candidate_of_asked(new)
    rows = await connection.fetch(
        queries.list_marks, *marks_columns(new.terminal_id, new.message_class, new.stan, coming)
    )
    return judge_marks(rows, coming, repeat=repeat)


def marks_columns(terminal_id: bytes, message_class: int, stan: int, coming: Candidate) -> tuple[Any, ...]:
    """Return what `list_marks` asks of a message that comes now under a number."""
    return (
        UUID(terminal_id),
        message_class,
        stan,
        coming.transmitted_at,
        coming.local_time,
        coming.business_date,
        coming.received_at,
        MARKS_JUDGED_MAX,
    )


def judge_marks(rows: Iterable[asyncpg.Record], coming: Candidate, *, repeat: bool) -> Marked:
    """Return what marks, as they are kept, say of a message that comes after them."""
    causes: dict[Doubt, None] = {}
    for row in rows:
        said = _said_in(row)
        # A reference of the terminal's own contradicts as where what comes first is the message: without a time only, and
        # where the message showed another one. One of ours nobody knows yet.
        if said.sent_at or not coming.own_reference:
            said = said._replace(reference="")
        mark = Mark(
            said,
            tuple(at for at in (row["received_at"], row["last_at"]) if at is not None),
            may_repeat=row["finding"] == ReversalFinding.MAY_REPEAT,
            is_of_request=coming.is_advice and described_type_in(elements_in(row["request"]))[2:3] == "0",
        )
        verdict = judge_marked(mark, coming._replace(time_zone=row["time_zone"]), repeat=repeat)
        match verdict:
            case "taken_back":
                return Marked(True, ())
            case "unlike":
                causes["unlike_one_reversed"] = None
            case "like":
                causes["like_one_reversed"] = None
            case "repeated":
                causes["like_one_repeated"] = None
            case "other":
                pass
            case _:
                assert_never(verdict)
    return Marked(False, tuple(causes))


async def current_transaction(connection: Connection) -> str:
    """Return the number of the running transaction."""
    row = await connection.fetchrow(queries.current_transaction)
    return row["number"] if row is not None else ""


async def older_have_ended(pool: asyncpg.Pool, number: str) -> None:
    """Wait until all that began before a transaction was committed has ended, so that it is seen by whoever looks then.

    A statement that could not see it is known by its snapshot while it runs. While it commits it has none any more, but a
    number of its own: those given until no such snapshot was left are waited for after that.
    """
    while not await _is_so(pool, queries.no_older_snapshot, number):  # noqa: ASYNC110 -- PostgreSQL calls nobody.
        await asyncio.sleep(OLDER_POLL_S)
    async with pool.acquire() as connection:
        latest = await current_transaction(connection)  # A number of its own, above all those.
    while not await _is_so(pool, queries.all_before_have_ended, latest):  # noqa: ASYNC110
        await asyncio.sleep(OLDER_POLL_S)


async def _is_so(pool: asyncpg.Pool, statement: str, number: str) -> bool:
    async with pool.acquire() as connection:
        return bool(await connection.fetchval(statement, number))


async def replaced_amount(connection: Connection, standing: Standing) -> int | None:
    """Return what a reversal in part has left of a locked attempt, None when there was none."""
    row = await connection.fetchrow(queries.read_replaced_amount, UUID(standing.id))
    return row["amount_minor"] if row is not None else None


async def lower_approved(connection: Connection, standing: Standing, stays_minor: int) -> None:
    """Lower what a locked attempt holds."""
    await connection.execute(queries.lower_approved, UUID(standing.id), standing.business_date, stays_minor)
