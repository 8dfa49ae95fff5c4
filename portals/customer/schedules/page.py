"""Schedules: one of them, all under way, those that have ended, and on paper."""

from __future__ import annotations

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from portals.customer.schedules import settling
from portals.customer.schedules.listing import schedules_of
from portals.kit.files import show_file
from portals.kit.records import path_part
from portals.kit.visit import Visit


@get("/schedules")
async def current(visit: Visit) -> Response[bytes]:
    """Show the schedules under way, page by page."""
    return visit.page("schedules/list.html", shown="current", page=await schedules_of(visit, "current"))


@get("/schedules/ended")
async def ended(visit: Visit) -> Response[bytes]:
    """Show the schedules that have ended, page by page."""
    return visit.page("schedules/list.html", shown="ended", page=await schedules_of(visit, "ended"))


@get("/schedules/{order_id:str}")
async def schedule(visit: Visit, order_id: str) -> Response[bytes]:
    """Show one schedule and what has changed it."""
    order = await visit.gateway.get(f"/v1/me/orders/{path_part(order_id)}")
    return visit.page("schedules/schedule.html", order=order)


@get("/schedules/{order_id:str}/paper")
async def paper(visit: Visit, order_id: str) -> Response[bytes]:
    """Give the schedule as a PDF."""
    return await show_file(visit, f"/v1/me/orders/{path_part(order_id)}/paper")


HANDLERS: tuple[ControllerRouterHandler, ...] = (current, ended, schedule, paper, *settling.HANDLERS)
