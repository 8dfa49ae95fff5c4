"""Statements of questions and answers as typed functions."""

from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from core.contracts.faq import ChangeFaqEntry, FaqVersion, MakeFaqEntry
from core.contracts.references import PersonRef
from core.conversations.faq.rules import Entry
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL: Final = load_beside(__file__)
ENTRIES_MAX: Final = 500
_SAID: Final = (
    "number",
    "topic",
    "place",
    "question_fr",
    "question_en",
    "answer_fr",
    "answer_en",
    "keywords",
    "published",
)


class Revision(NamedTuple):
    """Changes whenever an entry does."""

    entries: int
    changed_at: datetime | None


async def list_entries(
    connection: Connection,
    *,
    entry_id: bytes | None = None,
    topic: str | None = None,
    after: tuple[str, bytes] = ("", bytes(16)),
    limit: int = 1,
) -> list[asyncpg.Record]:
    """Return entries as they stand, by topic and place; or one."""
    place, last = after
    return await connection.fetch(_SQL.entries, uuid_or_none(entry_id), topic, place, uuid_of(last), limit)


async def list_earlier(connection: Connection, entry_id: bytes, number: int) -> list[FaqVersion]:
    """Return what an entry said before a version."""
    rows = await connection.fetch(_SQL.earlier_versions, uuid_of(entry_id), number)
    return [FaqVersion(**version_fields(row)) for row in rows]


async def read_revision(connection: Connection) -> Revision:
    """Return what tells whether anything changed."""
    row = await connection.fetchrow(_SQL.revision)
    assert row is not None  # an aggregate always gives a row
    return Revision(row["entries"], row["changed_at"])


async def read_published(connection: Connection, locale: str) -> list[Entry]:
    """Return what is published, in a language, by topic and place."""
    rows = await list_entries(connection, limit=ENTRIES_MAX)
    return [
        Entry(
            row["id"].bytes, row["topic"], row[f"question_{locale}"], row[f"answer_{locale}"], row["keywords"]
        )
        for row in rows
        if row["published"]
    ]


async def count_entries(connection: Connection) -> int:
    """Return how many there are."""
    return await connection.fetchval(_SQL.count_entries) or 0


async def add_entry(connection: Connection, asked: MakeFaqEntry, *, agent_id: bytes, now: datetime) -> bytes:
    """Insert an entry with its first version."""
    made: Any = await connection.fetchval(_SQL.add_entry, now)
    await _add_version(connection, made.bytes, 1, asked, agent_id=agent_id, now=now)
    return made.bytes


async def lock_entry(connection: Connection, entry_id: bytes) -> asyncpg.Record | None:
    """Lock an entry that is not removed."""
    return await connection.fetchrow(_SQL.lock_entry, uuid_of(entry_id))


async def change_entry(
    connection: Connection, asked: ChangeFaqEntry, number: int, *, agent_id: bytes, now: datetime
) -> None:
    """Write the next version of an entry that is locked."""
    await _add_version(connection, asked.id, number, asked, agent_id=agent_id, now=now)
    await connection.execute(_SQL.take_version, uuid_of(asked.id), number, now)


async def remove_entry(connection: Connection, entry_id: bytes, now: datetime) -> str | None:
    """Remove an entry, and return its question; None when there is no such entry."""
    version = await connection.fetchval(_SQL.remove_entry, uuid_of(entry_id), now)
    if version is None:
        return None
    return await connection.fetchval(_SQL.version_question, uuid_of(entry_id), version)


def version_fields(row: asyncpg.Record) -> dict[str, Any]:
    """Return a version as the API has it."""
    by_id = row["made_by"]
    return {
        **{name: row[name] for name in _SAID},
        "made_at": timestamp(row["made_at"]),
        "made_by": None if by_id is None else PersonRef(encode_id("agent", by_id.bytes), row["made_by_name"]),
    }


async def _add_version(
    connection: Connection,
    entry_id: bytes,
    number: int,
    asked: MakeFaqEntry | ChangeFaqEntry,
    *,
    agent_id: bytes,
    now: datetime,
) -> None:
    await connection.execute(
        _SQL.add_version,
        uuid_of(entry_id),
        number,
        asked.topic,
        asked.place,
        asked.question_fr,
        asked.question_en,
        asked.answer_fr,
        asked.answer_en,
        asked.keywords,
        asked.published,
        uuid_of(agent_id),
        now,
    )
