"""Stores, terminals, blocks."""

from functools import partial

import asyncpg
import msgspec

from core.contracts import directory as ask
from core.contracts.estate import ONE
from core.contracts.merchants import StoreRecord
from core.contracts.refusals import NotFound
from core.identity.api import Permission, SignedIn
from core.merchants.api import account_ref_of, find_store_made, read_store, search_stores
from core.roles.doors.door import Doors, Parts, served
from core.terminals.api import TerminalHandlers
from core.transactions.desk.directory import store_detail


def doors(parts: Parts) -> Doors:
    """Return the subjects of the directory."""
    terminals = TerminalHandlers(parts.pool, parts.clock)
    return served(
        (ask.STORES, partial(search_stores, parts.pool)),
        (ask.STORE, partial(_store, parts.pool, terminals)),
        (ONE, terminals.terminal),
        (ask.BLOCKS, terminals.blocks),
        (ask.BLOCK, terminals.block),
        (ask.LIFT, terminals.lift),
    )


async def _store(
    pool: asyncpg.Pool, terminals: TerminalHandlers, caller: SignedIn, request: ask.OneStore
) -> StoreRecord:
    """Return a store with what stands in it and what is written of it. Raises: NotFound."""
    detail = await store_detail(pool, terminals, caller, request)
    scope = caller.scope_of(Permission.DIRECTORY_READ)
    async with pool.acquire() as connection:
        made = await read_store(connection, scope, request.id)
        row = await find_store_made(connection, scope, request.id)
    if row is None:
        raise NotFound
    return StoreRecord(
        **{name: getattr(detail, name) for name in msgspec.structs.asdict(detail)},
        opening=made.opening,
        time_zone=made.time_zone,
        revision=made.revision,
        changed_at=made.changed_at,
        account=account_ref_of(row),
        contacts=made.contacts,
    )
