"""Statements of journals as typed functions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from core.contracts.ids import JournalId
from core.contracts.scope import Scope
from core.contracts.searching import JournalEntryKind, JournalKind
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of

_SQL = load_beside(__file__)
_HIGHEST: Final = "~"  # above every reference, which begins with a letter


class Subject(NamedTuple):
    """Whose journal, and by which ids its entries are found."""

    kind: JournalKind
    title: str
    terminals: list[UUID]
    services: list[UUID]
    targets: list[UUID]
    contracts: list[UUID]
    agent: UUID | None = None
    time_zone: str = ""


async def find_subject(
    connection: Connection, scope: Scope, subject: JournalId, *, may_read_agents: bool
) -> Subject | None:
    """Return a subject within the scope."""
    key, area = uuid_of(subject), scope.parameter()
    match subject.kind:
        case "terminal":
            row = await connection.fetchrow(_SQL.subject_terminal, area, key)
            return row and Subject(
                "terminal",
                row["title"],
                row["terminals"],
                row["services"],
                row["targets"],
                [],
                time_zone=row["time_zone"],
            )
        case "store":
            row = await connection.fetchrow(_SQL.subject_store, area, key)
            if row is None:
                return None
            targets = [key, *row["terminals"], *row["services"]]
            return Subject(
                "store",
                row["title"],
                row["terminals"],
                row["services"],
                targets,
                [],
                time_zone=row["time_zone"],
            )
        case "contract":
            row = await connection.fetchrow(_SQL.subject_contract, area, key)
            return row and Subject("contract", row["title"], [], [], [key], [key])
        case "contact":
            row = await connection.fetchrow(_SQL.subject_contact, area, key)
            return row and Subject("person", row["title"], [], [], [key], [])
        case _:
            row = await connection.fetchrow(_SQL.subject_agent, area, key) if may_read_agents else None
            return row and Subject("person", row["title"], [], [], [key], [], key)


async def list_entries(
    connection: Connection,
    subject: Subject,
    *,
    paid: Subject | None,
    kinds: Sequence[JournalEntryKind],
    since: datetime,
    until: datetime,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Return entries, newest first; `paid` is the subject as far as its payments may be read."""
    before_at, before_ref = before or (until, _HIGHEST)
    return await connection.fetch(
        _SQL.entries,
        subject.terminals,
        subject.services,
        subject.targets,
        subject.contracts,
        subject.agent,
        since,
        until,
        before_at,
        before_ref,
        list(kinds),
        limit,
        [] if paid is None else paid.terminals,
        paid is not None,
    )
