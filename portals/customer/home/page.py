"""Home: what needs the customer now in one sentence, then the schedules under way."""

from __future__ import annotations

import asyncio

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from portals.customer.schedules.listing import schedules_of
from portals.kit.visit import Visit


@get("/")
async def home(visit: Visit) -> Response[bytes]:
    """Show what needs the customer now."""
    summary, page = await asyncio.gather(
        visit.gateway.get("/v1/me/summary"), schedules_of(visit, "current", rows=5)
    )
    return visit.page("home/home.html", summary=summary, page=page)


HANDLERS: tuple[ControllerRouterHandler, ...] = (home,)
