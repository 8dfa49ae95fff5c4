"""Statements about what is to be settled with hosts, as typed functions."""

from datetime import date, datetime

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


async def list_matters(
    connection: Connection,
    scope: Scope,
    *,
    stuck_before: datetime,
    matter_id: bytes | None = None,
    before: bytes | None = None,
    limit: int = 1,
) -> list[asyncpg.Record]:
    """Return what waits for a person, newest first; or one, whether it still waits or not."""
    return await connection.fetch(
        _SQL.matters, scope.parameter(), stuck_before, uuid_or_none(matter_id), uuid_or_none(before), limit
    )


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
