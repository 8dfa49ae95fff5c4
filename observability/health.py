"""Health and metrics pages: `/health/live`, `/health/ready`, `/metrics`.

pages = await HealthPages.start(port=…, ready=lambda: {"bus": bus.connected})
await pages.close()
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from observability.instruments import Exposition
from observability.metrics import make_registry
from observability.small_http import Request, Response, serve

HEAD_BYTES_MAX: Final = 4096


class HealthPages:
    """The listening socket. `port` is the one that was bound, also when 0 was asked for."""

    def __init__(self, ready: Callable[[], Mapping[str, bool]], registry: CollectorRegistry) -> None:
        self._ready = ready
        self._exposition = Exposition(registry)
        self._server: asyncio.Server | None = None
        self.port = 0

    @classmethod
    async def start(
        cls,
        *,
        port: int,
        ready: Callable[[], Mapping[str, bool]],
        host: str = "127.0.0.1",
        registry: CollectorRegistry | None = None,
    ) -> "HealthPages":
        """Listen. `ready` names the conditions of being useful; all true is 200, else 503 with the list.

        Raises: OSError when the port is taken.
        """
        pages = cls(ready, registry or make_registry())
        pages._server = await serve(pages.answer, host=host, port=port, head_bytes_max=HEAD_BYTES_MAX)
        pages.port = pages._server.sockets[0].getsockname()[1]
        return pages

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def answer(self, request: Request) -> Response:
        """Return the page that was asked for."""
        if request.method not in {"GET", "HEAD"}:
            return Response(405, {"error": "method_not_allowed"})
        match request.path:
            case "/health/live":
                return Response(200, {"status": "live"})
            case "/health/ready":
                checks = dict(self._ready())
                is_ready = all(checks.values())
                body = {"status": "ready" if is_ready else "not_ready", "checks": checks}
                return Response(200 if is_ready else 503, body)
            case "/metrics":
                return Response(200, await self._exposition.text(), CONTENT_TYPE_LATEST)
            case _:
                return Response(404, {"error": "not_found"})
