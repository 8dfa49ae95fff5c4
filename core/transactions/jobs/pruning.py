"""Rows that have served: kept for a while for the curious, then dropped."""

from datetime import datetime, timedelta

import asyncpg

from core.transactions.jobs.store import queries

INBOX_KEPT = timedelta(days=7)
IDEMPOTENCY_KEPT = timedelta(days=7)
LOGIN_FAILURES_KEPT = timedelta(days=1)


async def prune(pool: asyncpg.Pool, now: datetime) -> None:
    """Drop what is older than its bound."""
    async with pool.acquire() as connection:
        await connection.execute(queries.prune_inbox, now - INBOX_KEPT)
        await connection.execute(queries.prune_idempotency, now - IDEMPOTENCY_KEPT)
        await connection.execute(queries.prune_login_failures, now - LOGIN_FAILURES_KEPT)
