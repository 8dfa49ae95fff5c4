"""A password that was forgotten is chosen again."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.customer.asking import ask, ask_page
from portals.kit.entrance import OPEN
from portals.kit.visit import Visit

KIND = "forgotten_password"


@get("/forgotten-password", opt=OPEN)
async def form(visit: Visit) -> Response[bytes]:
    """Ask for the address."""
    return ask_page(visit, KIND)


@post("/forgotten-password", status_code=200, opt=OPEN)
async def send(visit: Visit) -> Response[bytes]:
    """Have a link sent to it."""
    return await ask(visit, KIND)


HANDLERS: tuple[ControllerRouterHandler, ...] = (form, send)
