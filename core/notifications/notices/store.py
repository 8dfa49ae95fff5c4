"""Statements of notices as typed functions."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from core.contracts.notifications import NoticeView
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL = load_beside(__file__)


async def add_notices(
    connection: Connection,
    *,
    agent_ids: Sequence[bytes],
    kind: str,
    facts: dict[str, str],
    at: datetime,
    link: str = "",
) -> None:
    """Tell agents something, in the caller's transaction; `link` is a page of the portal, from its root."""
    if agent_ids:
        targets = [uuid_of(one) for one in dict.fromkeys(agent_ids)]
        await connection.execute(
            _SQL.add_notices, targets, kind, msgspec.json.encode(facts).decode(), link, at
        )


async def list_notices(
    connection: Connection, agent_id: bytes, *, unread: bool, before: bytes | None, limit: int
) -> list[NoticeView]:
    """Return an agent's notices, newest first."""
    rows = await connection.fetch(_SQL.list_notices, uuid_of(agent_id), unread, uuid_or_none(before), limit)
    return [
        NoticeView(
            id=encode_id("notice", row["id"].bytes),
            kind=row["kind"],
            facts=msgspec.json.decode(row["facts"], type=dict[str, str]),
            link=row["link"],
            created_at=timestamp(row["created_at"]),
            read=row["read_at"] is not None,
        )
        for row in rows
    ]


async def count_unread(connection: Connection, agent_id: bytes) -> int:
    """Return how many notices an agent has not read, at most a hundred."""
    return await connection.fetchval(_SQL.count_unread, uuid_of(agent_id)) or 0


async def agent_of_session(connection: Connection, session: bytes) -> bytes | None:
    """Return whose session it is."""
    found = await connection.fetchval(_SQL.agent_of_session, session)
    return None if found is None else found.bytes


async def mark_read(
    connection: Connection, agent_id: bytes, now: datetime, notice_ids: Sequence[bytes] | None
) -> None:
    """Mark notices of this agent as read; None: all."""
    chosen = None if notice_ids is None else [uuid_of(one) for one in notice_ids]
    await connection.execute(_SQL.read_notices, uuid_of(agent_id), now, chosen)
