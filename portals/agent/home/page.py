"""Home: do payments pass, what stands blocked, why payments are refused."""

from __future__ import annotations

import asyncio

from litestar import Response, get

from portals.agent.transactions.page import load_counters
from portals.kit.desk import Desk

PROBLEM_ROWS = 8
BLOCK_ROWS = 8


@get("/")
async def home_page(desk: Desk) -> Response[bytes]:
    """Show the last minutes in figures and what may need someone."""
    desk.require_session()
    counters, blocks, problems = await asyncio.gather(
        load_counters(desk),
        desk.gateway.get("/v1/blocks", [("standing", "true")]),
        desk.gateway.get("/v1/transactions", [("state", "unknown"), ("limit", str(PROBLEM_ROWS))]),
    )
    return desk.page(
        "home/home.html",
        counters=counters,
        blocks=blocks["data"][:BLOCK_ROWS],
        blocks_count=len(blocks["data"]),
        problems=problems["data"],
    )


HANDLERS = (home_page,)
