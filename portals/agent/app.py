"""Composition of the agents' portal: pages, health, errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.types import ASGIApp, Scope

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
from portals.agent.errors import HANDLERS, leave_card_numbers
from portals.agent.exports import page as exports
from portals.agent.fees import page as fees
from portals.agent.home import page as home
from portals.agent.invitation import page as invitation
from portals.agent.journals import page as journals
from portals.agent.login import page as login
from portals.agent.looking import page as looking
from portals.agent.macros import page as macros
from portals.agent.mail import page as mail
from portals.agent.notices import page as notices
from portals.agent.onboarding import page as onboarding
from portals.agent.preferences import page as preferences
from portals.agent.requests import page as requests
from portals.agent.roles import page as roles
from portals.agent.search import page as search
from portals.agent.security import page as security
from portals.agent.services import page as services
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
from portals.kit.desk import Desk
from portals.kit.entrance import OPEN, needs_session
from portals.kit.gateway import Gateway
from portals.kit.guard import BODY_BYTES_MAX, guarded
from portals.kit.keeping import keeping
from portals.kit.kit import Kit
from portals.kit.sealing import Sealer, load_or_make_secret
from portals.kit.static import Assets, serve_static

PAGES = (
    home,
    login,
    preferences,
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
        name="agent",
        institution=settings.institution,
        template_folders=[Path(__file__).parent],
        assets=Assets(DIST),
        sealer=Sealer(load_or_make_secret(settings.secret_file)),
        gateway=Gateway(settings.gateway_url),
        cookies_are_secure=settings.cookies_are_secure,
        proxies=settings.proxies,
    )


def create_app(kit: Kit) -> ASGIApp:
    """Return the portal as an ASGI application."""

    def too_large(scope: Scope) -> bytes:
        return kit.crowded_page(Desk(Request(scope), kit).locale, "too_large")

    return guarded(keeping(compose(kit), kit), kit.metrics, too_large=too_large)


def compose(kit: Kit) -> Litestar:
    """Return every route of the portal, without what goes around each request."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        yield
        await kit.gateway.close()

    return Litestar(
        [
            serve_static,
            live_health,
            ready_health,
            metrics,
            *(handler for page in PAGES for handler in page.HANDLERS),
        ],
        dependencies={"desk": Provide(provide_desk)},
        guards=[leave_card_numbers, needs_session],
        exception_handlers=HANDLERS,
        state=State({"kit": kit, "assets": kit.assets}),
        lifespan=[lifespan],
        middleware=[kit.admission.around],  # pyright: ignore[reportArgumentType]
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )


async def provide_desk(request: Request[Any, Any, Any], state: State) -> Desk:
    """Return the context of one request, in the face of the host that it asked for."""
    await state.kit.brands.refresh(request.headers.get("host", ""))
    return Desk(request, state.kit)


@get("/health/live", include_in_schema=False, media_type=MediaType.TEXT, opt=OPEN)
async def live_health() -> str:
    """Say that the process answers."""
    return "live\n"


@get("/health/ready", include_in_schema=False, opt=OPEN)
async def ready_health(state: State) -> Response[str]:
    """Say whether the gateway behind is ready too."""
    kit: Kit = state.kit
    ready = await kit.gateway.is_ready()
    return Response(
        "ready\n" if ready else "gateway not ready\n",
        status_code=200 if ready else 503,
        media_type=MediaType.TEXT,
    )


@get("/metrics", include_in_schema=False, opt=OPEN)
async def metrics(state: State) -> Response[bytes]:
    """Return the portal's metrics for Prometheus."""
    kit: Kit = state.kit
    return Response(await kit.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
