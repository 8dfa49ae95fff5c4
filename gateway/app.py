"""Composition of the HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from litestar import Litestar, Request, Response, Router, get
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme
from litestar.routes import BaseRoute
from litestar.types import ASGIApp, ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST

from core.bus import Bus
from core.contracts.operations import OPERATIONS
from gateway import problems
from gateway.auth import provide_caller
from gateway.bodies import BodyRequest
from gateway.core_client import CoreClient
from gateway.description import Description
from gateway.live.feed import LISTENERS_MAX, LiveFeed
from gateway.live.talks import Talks
from gateway.operations import IdSchemas, routes_of
from gateway.outermost import Outermost
from gateway.v1 import (
    access,
    contact,
    customers,
    documents,
    events,
    exports,
    my_orders,
    notifications,
    onboarding,
    searching,
    sessions,
    talks,
)
from gateway.v1.reading import refuse_unknown_parameters
from gateway.wellformed import WellFormed
from observability.admission import Admission, BodyCut, BodyStalled, Crowded
from observability.client_address import TrustedProxies
from observability.instruments import Exposition
from observability.metrics import make_registry

BODY_BYTES_MAX: Final = 64 * 1024
API_VERSION: Final = "2026-11-01"
_TOPICS: Final = (
    access,
    customers,
    my_orders,
    contact,
    talks,
    documents,
    notifications,
    onboarding,
    searching,
    exports,
)
NOBODY: Final = TrustedProxies(())


class _Unserved(Router):
    """Takes no route. The framework would serve the description once more, with pages that run scripts from elsewhere."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:  # noqa: ARG002 -- the shape of a router.
        """Leave the route out."""
        return []


class Parts:
    """What handlers share."""

    def __init__(self, bus: Bus | None, proxies: TrustedProxies) -> None:
        self.proxies = proxies
        self.description = Description()
        self.exposition = Exposition(make_registry())
        self.admission = Admission(
            process="gateway",
            proxies=proxies,
            live_paths=frozenset({"/v1/events", "/v1/me/chat/events", "/v1/conversation-events"}),
            live_max=LISTENERS_MAX,
            session_of=lambda headers: headers.get(b"authorization", b""),
        )
        self._bus = bus
        self._core: CoreClient | None = None
        self._feed: LiveFeed | None = None
        self.talks = Talks()

    @property
    def core(self) -> CoreClient:
        """The way to core."""
        if self._core is None:
            assert self._bus is not None
            self._core = CoreClient(self._bus)
        return self._core

    @property
    def feed(self) -> LiveFeed:
        """The live feed."""
        if self._feed is None:
            self._feed = LiveFeed(self.core)
        return self._feed

    @property
    def connected(self) -> bool:
        """Whether the bus is reached."""
        return self._bus is not None and self._bus.connected


@get("/health/live", include_in_schema=False)
async def health_live() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "live"}


@get("/health/ready", include_in_schema=False)
async def health_ready(state: State) -> Response[dict[str, Any]]:
    """Say whether requests can be served."""
    checks = {"bus": state.parts.connected}
    ready = all(checks.values())
    return Response(
        {"status": "ready" if ready else "not_ready", "checks": checks}, status_code=200 if ready else 503
    )


@get("/metrics", include_in_schema=False)
async def metrics(state: State) -> Response[bytes]:
    """Show the metrics of this process."""
    return Response(await state.parts.exposition.text(), media_type=CONTENT_TYPE_LATEST)


@get("/openapi.json", include_in_schema=False)
async def openapi_document(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """Return the OpenAPI 3.1 document."""
    return (await state.parts.description.find(request.app, "json")).answer(request)


@get("/docs", include_in_schema=False)
async def docs(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """Show the API on one page without a script and without anything from elsewhere."""
    return (await state.parts.description.find(request.app, problems.locale_of(request))).answer(request)


@get("/docs/page.css", include_in_schema=False)
async def docs_style(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """Return the page's style."""
    return (await state.parts.description.find(request.app, "css")).answer(request)


def build_app(bus: Bus | None, proxies: TrustedProxies = NOBODY) -> Litestar:
    """Return the application; without a bus only its description can be asked for."""
    parts = Parts(bus, proxies)

    @asynccontextmanager
    async def live_feed(started: Litestar) -> AsyncIterator[None]:
        # Before the first request, so that none ever waits for it.
        await parts.description.find(started, "json")
        parts.feed.start()
        parts.talks.start(parts.core.bus)
        try:
            yield
        finally:
            parts.talks.stop()
            await parts.feed.stop()

    version_1 = Router(
        "/v1",
        route_handlers=[
            sessions.log_in,
            sessions.current_session,
            sessions.log_out,
            events.events,
            *(handler for topic in _TOPICS for handler in topic.HANDLERS),
            *routes_of(OPERATIONS),
        ],
        before_request=refuse_unknown_parameters,
        dependencies={
            "caller": Provide(provide_caller, sync_to_thread=False),
            "core": Provide(lambda: parts.core, sync_to_thread=False),
            "feed": Provide(lambda: parts.feed, sync_to_thread=False),
            "talks": Provide(lambda: parts.talks, sync_to_thread=False),
        },
        security=[{"bearer": []}],
    )
    return Litestar(
        [version_1, health_live, health_ready, metrics, openapi_document, docs, docs_style],
        state=State({"parts": parts}),
        lifespan=[live_feed] if bus is not None else [],
        middleware=[parts.admission.around],  # pyright: ignore[reportArgumentType]
        exception_handlers={
            problems.Problem: problems.on_problem,
            Crowded: problems.on_crowded,
            BodyStalled: problems.on_body_stalled,
            BodyCut: problems.on_body_cut,
            HTTPException: problems.on_http_exception,
            Exception: problems.on_exception,
        },
        request_class=BodyRequest,
        plugins=[IdSchemas()],
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        response_cache_config=ResponseCacheConfig(),
        openapi_config=OpenAPIConfig(
            title="Guichet",
            version=API_VERSION,
            description="What agents see and do: transactions, the live feed, blocks, the directory. And what customers see of themselves.",
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")},
            ),
            openapi_router=_Unserved("/schema", route_handlers=[]),
            use_handler_docstrings=True,
            render_plugins=[],
        ),
    )


def serve(bus: Bus, proxies: TrustedProxies) -> ASGIApp:
    """Return what the server runs."""
    return Outermost(WellFormed(build_app(bus, proxies)))  # pyright: ignore[reportReturnType]
