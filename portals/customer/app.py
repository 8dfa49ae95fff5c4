"""The customers' space: its face and its pages."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

from litestar.handlers import BaseRouteHandler

from portals.customer.pages import PAGES
from portals.customer.session import CustomerSession, session_of
from portals.kit.face import Face, Ways

FACE: Final = Face(
    name="space",
    process="space",
    templates=Path(__file__).parent,
    frame="space.html",
    style="space.css",
    script="space.js",
    swaps=False,
    session=CustomerSession,
    pages=PAGES,
    ways=Ways(
        sessions="/v1/customers/sessions",
        session="/v1/me",
        log_out="/v1/me/session",
        own="/v1/me/access",
        session_of=session_of,
        needs_factor=False,
        always_known=False,
    ),
    unkept=(
        "/login",
        "/logout",
        "/preferences",
        "/first-connection",
        "/forgotten-password",
        "/link",
        "/emails",
    ),
)
PAGE_HANDLERS: Final[tuple[BaseRouteHandler, ...]] = tuple(
    handler for page in PAGES for handler in import_module(f"portals.customer.{page.key}.page").HANDLERS
)
