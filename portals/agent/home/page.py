"""Home: what needs the agent now, then, for those who watch payments, whether they pass."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get

from portals.agent.transactions.filters import Filters
from portals.agent.transactions.page import load_counters
from portals.kit.gateway import Json
from portals.kit.visit import Visit

PROBLEM_ROWS = 8
BLOCK_ROWS = 8
WHOLE = (
    "approvals",
    "alerts",
    "silent_terminals",
    "onboardings",
    "contracts",
    "installations",
    "fee_approvals",
)
"""The sections whose rows `?section=` shows in full."""


@get("/")
async def home_page(visit: Visit) -> Response[bytes]:
    """Show what waits for this agent, each section by their rights."""
    only = visit.request.query_params.get("section", "")
    if only in WHOLE:
        home = await visit.gateway.get("/v1/home", [("section", only)])
        return visit.page("home/home.html", sections=home["sections"], watches=False, only=only)
    watches = visit.may("transactions.read")
    unknown, unanswered = Filters(state=("unknown",), period="7d"), Filters(figure="unknown", period="7d")
    home, counters, problems, without_answer, blocks = await asyncio.gather(
        visit.gateway.get("/v1/home"),
        load_counters(visit, Filters()) if watches else _nothing(),
        visit.gateway.get(
            "/v1/transactions",
            [*unknown.list_parameters(now=visit.now, limit=PROBLEM_ROWS)],
        )
        if watches
        else _nothing(),
        # Those that were reversed had no answer either, which the figure above counts.
        visit.gateway.get("/v1/transactions", [*unanswered.list_parameters(now=visit.now, limit=1)])
        if watches
        else _nothing(),
        visit.gateway.get("/v1/blocks", [("standing", "true")])
        if watches and visit.may("directory.read")
        else _nothing(),
    )
    sections: list[Json] = home["sections"]
    return visit.page(
        "home/home.html",
        sections=[one for one in sections if one["count"] or one["code"] == "mine_requests"],
        watches=watches,
        counters=counters,
        reads_blocks=blocks is not None,
        blocks=blocks["data"][:BLOCK_ROWS] if blocks else [],
        more_blocks=bool(blocks and blocks.get("next_cursor")),
        blocks_count=len(blocks["data"]) if blocks else 0,
        filters=Filters(),
        unknown_rows=f"/transactions?{unknown.query()}",
        unanswered_rows=f"/transactions?{unanswered.query()}"
        if without_answer and without_answer["data"]
        else "",
        problems=problems["data"] if problems else [],
    )


async def _nothing() -> Any:
    return None


HANDLERS = (home_page,)
