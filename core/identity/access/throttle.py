"""Guessing must wait: attempts are counted by subject before they are checked, and forgotten after a success."""

from datetime import datetime
from typing import TypeAlias

import asyncpg
import structlog

from core.identity import store
from core.identity.errors import TooManyAttempts
from core.identity.rules import FAILURE_WINDOW, wait_after

Bounds: TypeAlias = dict[str, int]
"""How many failures each subject may have within the window; a subject is `kind:who`."""

_log = structlog.get_logger("core.identity")


async def count_attempt(pool: asyncpg.Pool, bounds: Bounds, *, now: datetime, ip: str) -> None:
    """Count one attempt against every subject. Raises: TooManyAttempts, and counts nothing then."""
    async with pool.acquire() as connection, connection.transaction():
        for subject in sorted(bounds):
            await store.lock_subject(connection, subject)
        for subject, failures_max in bounds.items():
            failures = await store.count_failures(connection, subject, since=now - FAILURE_WINDOW)
            wait_s = wait_after(failures, failures_max=failures_max, now=now)
            if wait_s is not None:
                _log.warning("attempt_throttled", by=subject.partition(":")[0], ip=ip)
                raise TooManyAttempts(retry_after_s=wait_s)
        # Counted before it is checked: parallel guesses find each other's count.
        for subject in bounds:
            await store.note_failure(connection, subject, now)


async def forget_attempt(connection: store.Connection, bounds: Bounds, *, at: datetime) -> None:
    """Take back what a success counted: all of it where it is the person's, this one where an address is shared."""
    for subject in bounds:
        if subject.partition(":")[0].endswith("ip"):
            await store.forget_failure(connection, subject, at)
        else:
            await store.forget_failures(connection, subject)
