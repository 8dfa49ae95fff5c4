"""What is done to one terminal within somebody's transaction: alone, or as a step of a sequence."""

from datetime import datetime

import asyncpg

from core.contracts.refusals import NotFound
from core.identity.api import Permission, SignedIn, record_action, require
from core.terminals.assigning import store
from core.terminals.assigning.errors import ServiceNotActive, TerminalRetired


async def activate_on(
    connection: asyncpg.pool.PoolConnectionProxy,
    caller: SignedIn,
    terminal_id: bytes,
    *,
    reason: str,
    now: datetime,
) -> bool:
    """Put a terminal into service; False when it is already.

    Raises: NotPermitted, NotFound, ServiceNotActive.
    """
    row = await store.lock_terminal(connection, require(caller, Permission.TERMINALS_WRITE), terminal_id)
    if row is None:
        raise NotFound
    if not row["service_active"]:
        raise ServiceNotActive
    if row["activated_at"] is not None:
        return False
    await store.set_active(connection, terminal_id, at=now)
    if row["retired_at"] is not None:
        await store.set_retired(connection, terminal_id, at=None)
    await record(connection, caller, "terminal.activated", terminal_id, {"reason": reason}, now)
    return True


async def want_reload_on(
    connection: asyncpg.pool.PoolConnectionProxy, caller: SignedIn, terminal_id: bytes, *, now: datetime
) -> None:
    """Ask that a terminal take its parameters again: it changes none of them, so it needs no more than a block does.

    Raises: NotPermitted, NotFound, TerminalRetired.
    """
    row = await store.lock_terminal(connection, require(caller, Permission.BLOCKS_WRITE), terminal_id)
    if row is None:
        raise NotFound
    if row["retired_at"] is not None:
        raise TerminalRetired
    await store.want_reload(connection, terminal_id, now)
    await record(connection, caller, "terminal.reload_wanted", terminal_id, {}, now)


async def record(
    connection: asyncpg.pool.PoolConnectionProxy,
    caller: SignedIn,
    kind: str,
    terminal_id: bytes,
    facts: dict[str, str | int | bool | None],
    now: datetime,
) -> None:
    """Append one change of a terminal to the chain; its history is read from there."""
    await record_action(
        connection,
        agent_id=caller.agent_id,
        at=now,
        kind=kind,
        target_kind="terminal",
        target_id=terminal_id,
        facts=facts,
    )
