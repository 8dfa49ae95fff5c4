"""The agents' portal: its face and its pages."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Final

from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp

from portals.agent.login.sign_on import provider_offered
from portals.agent.pages import PAGES
from portals.agent.security.renewal import renew_session
from portals.agent.session import AgentSession, session_of
from portals.kit import app, process
from portals.kit.face import Face, Ways
from portals.kit.kit import Kit
from portals.kit.settings import Settings

FACE: Final = Face(
    name="agent",
    process="portal",
    templates=Path(__file__).parent,
    frame="desk.html",
    style="desk.css",
    script="desk.js",
    swaps=True,
    session=AgentSession,
    pages=PAGES,
    ways=Ways(
        sessions="/v1/sessions",
        session="/v1/sessions/current",
        log_out="/v1/sessions/current",
        own="/v1/access",
        session_of=session_of,
        login_facts=provider_offered,
        renew=renew_session,
    ),
    unkept=("/login", "/logout", "/invitation", "/preferences", "/onlookers", "/notices"),
    takes_files=re.compile(r"/contracts/[A-Za-z0-9_]+/signed|/onboarding/[A-Za-z0-9_]+/attach"),
)
PAGE_HANDLERS: Final[tuple[BaseRouteHandler, ...]] = tuple(
    handler for page in PAGES for handler in import_module(f"portals.agent.{page.key}.page").HANDLERS
)


def make_kit(settings: Settings) -> Kit:
    """Return what lives as long as the portal. Raises: AssetsMissing, SecretUnusable."""
    return process.make_kit(settings, FACE)


def create_app(kit: Kit) -> ASGIApp:
    """Return the portal as an ASGI application."""
    return app.create_app(kit, PAGE_HANDLERS)


def compose(kit: Kit) -> Litestar:
    """Return every route of the portal, without what goes around each request."""
    return app.compose(kit, PAGE_HANDLERS)
