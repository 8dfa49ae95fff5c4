"""Who may come in: every page is for those who are logged in, unless its handler says that it is open; a form, for who may send it."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from portals.kit.gateway import GatewayProblem
from portals.kit.visit import Visit

OPEN: Final = {"open": True}
"""`opt` of a handler that anybody may ask: files of the pages, health, the way in, and scripts that ask whether it ended."""


def needs_right(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Open a form only to who may send it: whoever else fills it in would be refused at the end.

    Raises: GatewayProblem, in the words of any refusal.
    """
    visitor = Visit(Request(connection.scope), connection.app.state.kit).visitor
    if handler.opt.get("open") or connection.scope.get("method") != "GET" or visitor is None:
        return
    address = f"{connection.url.path}?{connection.url.query}"
    if not connection.app.state.kit.face.pages.may_send(visitor.permissions, address):
        raise GatewayProblem(403, {"code": "not_permitted"})


def needs_session(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let through who is logged in. Raises: SessionNeeded, FactorNeeded."""
    if not handler.opt.get("open"):
        _ = Visit(Request(connection.scope), connection.app.state.kit).session
