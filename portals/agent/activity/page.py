"""Activity: volume, approval and waiting by hour, against the week before."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta

from litestar import Response, get

from portals.agent.transactions.filters import BRANDS, Filters
from portals.kit.formats import PARIS, parse_time
from portals.kit.visit import Visit

PERIODS = {"day": timedelta(hours=24), "three_days": timedelta(days=3), "week": timedelta(days=7)}
STORES_MAX = 50


@get("/activity")
async def activity_page(visit: Visit) -> Response[bytes]:
    """Show the charts and their tables; the filters are in the address."""
    query = visit.request.query_params
    period = query.get("period", "day")
    period = period if period in PERIODS else "day"
    store, brand = query.get("store", ""), query.get("brand", "")
    end = visit.now.astimezone(UTC)
    parameters = [("from", _text(end - PERIODS[period] + timedelta(hours=1))), ("to", _text(end))]
    if store.startswith("sto_"):
        parameters.append(("store", store[:40]))
    if brand in BRANDS:
        parameters.append(("brand", brand))
    activity, stores = await asyncio.gather(
        visit.gateway.get("/v1/activity", parameters),
        visit.gateway.get("/v1/stores", [("limit", str(STORES_MAX))]),
    )
    filters = Filters(store=store if store.startswith("sto_") else "", brand=brand if brand in BRANDS else "")
    start = parse_time(activity["from"])
    # A minute that has begun is counted, so the list of its rows takes all of it.
    last = end.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return visit.page(
        "activity/activity.html",
        activity=activity,
        rows_of=lambda figure, **only: f"/transactions?{filters.rows_of(start, last, figure, **only)}",
        hours=[
            (_hour(now["at"]), now, then)
            for now, then in zip(activity["hours"], activity["week_before"], strict=True)
        ],
        stores=stores["data"],
        store=store,
        chosen_brand=brand,
        brands=BRANDS,
        period=period,
        periods=list(PERIODS),
    )


def _hour(text: str) -> str:
    """Return `22/11 10:00`, Paris: a table of a week has one for each of its hours."""
    moment = parse_time(text)
    return "" if moment is None else f"{moment.astimezone(PARIS):%d/%m %H:%M}"


def _text(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


HANDLERS = (activity_page,)
