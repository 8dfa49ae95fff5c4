"""A bounded pool of connections for roles whose statements are not the hot path."""

from typing import Any, Final

import asyncpg

CONNECTIONS_MAX: Final = 6
ACQUIRE_TIMEOUT_S: Final = 3.0
_STATEMENT_TIMEOUT_MS: Final = 5_000
PLANS_OF_BATCHES: Final = {
    # Batches differ in size only: planning each anew would cost more than it finds.
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    # A new month begins with an empty partition, for which a generic plan would read the table from end to end and keep
    # doing so while it fills. Whatever runs so goes by index from its batch outwards.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_IDLE_IN_TRANSACTION_TIMEOUT_MS: Final = 10_000


class BoundedPool(asyncpg.Pool):
    """A pool whose callers wait for a connection only so long: TimeoutError says that it is full."""

    def acquire(self, *, timeout: float | None = ACQUIRE_TIMEOUT_S) -> Any:
        """asyncpg.Pool. No timer is set where nobody waits; to connect takes no longer than to wait."""
        return super().acquire(timeout=None if self.get_idle_size() else timeout)


async def _leave_as_it_is(_connection: Any) -> None:
    """Ask nothing of the server before a connection is given back.

    Who changes settings of a session sets them back (core/searching); locks and settings of all others end with their
    transaction, which the pool ends. To reset them all costs more than most of what the desk reads.
    """


async def open_pool(
    database_url: str,
    *,
    name: str,
    connections_max: int = CONNECTIONS_MAX,
    statement_timeout_ms: int = _STATEMENT_TIMEOUT_MS,
    plan_each_time: bool = False,
    of_batches: bool = False,
) -> asyncpg.Pool:
    """Return a pool that connects on first use; `name` shows in pg_stat_activity.

    `plan_each_time` is for statements with optional filters: one plan for all of them would fit none. `of_batches` is for
    those that go from a batch of rows outwards, again and again, as those of a lane do.
    Every statement and every forgotten transaction is bounded in time by the server itself, and every wait for a
    connection by the pool.
    """
    pool = BoundedPool(
        database_url,
        min_size=1,
        max_size=connections_max,
        max_queries=50_000,
        max_inactive_connection_lifetime=60,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        reset=_leave_as_it_is,
        timeout=ACQUIRE_TIMEOUT_S,
        command_timeout=statement_timeout_ms / 1000 + 2,
        server_settings={
            "application_name": name,
            "statement_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": str(
                max(_IDLE_IN_TRANSACTION_TIMEOUT_MS, statement_timeout_ms)
            ),
            "timezone": "UTC",
            "plan_cache_mode": "force_custom_plan" if plan_each_time else "auto",
            **(PLANS_OF_BATCHES if of_batches else {}),
        },
    )
    return await pool
