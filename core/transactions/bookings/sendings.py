"""The sendings of one message, the first and its repeats: the statements about them. Each runs inside the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import Authorise, Book
from core.transactions.bookings.attempts import NewAttempt
from core.transactions.bookings.store import Connection, queries


async def lock_number(connection: Connection, asked: Authorise | Book) -> None:
    """Let nobody else record what bears this number of a terminal, on any date, until the transaction ends."""
    await connection.execute(
        queries.lock_number, f"{asked.terminal_id.hex()} {asked.message_class} {asked.stan}"
    )


async def find_repeated(
    connection: Connection,
    asked: Authorise | Book,
    *,
    kinds: Sequence[int],
    days: tuple[date, date],
    local_time: str,
    received_after: datetime,
) -> list[asyncpg.Record]:
    """Return what may be the first sending of a message: alike, between two dates, by `local_time` before the latest."""
    return await connection.fetch(
        queries.find_repeated,
        UUID(asked.terminal_id),
        asked.message_class,
        asked.stan,
        asked.body_hash,
        local_time,
        *days,
        list(kinds),
        received_after,
    )


async def keep_repeat_time(
    connection: Connection, asked: Authorise | Book, first: asyncpg.Record, *, is_late: bool
) -> None:
    """Keep when a repeat was sent, for its reversal may name that time; one that came late is shown instead."""
    await connection.execute(
        queries.keep_repeat_times,
        [first["id"]],
        [first["business_date"]],
        [asked.transmitted_at],
        [asked.local_time],
        [is_late],
    )


async def shows_another_time(connection: Connection, asked: Authorise | Book, first: asyncpg.Record) -> bool:
    """Whether what the terminal sent since the first message shows another local time than that one."""
    return bool(
        await connection.fetchval(
            queries.shows_another_time,
            UUID(asked.terminal_id),
            first["business_date"],
            first["received_at"],
            asked.local_time,
        )
    )


async def is_repeat_time(connection: Connection, asked: Authorise | Book, first: asyncpg.Record) -> bool:
    """Whether a repeat of a message was sent at the times of this one."""
    return bool(
        await connection.fetchval(
            queries.is_repeat_time,
            first["id"],
            first["business_date"],
            asked.transmitted_at,
            asked.local_time,
        )
    )


async def find_by_key(connection: Connection, asked: Authorise | Book | NewAttempt) -> asyncpg.Record | None:
    """Return what stands under a message's natural key."""
    day = asked.business_date
    return await connection.fetchrow(
        queries.find_by_key,
        UUID(asked.terminal_id),
        day if isinstance(day, date) else date.fromordinal(day),
        asked.message_class,
        asked.stan,
    )


async def is_recorded(connection: Connection, new: NewAttempt) -> bool:
    """Whether the natural key is taken by a committed attempt."""
    return await find_by_key(connection, new) is not None
