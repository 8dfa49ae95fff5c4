"""A bounded pool of connections for roles whose statements are not the hot path."""

from typing import Final

import asyncpg

CONNECTIONS_MAX: Final = 6
ACQUIRE_TIMEOUT_S: Final = 3.0
_STATEMENT_TIMEOUT_MS: Final = 5_000
_IDLE_IN_TRANSACTION_TIMEOUT_MS: Final = 10_000


async def open_pool(
    database_url: str,
    *,
    name: str,
    connections_max: int = CONNECTIONS_MAX,
    statement_timeout_ms: int = _STATEMENT_TIMEOUT_MS,
    plan_each_time: bool = False,
) -> asyncpg.Pool:
    """Return a pool that connects on first use; `name` shows in pg_stat_activity.

    `plan_each_time` is for statements with optional filters: one plan for all of them would fit none.
    Every statement and every forgotten transaction is bounded in time by the server itself.
    """
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=connections_max,
        max_inactive_connection_lifetime=60,
        command_timeout=statement_timeout_ms / 1000 + 2,
        server_settings={
            "application_name": name,
            "statement_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": str(_IDLE_IN_TRANSACTION_TIMEOUT_MS),
            "timezone": "UTC",
            "plan_cache_mode": "force_custom_plan" if plan_each_time else "auto",
        },
    )
