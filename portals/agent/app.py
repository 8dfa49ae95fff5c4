"""The agents' portal: its face and its pages."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Final

from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp

from portals.agent.pages import PAGES
from portals.agent.session import AgentSession
from portals.agent.settings import Settings
from portals.assets.build import DIST
from portals.kit import app
from portals.kit.face import Face
from portals.kit.gateway import Gateway
from portals.kit.kit import Kit
from portals.kit.sealing import Sealer, load_or_make_secret
from portals.kit.static import Assets

FACE: Final = Face(
    name="agent",
    templates=Path(__file__).parent,
    frame="desk.html",
    style="desk.css",
    script="desk.js",
    session=AgentSession,
    pages=PAGES,
    unkept=("/login", "/logout", "/invitation", "/preferences", "/onlookers", "/notices"),
    takes_files=re.compile(r"/contracts/[A-Za-z0-9_]+/signed|/onboarding/[A-Za-z0-9_]+/attach"),
)
PAGE_HANDLERS: Final[tuple[BaseRouteHandler, ...]] = tuple(
    handler for page in PAGES for handler in import_module(f"portals.agent.{page.key}.page").HANDLERS
)


def make_kit(settings: Settings) -> Kit:
    """Return what lives as long as the portal.

    Raises: AssetsMissing, SecretUnusable.
    """
    return Kit(
        face=FACE,
        institution=settings.institution,
        assets=Assets(DIST),
        sealer=Sealer(load_or_make_secret(settings.secret_file)),
        gateway=Gateway(settings.gateway_url),
        cookies_are_secure=settings.cookies_are_secure,
        proxies=settings.proxies,
    )


def create_app(kit: Kit) -> ASGIApp:
    """Return the portal as an ASGI application."""
    return app.create_app(kit, PAGE_HANDLERS)


def compose(kit: Kit) -> Litestar:
    """Return every route of the portal, without what goes around each request."""
    return app.compose(kit, PAGE_HANDLERS)
