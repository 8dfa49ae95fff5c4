"""The first connection, with the address of an order."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.customer.asking import ask, ask_page
from portals.kit.entrance import OPEN
from portals.kit.visit import Visit

KIND = "first_connection"


@get("/first-connection", opt=OPEN)
async def form(visit: Visit) -> Response[bytes]:
    """Ask for the address."""
    return ask_page(visit, KIND)


@post("/first-connection", status_code=200, opt=OPEN)
async def send(visit: Visit) -> Response[bytes]:
    """Have a link sent to it."""
    return await ask(visit, KIND)


HANDLERS: tuple[ControllerRouterHandler, ...] = (form, send)
