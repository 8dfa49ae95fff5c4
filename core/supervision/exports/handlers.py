"""The desk's side of exports: ask, look, cancel, read the file."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final, get_args

import asyncpg
import msgspec

from core.contracts import ids
from core.contracts.listing import Nothing, Written
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.contracts.supervision import (
    CHUNK_BYTES_MAX,
    EXPORT_OPEN_MAX,
    AskExport,
    CancelExport,
    ExportChunk,
    ExportColumn,
    ExportJob,
    ExportPage,
    ListExports,
    OneExport,
    ReadChunk,
)
from core.contracts.transaction_filter import filter_of
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import NotPermitted, Permission, SignedIn, WriteOnce, record_action, require
from core.supervision.errors import ExportNotReady, ExportOutOfScope, TooManyExports
from core.supervision.exports import store
from core.supervision.exports.folder import read_chunk, remove
from core.supervision.exports.model import Job
from core.supervision.exports.rules import EXPORT_RIGHTS, file_name_of, media_type_of, shared
from core.supervision.rules import covers
from core.values.clock import Clock
from core.values.cursors import id_in, page_of
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none

_RARE_COLUMNS: Final = ("department", "reason", "entry_mode", "decided_at")
_USUAL_COLUMNS: Final = [column for column in get_args(ExportColumn) if column not in _RARE_COLUMNS]


class ExportHandlers:
    """Operations on exports. Everybody sees their own only."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, folder: Path) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)
        self._folder = folder

    async def ask(self, caller: SignedIn, request: AskExport) -> Written:
        """Queue an export of what the caller sees now. Raises: NotPermitted, Refused, TooManyExports, KeyReused."""
        require(caller, Permission.TRANSACTIONS_READ)
        if not _may_export(caller).areas:
            raise NotPermitted(Permission.TRANSACTIONS_READ.value)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            job = _new_job(caller, new_id(self._clock), request, now=now)
            await store.lock_exports(connection)
            if await store.count_open(connection, caller.agent_id) >= EXPORT_OPEN_MAX:
                raise TooManyExports(open_max=EXPORT_OPEN_MAX)
            await store.add_job(connection, job)
            await self._record(connection, caller, job, "export.asked")
            return msgspec.json.encode(_shown(job))

        return await self._write(caller, request, effect)

    async def exports(self, caller: SignedIn, request: ListExports) -> ExportPage:
        """Return the caller's exports, newest first."""
        before = id_in("export", request.cursor)
        jobs = await store.list_jobs(self._pool, caller.agent_id, before=before, limit=request.limit + 1)
        return ExportPage(*page_of([_shown(job) for job in jobs], request.limit, lambda last: (last.id,)))

    async def export(self, caller: SignedIn, request: OneExport) -> ExportJob:
        """Return one of the caller's exports. Raises: NotFound."""
        return _shown(await self._find(caller, request.id))

    async def cancel(self, caller: SignedIn, request: CancelExport) -> Nothing:
        """Stop an export, or give its file back; doing it twice changes nothing. Raises: NotFound."""
        job = await self._find(caller, request.id)
        async with self._pool.acquire() as connection, connection.transaction():
            if await store.cancel_job(connection, caller.agent_id, job.id, self._clock.now()):
                await self._record(connection, caller, job, "export.cancelled")
        if job.file:
            await asyncio.to_thread(remove, self._folder / job.file)
        return Nothing()

    async def chunk(self, caller: SignedIn, request: ReadChunk) -> ExportChunk:
        """Return a part of the file; rights are looked at for each. Raises: NotFound, ExportNotReady, ExportOutOfScope."""
        job = await self._find(caller, request.id)
        if job.state != "done" or not job.file:
            raise ExportNotReady
        if not all(covers(caller.scope_of(right), job.scope) for right in EXPORT_RIGHTS):
            raise ExportOutOfScope
        try:
            data, size = await asyncio.to_thread(
                read_chunk, self._folder / job.file, max(0, request.offset), CHUNK_BYTES_MAX
            )
        except FileNotFoundError as error:
            raise ExportNotReady from error
        if request.offset == 0:
            async with self._pool.acquire() as connection, connection.transaction():
                await self._record(connection, caller, job, "export.downloaded")
        return ExportChunk(data, size, file_name_of(job), media_type_of(job))

    async def _find(self, caller: SignedIn, job_id: bytes) -> Job:
        found = await store.list_jobs(self._pool, caller.agent_id, job_id=job_id)
        if not found:
            raise NotFound
        return found[0]

    async def _record(self, connection: Connection, caller: SignedIn, job: Job, kind: str) -> None:
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=self._clock.now(),
            kind=kind,
            target_kind="export",
            target_id=job.id,
            facts={"format": job.format, "filter": job.asked, "columns": job.columns},
        )


def _may_export(caller: SignedIn) -> Scope:
    """Return where both rights hold: what may be exported is never more than what may be read there."""
    read, export = (caller.scope_of(right) for right in EXPORT_RIGHTS)
    return shared(read, export)


def _new_job(caller: SignedIn, job_id: bytes, request: AskExport, *, now: datetime) -> Job:
    return Job(
        id=job_id,
        agent_id=caller.agent_id,
        kind=request.kind,
        format=request.format,
        compressed=request.compressed and request.format == "csv",
        locale=request.locale or caller.language,
        columns=list(dict.fromkeys(request.columns or _USUAL_COLUMNS)),
        asked={name: str(value) for name, value in ids.plain(request.filter).items()},
        filter=filter_of(request.filter),
        scope=_may_export(caller),
        until=now,
        state="waiting",
        failure="",
        rows_done=0,
        rows_total=None,
        bytes=None,
        file="",
        runs=0,
        created_at=now,
        finished_at=None,
        expires_at=None,
    )


def _shown(job: Job) -> ExportJob:
    return msgspec.convert(
        {
            "id": encode_id("export", job.id),
            "kind": job.kind,
            "format": job.format,
            "compressed": job.compressed,
            "state": job.state,
            "failure": job.failure or None,
            "rows_done": job.rows_done,
            "rows_total": job.rows_total,
            "bytes": job.bytes,
            "filter": job.asked,
            "columns": job.columns,
            "locale": job.locale,
            "created_at": timestamp(job.created_at),
            "finished_at": timestamp_or_none(job.finished_at),
            "expires_at": timestamp_or_none(job.expires_at),
        },
        ExportJob,
    )
