"""Composition of the agents' portal: pages, health, errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.types import ASGIApp, ControllerRouterHandler, Scope

from portals.agent.errors import HANDLERS, leave_card_numbers
from portals.agent.pages import PAGES
from portals.agent.settings import Settings
from portals.assets.build import DIST
from portals.kit.desk import Desk
from portals.kit.gateway import Gateway
from portals.kit.guard import BODY_BYTES_MAX, guarded
from portals.kit.keeping import keeping
from portals.kit.kit import Kit
from portals.kit.sealing import Sealer, load_or_make_secret
from portals.kit.static import Assets, serve_static

PAGE_HANDLERS: Final[tuple[ControllerRouterHandler, ...]] = tuple(
    handler for page in PAGES for handler in import_module(f"portals.agent.{page.key}.page").HANDLERS
)


def make_kit(settings: Settings) -> Kit:
    """Return what lives as long as the portal.

    Raises: AssetsMissing, SecretUnusable.
    """
    return Kit(
        name="agent",
        institution=settings.institution,
        template_folders=[Path(__file__).parent],
        pages=PAGES,
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
            *PAGE_HANDLERS,
        ],
        dependencies={"desk": Provide(provide_desk)},
        before_request=leave_card_numbers,
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


@get("/health/live", include_in_schema=False, media_type=MediaType.TEXT)
async def live_health() -> str:
    """Say that the process answers."""
    return "live\n"


@get("/health/ready", include_in_schema=False)
async def ready_health(state: State) -> Response[str]:
    """Say whether the gateway behind is ready too."""
    kit: Kit = state.kit
    ready = await kit.gateway.is_ready()
    return Response(
        "ready\n" if ready else "gateway not ready\n",
        status_code=200 if ready else 503,
        media_type=MediaType.TEXT,
    )


@get("/metrics", include_in_schema=False)
async def metrics(state: State) -> Response[bytes]:
    """Return the portal's metrics for Prometheus."""
    kit: Kit = state.kit
    return Response(await kit.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
