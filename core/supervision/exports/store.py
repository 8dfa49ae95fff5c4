"""Statements of exports as typed functions."""

from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.permissions import Right
from core.contracts.scope import Area, Scope
from core.contracts.transaction_filter import TransactionFilter
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.supervision.exports.model import Job
from core.supervision.exports.rules import RUNNING_MAX, id_bounds
from core.values.regions import departments_of

_SQL = load_beside(__file__)
_decode_filter: Final = msgspec.json.Decoder(TransactionFilter).decode
_decode_scope: Final = msgspec.json.Decoder(Scope).decode
_decode_asked: Final = msgspec.json.Decoder(dict[str, str]).decode


async def lock_exports(connection: Connection) -> None:
    """Hold the order of exports until the end of the transaction."""
    await connection.execute(_SQL.lock_exports)


async def count_open(connection: Connection, agent_id: bytes) -> int:
    """Return how many exports of an agent wait or run."""
    row = await connection.fetchrow(_SQL.count_open, uuid_of(agent_id))
    assert row is not None
    return row["open"]


async def add_job(connection: Connection, job: Job) -> None:
    """Insert an export; one that stands already stays as it is."""
    await connection.execute(
        _SQL.add_job,
        uuid_of(job.id),
        uuid_of(job.agent_id),
        job.kind,
        job.format,
        job.compressed,
        job.locale,
        job.columns,
        msgspec.json.encode(job.asked).decode(),
        msgspec.json.encode(job.filter).decode(),
        msgspec.json.encode(job.scope).decode(),
        job.until,
    )


async def list_jobs(
    connection: Connection,
    agent_id: bytes,
    *,
    job_id: bytes | None = None,
    before: bytes | None = None,
    limit: int = 1,
) -> list[Job]:
    """Return an agent's exports, newest first."""
    rows = await connection.fetch(
        _SQL.jobs, uuid_of(agent_id), uuid_or_none(job_id), uuid_or_none(before), limit
    )
    return [_job_of(row) for row in rows]


async def cancel_job(connection: Connection, agent_id: bytes, job_id: bytes, now: datetime) -> bool:
    """End an export or give its file back; False when there was nothing left to end."""
    return (await connection.fetchval(_SQL.cancel_job, uuid_of(job_id), uuid_of(agent_id), now)) is not None


async def take_job(pool: asyncpg.Pool, *, now: datetime, alive_since: datetime) -> Job | None:
    """Lease the next export, None when nothing waits or enough run."""
    async with pool.acquire() as connection, connection.transaction():
        await lock_exports(connection)
        row = await connection.fetchrow(_SQL.take_job, now, alive_since, RUNNING_MAX)
    return None if row is None else _job_of(row)


async def note_progress(
    connection: Connection, job: Job, *, rows_done: int, rows_total: int | None, now: datetime
) -> bool:
    """Say how far an export is; False when it is no longer this worker's."""
    made = await connection.fetchval(
        _SQL.note_progress, uuid_of(job.id), job.runs, rows_done, rows_total, now
    )
    return made is not None


async def finish_job(
    connection: Connection,
    job: Job,
    *,
    rows_done: int,
    size_bytes: int,
    file: str,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Say that the file stands; False when it is no longer wanted."""
    made = await connection.fetchval(
        _SQL.finish_job, uuid_of(job.id), job.runs, rows_done, size_bytes, file, now, expires_at
    )
    return made is not None


async def fail_job(connection: Connection, job: Job, failure: str, now: datetime) -> None:
    """Say why there will be no file."""
    await connection.execute(_SQL.fail_job, uuid_of(job.id), job.runs, failure, now)


async def release_job(connection: Connection, job: Job) -> None:
    """Give an export back for another run."""
    await connection.execute(_SQL.release_job, uuid_of(job.id), job.runs)


async def expire_jobs(connection: Connection, now: datetime) -> int:
    """Expire exports past their keeping time; return how many."""
    return len(await connection.fetch(_SQL.expire_jobs, now))


async def files_in_use(connection: Connection) -> set[str]:
    """Return the ids of exports whose files must stay."""
    return {row["id"].hex for row in await connection.fetch(_SQL.files_in_use)}


async def present_scope(connection: Connection, agent_id: bytes, permission: Right) -> Scope:
    """Return where somebody holds a permission just now, without asking for a session; nothing when disabled."""
    rows = await connection.fetch(_SQL.rights_of, uuid_of(agent_id), permission.value)
    return Scope(tuple(dict.fromkeys(_area_of(row) for row in rows)))


async def count_rows(
    connection: Connection, scope: Scope, wanted: TransactionFilter, *, until: datetime, limit: int
) -> int | None:
    """Return how many rows there are, counted up to one above `limit`; None for a reference, which is one row."""
    if wanted.rrn is not None:
        return None
    low, high = id_bounds(wanted, until)
    return await connection.fetchval(
        _SQL.count_rows,
        scope.parameter(),
        uuid_of(low),
        uuid_of(high),
        uuid_or_none(wanted.store_id),
        None if wanted.states is None else list(wanted.states),
        wanted.reason,
        wanted.brand,
        wanted.amount_min,
        wanted.amount_max,
        wanted.last_four,
        wanted.stan,
        wanted.approval_code,
        limit,
        wanted.kind,
        uuid_or_none(wanted.terminal_id),
        wanted.terminal,
        wanted.figure,
    )


def _job_of(row: asyncpg.Record) -> Job:
    return Job(
        id=row["id"].bytes,
        agent_id=row["agent_id"].bytes,
        kind=row["kind"],
        format=row["format"],
        compressed=row["compressed"],
        locale=row["locale"],
        columns=row["columns"],
        asked=_decode_asked(row["asked"]),
        filter=_decode_filter(row["filter"]),
        scope=_decode_scope(row["scope"]),
        until=row["until"],
        state=row["state"],
        failure=row["failure"],
        rows_done=row["rows_done"],
        rows_total=row["rows_total"],
        bytes=row["bytes"],
        file=row["file"],
        runs=row["runs"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        expires_at=row["expires_at"],
    )


def _area_of(row: asyncpg.Record) -> Area:
    departments: tuple[str, ...] | None = None if row["departments"] is None else tuple(row["departments"])
    if row["regions"] is not None:
        departments = tuple(dict.fromkeys((departments or ()) + departments_of(tuple(row["regions"]))))
    return Area(
        departments,
        _ids(row["stores"]),
        _ids(row["companies"]),
        None if row["services"] is None else tuple(row["services"]),
    )


def _ids(ids: list[UUID] | None) -> tuple[bytes, ...] | None:
    return None if ids is None else tuple(one.bytes for one in ids)
