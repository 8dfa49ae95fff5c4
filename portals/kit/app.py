"""Composition of a portal, whichever face it has: its pages, what every face has, health, errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.types import ASGIApp, ControllerRouterHandler, Scope

from observability.small_http import TEXT
from portals.kit import brand_files, preferences
from portals.kit.entrance import OPEN, needs_right, needs_session
from portals.kit.errors import HANDLERS, leave_card_numbers
from portals.kit.guard import BODY_BYTES_MAX, guarded
from portals.kit.kept_forms import keeping_forms
from portals.kit.kit import Kit
from portals.kit.static import serve_static
from portals.kit.visit import Visit


def create_app(kit: Kit, pages: Sequence[ControllerRouterHandler]) -> ASGIApp:
    """Return a portal as an ASGI application."""

    def too_large(scope: Scope) -> bytes:
        return kit.crowded_page(Visit(Request(scope), kit).locale, "too_large")

    around = keeping_forms(compose(kit, pages), kit)
    return guarded(
        around,
        kit.metrics,
        takes_files=kit.face.takes_files,
        too_large=too_large,
        is_https=kit.cookies_are_secure,
    )


def compose(kit: Kit, pages: Sequence[ControllerRouterHandler]) -> Litestar:
    """Return every route of a portal, without what goes around each request."""

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
            *brand_files.HANDLERS,
            *preferences.HANDLERS,
            *pages,
        ],
        dependencies={"visit": Provide(provide_visit)},
        guards=[leave_card_numbers, needs_session, needs_right],
        exception_handlers=HANDLERS,
        state=State({"kit": kit, "assets": kit.assets}),
        lifespan=[lifespan],
        middleware=[kit.admission.around],  # pyright: ignore[reportArgumentType]
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )


async def provide_visit(request: Request[Any, Any, Any], state: State) -> Visit:
    """Return the context of one request, in the face of the host that it asked for."""
    await state.kit.brands.refresh(request.headers.get("host", ""))
    return Visit(request, state.kit)


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
    return Response(await kit.metrics.exposition(), media_type=TEXT)
