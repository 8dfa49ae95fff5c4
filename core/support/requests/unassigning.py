"""Requests of somebody who may no longer log in go back to their team: nobody would look for them there."""

import asyncpg

from core.identity.api import record_action
from core.support.requests import store
from core.values.clock import Clock
from core.values.ids import encode_id

BATCH_MAX = 100


async def unassign_from_disabled(pool: asyncpg.Pool, clock: Clock) -> int:
    """Give back what disabled agents still hold open; return how many requests."""
    unassigned = 0
    while taken := await _unassign_some(pool, clock):
        unassigned += taken
    return unassigned


async def _unassign_some(pool: asyncpg.Pool, clock: Clock) -> int:
    now = clock.now()
    async with pool.acquire() as connection, connection.transaction():
        left = await store.held_by_disabled(connection, limit=BATCH_MAX)
        for row in left:
            await store.assign(connection, row["id"].bytes, None, now)
            await store.add_entry(
                connection,
                row["id"].bytes,
                # Who disabled them has done this too.
                agent_id=row["disabled_by"].bytes,
                at=now,
                kind="assigned",
                facts={"to": ""},
            )
        # After every row: an entry may wait for somebody who has its agent locked and waits for the audit's chain.
        for row in left:
            await record_action(
                connection,
                agent_id=row["disabled_by"].bytes,
                at=now,
                kind="request.assigned",
                target_kind="request",
                target_id=row["id"].bytes,
                facts={
                    "code": row["code"],
                    "assignee": "",
                    "from": encode_id("agent", row["held_by"].bytes),
                },
            )
    return len(left)
