"""The agents' portal: its face and its pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from litestar import Litestar
from litestar.types import ASGIApp, ControllerRouterHandler

from portals.agent.accounts import page as accounts
from portals.agent.activity import page as activity
from portals.agent.agents import page as agents
from portals.agent.alerts import page as alerts
from portals.agent.approvals import page as approvals
from portals.agent.audit import page as audit
from portals.agent.blocks import page as blocks
from portals.agent.branding import page as branding
from portals.agent.companies import page as companies
from portals.agent.contracts import page as contracts
from portals.agent.exports import page as exports
from portals.agent.fees import page as fees
from portals.agent.home import page as home
from portals.agent.invitation import page as invitation
from portals.agent.journals import page as journals
from portals.agent.login import page as login
from portals.agent.looking import page as looking
from portals.agent.macros import page as macros
from portals.agent.mail import page as mail
from portals.agent.navigation import SITE
from portals.agent.notices import page as notices
from portals.agent.onboarding import page as onboarding
from portals.agent.requests import page as requests
from portals.agent.roles import page as roles
from portals.agent.search import page as search
from portals.agent.security import page as security
from portals.agent.services import page as services
from portals.agent.session import AgentSession
from portals.agent.settings import Settings
from portals.agent.stores import page as stores
from portals.agent.terminals import page as terminals
from portals.agent.to_check import page as to_check
from portals.agent.transaction import page as transaction
from portals.agent.transactions import live
from portals.agent.transactions import page as transactions
from portals.agent.views import page as views
from portals.agent.wall import page as wall
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
    site=SITE,
    unkept=("/login", "/logout", "/invitation", "/preferences", "/looking", "/notices"),
    takes_files=re.compile(r"/contracts/[A-Za-z0-9_]+/signed|/onboarding/[A-Za-z0-9_]+/attach"),
)
PAGES = (
    home,
    login,
    search,
    transactions,
    live,
    transaction,
    terminals,
    stores,
    blocks,
    invitation,
    security,
    agents,
    roles,
    audit,
    accounts,
    companies,
    onboarding,
    contracts,
    services,
    fees,
    requests,
    notices,
    mail,
    branding,
    exports,
    views,
    alerts,
    activity,
    wall,
    journals,
    approvals,
    to_check,
    macros,
    looking,
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
    return app.create_app(kit, _handlers())


def compose(kit: Kit) -> Litestar:
    """Return every route of the portal, without what goes around each request."""
    return app.compose(kit, _handlers())


def _handlers() -> list[ControllerRouterHandler]:
    return [handler for page in PAGES for handler in page.HANDLERS]
