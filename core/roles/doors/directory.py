"""Stores, terminals, blocks."""

import asyncpg
import msgspec

from core.contracts import desk_requests as ask
from core.contracts.merchants import StoreRecord
from core.contracts.refusals import NotFound
from core.identity.api import Permission, SignedIn, require
from core.merchants.api import account_ref_of, find_store_made, read_store, search_stores
from core.roles.doors.door import Door, Doors, Parts
from core.terminals.api import TerminalHandlers
from core.transactions.desk.directory import store_detail


def doors(parts: Parts) -> Doors:
    """Return the subjects of the directory."""
    pool = parts.pool
    terminals = TerminalHandlers(pool, parts.clock)
    return {
        ask.STORES: Door(ask.Search, True, lambda who, body, _locale: search_stores(pool, who, body)),
        ask.STORE: Door(ask.ById, True, lambda who, body, _locale: _store(pool, terminals, who, body)),
        ask.TERMINALS: Door(ask.Search, True, lambda who, body, _locale: terminals.terminals(who, body)),
        ask.TERMINAL: Door(ask.ById, True, lambda who, body, _locale: terminals.terminal(who, body)),
        ask.BLOCKS: Door(ask.ListBlocks, True, lambda who, body, _locale: terminals.blocks(who, body)),
        ask.BLOCK: Door(ask.MakeBlock, True, lambda who, body, _locale: terminals.block(who, body)),
        ask.LIFT: Door(ask.LiftBlock, True, lambda who, body, _locale: terminals.lift(who, body)),
    }


async def _store(
    pool: asyncpg.Pool, terminals: TerminalHandlers, caller: SignedIn, request: ask.ById
) -> StoreRecord:
    """Return a store with what stands in it and what is written of it. Raises: NotPermitted, NotFound."""
    detail = await store_detail(pool, terminals, caller, request)
    scope = require(caller, Permission.DIRECTORY_READ)
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
