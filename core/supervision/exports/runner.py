"""The worker's side of exports: lease one, write its file page by page, say how far it is."""

import asyncio
import contextlib
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg
import structlog

from core.supervision.exports import store
from core.supervision.exports.columns import titles, values_of
from core.supervision.exports.files import CsvFile, ExportFile, XlsxFile
from core.supervision.exports.folder import files_in, put_in_place, remove, sweep
from core.supervision.exports.model import Job
from core.supervision.exports.rules import EXPORT_RIGHTS, KEPT_FOR, LEASE, ROWS_MAX, RUNS_MAX, suffix_of
from core.supervision.exports.words import SHEET, said
from core.supervision.rules import covers
from core.transactions.desk.store import list_transactions
from core.values.clock import Clock, to_unix_us
from core.values.ids import lowest_id

PAGE_ROWS: Final = 4_000
PROGRESS_EVERY_S: Final = 2.0

_log = structlog.get_logger("core.exports")


class _Stopped(Exception):
    """The export is no longer this worker's: cancelled, or taken over."""


class _Failed(Exception):
    """There will be no file; the text is the stable code of why."""


class Exporter:
    """Runs one export at a time; the worker has as many of these as may run at once."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, folder: Path, *, page_rows: int = PAGE_ROWS) -> None:
        self._pool = pool
        self._clock = clock
        self._folder = folder
        self._page_rows = page_rows

    async def round(self) -> bool:
        """Run the next export whole; return whether there was one."""
        now = self._clock.now()
        job = await store.take_job(self._pool, now=now, alive_since=now - LEASE)
        if job is None:
            return False
        part = self._folder / f"{job.id.hex()}.{job.runs}.part"
        try:
            if job.runs > RUNS_MAX:
                raise _Failed("gave_up")
            await self._run(job, part)
        except _Stopped:
            _log.info("export_stopped", export=job.id.hex())
        except _Failed as failure:
            await store.fail_job(self._pool, job, str(failure), self._clock.now())
        except OSError as error:
            _log.warning("export_not_written", export=job.id.hex(), error=str(error))
            await store.fail_job(self._pool, job, "storage", self._clock.now())
        except asyncio.CancelledError:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await store.release_job(self._pool, job)
            raise
        finally:
            remove(part)
        return True

    async def clean(self) -> None:
        """Expire exports past their keeping time, and delete the files that no export needs."""
        await store.expire_jobs(self._pool, self._clock.now())
        # The files first: one that begins from here on is an export's that is not known to run yet.
        files = await asyncio.to_thread(files_in, self._folder)
        keep = await store.files_in_use(self._pool)
        await asyncio.to_thread(sweep, files, keep)

    async def _run(self, job: Job, part: Path) -> None:
        await self._check_rights(job)
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            total = await store.count_rows(connection, job.scope, job.filter, until=job.until, limit=ROWS_MAX)
        if total is not None and total > ROWS_MAX:
            raise _Failed("too_many_rows")
        await self._tell(job, 0, total)
        file = await asyncio.to_thread(_opened, job, part)
        try:
            rows_done = await self._write_pages(job, file)
            await asyncio.to_thread(file.close)
        except BaseException:
            file.abandon()
            raise
        await self._check_rights(job)
        name = f"{job.id.hex()}{suffix_of(job)}"
        # The name first: a row that says "done" always has its file. A file without its row is swept.
        size_bytes = await asyncio.to_thread(put_in_place, part, self._folder / name)
        now = self._clock.now()
        kept = await store.finish_job(
            self._pool,
            job,
            rows_done=rows_done,
            size_bytes=size_bytes,
            file=name,
            now=now,
            expires_at=now + KEPT_FOR,
        )
        if not kept:
            remove(self._folder / name)
            raise _Stopped

    async def _write_pages(self, job: Job, file: ExportFile) -> int:
        """Write newest first, a page at a time: no page is held while the next one is read."""
        loop = asyncio.get_running_loop()
        rows_done, shown_at = 0, loop.time()
        before = lowest_id(to_unix_us(job.until))
        while True:
            rows = await self._page(job, before)
            if not rows:
                return rows_done
            before = rows[-1]["id"].bytes
            rows_done += len(rows)
            # In a thread: the worker's loop also sends reversals, which must not wait for a spreadsheet.
            await asyncio.to_thread(_write, job, file, rows)
            if loop.time() - shown_at >= PROGRESS_EVERY_S:
                shown_at = loop.time()
                await self._check_rights(job)
                await self._tell(job, rows_done, None)

    async def _page(self, job: Job, before: bytes) -> list[asyncpg.Record]:
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            # The optional filters of the list want a plan for their values, which the worker's pool does not ask for.
            await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            return await list_transactions(
                connection, job.scope, job.filter, before=before, limit=self._page_rows, now=job.until
            )

    async def _check_rights(self, job: Job) -> None:
        """Stop for somebody who was disabled or lost the grant meanwhile."""
        for right in EXPORT_RIGHTS:
            scope = await store.present_scope(self._pool, job.agent_id, right)
            if not scope.areas or not covers(scope, job.scope):
                raise _Failed("rights_changed")

    async def _tell(self, job: Job, rows_done: int, total: int | None) -> None:
        now: datetime = self._clock.now()
        if not await store.note_progress(self._pool, job, rows_done=rows_done, rows_total=total, now=now):
            raise _Stopped


def _opened(job: Job, path: Path) -> ExportFile:
    head = titles(job.columns, job.locale)
    if job.format == "xlsx":
        return XlsxFile(path, titles=head, sheet=said(SHEET, job.locale))
    return CsvFile(path, titles=head, locale=job.locale, compressed=job.compressed)


def _write(job: Job, file: ExportFile, rows: list[asyncpg.Record]) -> None:
    file.write(values_of(row, job.columns, job.locale) for row in rows)
