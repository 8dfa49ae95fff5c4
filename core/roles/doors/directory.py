"""Stores, terminals, blocks."""

from core.contracts import desk_requests as ask
from core.merchants.api import search_stores
from core.roles.doors.door import Door, Doors, Parts
from core.terminals.api import TerminalHandlers
from core.transactions.desk.directory import store_detail


def doors(parts: Parts) -> Doors:
    """Return the subjects of the directory."""
    pool = parts.pool
    terminals = TerminalHandlers(pool, parts.clock)
    return {
        ask.STORES: Door(ask.Search, True, lambda who, body, _locale: search_stores(pool, who, body)),
        ask.STORE: Door(ask.ById, True, lambda who, body, _locale: store_detail(pool, terminals, who, body)),
        ask.TERMINALS: Door(ask.Search, True, lambda who, body, _locale: terminals.terminals(who, body)),
        ask.TERMINAL: Door(ask.ById, True, lambda who, body, _locale: terminals.terminal(who, body)),
        ask.BLOCKS: Door(ask.ListBlocks, True, lambda who, body, _locale: terminals.blocks(who, body)),
        ask.BLOCK: Door(ask.MakeBlock, True, lambda who, body, _locale: terminals.block(who, body)),
        ask.LIFT: Door(ask.LiftBlock, True, lambda who, body, _locale: terminals.lift(who, body)),
    }
