"""One verification from beginning to end: drain if asked, one snapshot, every invariant."""

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import asyncpg

from core.verify.cards import scan_files
from core.verify.checks import check_book, check_database, check_told, timed, undone
from core.verify.model import Finding, HostBook, Report, Said, TerminalFact

DRAIN_POLL_S: Final = 0.25
SORT_MEMORY: Final = "128MB"
STATEMENT_TIMEOUT_MS: Final = 120_000


async def verify(
    database_url: str,
    *,
    drain_s: float = 0.0,
    facts: Callable[[], Iterable[TerminalFact]] | None = None,
    book: Callable[[], HostBook] | None = None,
    files: Iterable[Path] = (),
    cards: bool = True,
) -> Report:
    """Check every invariant. What `facts` and `book` return is read after the drain and before the snapshot.

    Raises: OSError, asyncpg.PostgresError.
    """
    started = time.perf_counter()
    connection = await asyncpg.connect(
        database_url,
        server_settings={
            "application_name": "guichet-verify",
            "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        },
    )
    try:
        left = await drain(connection, drain_s) if drain_s > 0 else {}
        # The book is read before the snapshot: what comes after it is on our side alone, and known by its time.
        host = await asyncio.to_thread(book) if book is not None else None
        terminal_facts = facts() if facts is not None else None
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(f"SET LOCAL work_mem = '{SORT_MEMORY}'")
            findings = await check_database(connection, cards=cards)
            findings.append(
                await timed(check_told(connection, terminal_facts))
                if terminal_facts is not None
                else Finding("V3", remark=Said("note.no_journal"))
            )
            findings.append(
                await timed(check_book(connection, host))
                if host is not None
                else Finding("V6", remark=Said("note.no_book"))
            )
    finally:
        await connection.close()
    if paths := list(files):
        findings.append(await asyncio.to_thread(scan_files, paths))
    findings.sort(key=lambda finding: finding.name)
    return Report(
        findings=findings,
        drained=None if drain_s <= 0 else not any(left.values()),
        left={name: count for name, count in left.items() if count},
        seconds=round(time.perf_counter() - started, 2),
    )


async def drain(connection: asyncpg.Connection, seconds: float) -> dict[str, int]:
    """Wait until nothing is under way, at most so long; return what still is."""
    until = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        left = await undone(connection)
        took = time.monotonic() - began
        if not any(left.values()) or time.monotonic() >= until:
            return left
        # Looking must never be most of what the database does.
        await asyncio.sleep(max(DRAIN_POLL_S, 3 * took))
