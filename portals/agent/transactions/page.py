"""The list of transactions: live by default, the past when a period or an identifier is chosen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Response, get

from portals.agent.transaction.record import load_record
from portals.agent.transactions import live
from portals.agent.transactions.filters import (
    COLUMNS,
    PERIODS,
    Filters,
    read_filters,
)
from portals.agent.views.loading import address_of, load_views
from portals.kit.formats import parse_time
from portals.kit.gateway import GatewayDown, GatewayProblem, Json
from portals.kit.lists import read_page
from portals.kit.pills import TRANSACTION
from portals.kit.visit import Visit
from portals.kit.vocabulary import CARD_BRANDS, FIGURES

# A page stays under 60 KiB of HTML, with or without a record beside the list.
PAGE_ROWS = 36
PAGE_ROWS_BESIDE_RECORD = 25
RECENT_ROWS = 100
COUNTER_MINUTES = 15
STORES_MAX = 50
_TO_THE_MINUTE = len("2026-11-22T10:15")


@get("/transactions")
async def transactions_page(visit: Visit) -> Response[bytes]:
    """Show the list; `?open=` shows a transaction beside it."""
    filters = _filters(visit)
    views = await load_views(visit, "transactions")
    default = next((view for view in views if view["default"]), None)
    if default is not None and not visit.request.url.query:
        return visit.go(address_of(default, filters))
    opened = visit.request.query_params.get("open", "")
    limit = PAGE_ROWS_BESIDE_RECORD if opened else PAGE_ROWS
    (listed, restarted), stores, counters, record = await asyncio.gather(
        read_page(
            visit,
            "/v1/transactions",
            filters.first_page.list_parameters(now=visit.now, limit=limit),
            filters.cursor,
        ),
        visit.gateway.get("/v1/stores", [("limit", str(STORES_MAX))]),
        load_counters(visit, filters),
        load_record(visit, opened) if opened.startswith("txn_") else asyncio.sleep(0, None),
    )
    return visit.page(
        "transactions/transactions.html",
        filters=filters.first_page if restarted else filters,
        restarted=restarted,
        transactions=listed["data"],
        next_cursor=listed.get("next_cursor"),
        stores=stores["data"],
        counters=counters,
        record=record,
        views=[(view, address_of(view, filters)) for view in views],
        columns=COLUMNS,
        states=list(TRANSACTION),
        brands=CARD_BRANDS,
        periods=PERIODS,
        figure_names=FIGURES,
        reasons=sorted(visit.words.under("reason").items(), key=lambda pair: pair[1].casefold()),
    )


@get("/transactions/recent")
async def recent(visit: Visit) -> Response[Any]:
    """Give live.js the newest transactions again, to close a gap in the feed."""
    listed = await visit.gateway.get(
        "/v1/transactions", _filters(visit).list_parameters(now=visit.now, limit=RECENT_ROWS)
    )
    return visit.json(listed)


@get("/counters")
async def counters_part(visit: Visit) -> Response[bytes]:
    """Give live.js the counters as a part of the page; the filters are those of the page."""
    filters = _filters(visit)
    return visit.page(
        "transactions/counters.html", counters=await load_counters(visit, filters), filters=filters
    )


async def load_counters(visit: Visit, filters: Filters) -> Json | None:
    """Return what the filters leave in figures, or None: a list without its counters is still a list."""
    try:
        counters = await visit.gateway.get(
            "/v1/counters", filters.figure_parameters(now=visit.now, minutes=COUNTER_MINUTES)
        )
    except GatewayDown:
        return None
    except GatewayProblem as problem:
        if problem.status == 401:
            raise
        return None
    start, end = parse_time(counters["from"]), parse_time(counters["to"]) or visit.now

    def rows(figure: str, **changes: str) -> str:
        return f"/transactions?{filters.rows_of(start, end, filters.figure or figure, **changes)}"

    live = filters.is_live_period
    return {
        **counters,
        "live_minutes": COUNTER_MINUTES if live else 0,
        "by_minute": every_minute(counters, now=visit.now) if live else [],
        "rows": rows,
    }


def every_minute(counters: Json, *, now: datetime) -> list[Json]:
    """Return one row a minute, oldest first: the gateway leaves out the minutes in which nothing happened."""
    known = {str(row["minute"])[:_TO_THE_MINUTE]: row for row in counters["by_minute"]}
    latest = now.astimezone(UTC).replace(second=0, microsecond=0)
    rows = []
    for back in range(COUNTER_MINUTES - 1, -1, -1):
        minute = (latest - timedelta(minutes=back)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        nothing = {"minute": minute, "approved": 0, "declined": 0, "unknown": 0, "money": []}
        rows.append(known.get(minute[:_TO_THE_MINUTE], nothing))
    return rows


def _filters(visit: Visit) -> Filters:
    return read_filters(visit.request.query_params.multi_items())


HANDLERS = (transactions_page, recent, counters_part, *live.HANDLERS)
