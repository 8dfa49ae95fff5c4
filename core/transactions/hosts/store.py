"""Statements about what is to be settled with hosts, as typed functions."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from core.contracts.host_messages import HostSays
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.values.clock import from_unix_us
from core.values.ids import id_range_of_rrn

_SQL = load_beside(__file__)


async def keep_message(connection: Connection, says: HostSays, host_date: date | None) -> bool | None:
    """Keep what a host says; return whether it was known, None for an acquirer that we do not have."""
    named = None
    id_range = id_range_of_rrn(says.reference, near_unix_ms=says.received_at_us // 1000)
    if id_range is not None:
        named = await connection.fetchrow(
            _SQL.find_named, uuid_of(id_range[0]), uuid_of(id_range[1]), says.acquirer
        )
    return await connection.fetchval(
        _SQL.keep_message,
        says.acquirer,
        says.kind,
        says.key,
        from_unix_us(says.received_at_us),
        host_date,
        says.reference,
        says.terminal,
        says.amount_minor,
        says.currency,
        named["id"] if named is not None else None,
        named["business_date"] if named is not None else None,
        says.message,
    )


class Place(NamedTuple):
    """Where matters are: each part None for everywhere."""

    store: bytes | None = None
    terminal: bytes | None = None
    company: bytes | None = None

    def parameters(self) -> list[UUID | None]:
        """Return what the statements take of it, in their order."""
        return [uuid_or_none(part) for part in self]


async def list_matters(
    connection: Connection,
    scope: Scope,
    place: Place,
    *,
    stuck_before: datetime,
    kinds: Sequence[str] | None,
    before: tuple[bool, bytes] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Return what waits for a person, what keeps a customer's money first, then newest first; None as `kinds`: all.

    `before`: whether the last one seen may wait, and its id.
    """
    may_wait, before_id = before or (False, None)
    return await connection.fetch(
        _SQL.matters,
        scope.parameter(),
        stuck_before,
        None if kinds is None else list(kinds),
        uuid_or_none(before_id),
        limit,
        *place.parameters(),
        may_wait,
    )


async def count_matters(
    connection: Connection, scope: Scope, place: Place, *, stuck_before: datetime, counted_max: int
) -> dict[str, int]:
    """Return how many wait of each kind, of so many at most in all."""
    rows = await connection.fetch(
        _SQL.count_matters, scope.parameter(), stuck_before, counted_max, *place.parameters()
    )
    return {row["kind"]: row["count"] for row in rows}


async def find_matter(connection: Connection, scope: Scope, matter_id: bytes) -> asyncpg.Record | None:
    """Return one, whether it still waits or not."""
    return await connection.fetchrow(_SQL.matter, scope.parameter(), uuid_of(matter_id))


async def find_terminals(
    connection: Connection, terminal_ids: Iterable[bytes]
) -> dict[bytes, asyncpg.Record]:
    """Return the terminals and stores of these ids."""
    rows = await connection.fetch(_SQL.terminals, [uuid_of(one) for one in terminal_ids])
    return {row["terminal_id"].bytes: row for row in rows}


async def close_delivery(
    connection: Connection, delivery_id: bytes, *, now: datetime, agent_id: bytes, reason: str
) -> bool:
    """End a delivery that the host did not accept; False when it is over already."""
    made = await connection.fetchval(
        _SQL.close_delivery, uuid_of(delivery_id), now, uuid_of(agent_id), reason
    )
    return made is not None


async def retry_delivery(connection: Connection, delivery_id: bytes, now: datetime) -> bool:
    """Let a delivery be due now; False when it is over."""
    return await connection.fetchval(_SQL.retry_delivery, uuid_of(delivery_id), now) is not None


async def close_message(
    connection: Connection, message_id: bytes, *, now: datetime, agent_id: bytes, reason: str
) -> bool:
    """End a message of a host; False when it is over already."""
    made = await connection.fetchval(_SQL.close_message, uuid_of(message_id), now, uuid_of(agent_id), reason)
    return made is not None


async def close_doubt(
    connection: Connection, doubt_id: bytes, *, now: datetime, agent_id: bytes, reason: str
) -> bool:
    """End a doubt about what was booked; False when it is over already."""
    made = await connection.fetchval(_SQL.close_doubt, uuid_of(doubt_id), now, uuid_of(agent_id), reason)
    return made is not None


async def close_reversal(
    connection: Connection, reversal_id: bytes, *, now: datetime, agent_id: bytes, reason: str
) -> bool:
    """End a reversal that was refused; False when it is over already."""
    made = await connection.fetchval(
        _SQL.close_reversal, uuid_of(reversal_id), now, uuid_of(agent_id), reason
    )
    return made is not None


async def close_dead_letter(
    connection: Connection, letter_id: bytes, *, now: datetime, agent_id: bytes, reason: str
) -> bool:
    """End a message that could not be handled; False when it is over already."""
    made = await connection.fetchval(
        _SQL.close_dead_letter, uuid_of(letter_id), now, uuid_of(agent_id), reason
    )
    return made is not None
