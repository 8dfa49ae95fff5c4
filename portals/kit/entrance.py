"""Who may come in: every page is for those who are logged in, unless its handler says that it is open."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from portals.kit.visit import Visit

OPEN: Final = {"open": True}
"""`opt` of a handler that anybody may ask: files of the pages, health, the way in, and scripts that ask whether it ended."""


def needs_session(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let through who is logged in. Raises: SessionNeeded, FactorNeeded."""
    if not handler.opt.get("open"):
        _ = Visit(Request(connection.scope), connection.app.state.kit).session
