"""The live feed."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.response import Stream

from portals.agent.transactions.filters import read_filters
from portals.kit.entrance import OPEN
from portals.kit.events import pass_events_on
from portals.kit.kit import LIVE_PATH
from portals.kit.visit import Visit


@get(LIVE_PATH, opt=OPEN)
async def live_feed(visit: Visit) -> Response[Any] | Stream:
    """Open the gateway's feed; the filters are those of the page."""
    filters = read_filters(visit.request.query_params.multi_items())
    return await pass_events_on(visit, "/v1/events", filters.live_parameters())


HANDLERS = (live_feed,)
