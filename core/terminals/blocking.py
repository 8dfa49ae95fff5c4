"""Ending a block within somebody's transaction: alone, or as a step of a sequence."""

from datetime import datetime

import asyncpg

from core.contracts.blocks import Block
from core.contracts.refusals import NotFound
from core.contracts.states import BlockTarget
from core.identity.api import EVERYTHING, Permission, SignedIn, find_doer, record_action, require
from core.terminals import store
from core.terminals.errors import AlreadyLifted
from core.values.ids import decode_id, encode_id


async def lift_on(
    connection: asyncpg.pool.PoolConnectionProxy,
    caller: SignedIn,
    block_id: bytes,
    *,
    reason: str,
    now: datetime,
) -> Block:
    """End a block and return it. Raises: NotPermitted, NotFound, AlreadyLifted."""
    scope = require(caller, Permission.BLOCKS_WRITE)
    standing = await store.list_blocks(connection, scope, block_id=block_id)
    if not standing:
        raise NotFound
    kind = BlockTarget[standing[0].target.kind.upper()]
    target_id = decode_id(standing[0].target.kind, standing[0].target.id)
    # The target first, as when blocking: both ways lock in one order.
    if not await store.lock_target(connection, scope, kind, target_id):
        raise NotFound
    row = await store.lock_block(connection, block_id)
    if row is None or row["lifted_at"] is not None:
        raise AlreadyLifted(await find_doer(connection, target_id, "block.lifted"))
    await store.lift_block(connection, block_id=block_id, agent_id=caller.agent_id, reason=reason, now=now)
    await store.echo_block(connection, kind, target_id, None)
    await record_action(
        connection,
        agent_id=caller.agent_id,
        at=now,
        kind="block.lifted",
        target_kind=store.target_name(kind),
        target_id=target_id,
        facts={"block": encode_id("block", block_id), "reason": reason},
    )
    (block,) = await store.list_blocks(connection, EVERYTHING, block_id=block_id)
    return block
