"""Statements of onboarding as typed functions."""

from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec

from core.contracts.onboarding import Answers, OnboardingState
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.merchants.onboarding.rules import department_of_file

_SQL = load_beside(__file__)


class LockedFile(NamedTuple):
    """A file under lock: what a change is decided by."""

    state: OnboardingState
    version: int
    held_by: bytes
    answers: Answers
    changed_at: datetime
    changed_by: bytes
    changed_by_name: str


async def list_files(
    connection: Connection,
    scope: Scope,
    agent_id: bytes,
    *,
    state: str | None,
    mine: bool,
    before_at: datetime | None,
    before_id: bytes | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Return files, newest change first."""
    return await connection.fetch(
        _SQL.onboardings,
        scope.parameter(),
        uuid_of(agent_id),
        state,
        mine,
        before_at,
        uuid_or_none(before_id),
        limit,
    )


async def find_file(
    connection: Connection, scope: Scope, agent_id: bytes, file_id: bytes
) -> asyncpg.Record | None:
    """Return one file."""
    return await connection.fetchrow(
        _SQL.onboarding_by_id, scope.parameter(), uuid_of(agent_id), uuid_of(file_id)
    )


async def lock_file(
    connection: Connection, scope: Scope, agent_id: bytes, file_id: bytes
) -> LockedFile | None:
    """Return one file, locked."""
    row = await connection.fetchrow(
        _SQL.lock_onboarding, scope.parameter(), uuid_of(agent_id), uuid_of(file_id)
    )
    return row and LockedFile(
        state=row["state"],
        version=row["version"],
        held_by=row["held_by"].bytes,
        answers=answers_of(row),
        changed_at=row["changed_at"],
        changed_by=row["changed_by"].bytes,
        changed_by_name=row["changed_by_name"],
    )


def answers_of(row: asyncpg.Record) -> Answers:
    """Return the answers of a row."""
    return msgspec.json.decode(row["answers"], type=Answers)


async def start_file(
    connection: Connection, *, file_id: bytes, answers: Answers, agent_id: bytes, now: datetime
) -> None:
    """Insert a file."""
    await connection.execute(
        _SQL.start_onboarding,
        uuid_of(file_id),
        answers.merchant.trade_name,
        answers.merchant.siren,
        msgspec.json.encode(answers).decode(),
        uuid_of(agent_id),
        now,
    )


async def save_file(
    connection: Connection, *, file_id: bytes, answers: Answers, agent_id: bytes, now: datetime
) -> None:
    """Write the answers of a locked file."""
    await connection.execute(
        _SQL.save_onboarding,
        uuid_of(file_id),
        msgspec.json.encode(answers).decode(),
        answers.merchant.trade_name or answers.company.legal_name,
        answers.merchant.siren,
        department_of_file(answers),
        uuid_of(agent_id),
        now,
    )


async def take_file(connection: Connection, file_id: bytes, agent_id: bytes, now: datetime) -> None:
    """Give a locked file to an agent."""
    await connection.execute(_SQL.take_onboarding, uuid_of(file_id), uuid_of(agent_id), now)


async def submit_file(connection: Connection, file_id: bytes, agent_id: bytes, now: datetime) -> None:
    """Note that a locked file was submitted."""
    await connection.execute(_SQL.submit_onboarding, uuid_of(file_id), uuid_of(agent_id), now)


async def return_file(
    connection: Connection, file_id: bytes, agent_id: bytes, now: datetime, reason: str
) -> None:
    """Note that a locked file was sent back."""
    await connection.execute(_SQL.return_onboarding, uuid_of(file_id), uuid_of(agent_id), now, reason)


async def validate_file(
    connection: Connection,
    *,
    file_id: bytes,
    agent_id: bytes,
    now: datetime,
    account_id: bytes,
    company_id: bytes,
) -> None:
    """Note what a locked file has become."""
    await connection.execute(
        _SQL.validate_onboarding,
        uuid_of(file_id),
        uuid_of(agent_id),
        now,
        uuid_of(account_id),
        uuid_of(company_id),
    )


async def move_file(
    connection: Connection,
    *,
    file_id: bytes,
    agent_id: bytes,
    now: datetime,
    state: OnboardingState,
    reason: str,
) -> None:
    """Bring a locked file to a state that changes nothing else."""
    await connection.execute(_SQL.move_onboarding, uuid_of(file_id), uuid_of(agent_id), now, state, reason)


async def sirets_taken(connection: Connection, sirets: list[str]) -> frozenset[str]:
    """Return which of these have a store."""
    rows = await connection.fetch(_SQL.sirets_taken, sirets)
    return frozenset(row["siret"] for row in rows)


async def siren_taken(connection: Connection, siren: str) -> bool:
    """Return whether a company has this SIREN."""
    return bool(await connection.fetchval(_SQL.siren_taken, siren))


async def services_wanted(connection: Connection, company_id: bytes) -> list[str]:
    """Return the kinds of service that a company asked for in its file; none without a file."""
    kinds: str | None = await connection.fetchval(_SQL.services_wanted, uuid_of(company_id))
    return msgspec.json.decode(kinds, type=list[str]) if kinds else []
