"""Health and metrics pages: `/health/live`, `/health/ready`, `/metrics`. A tiny HTTP/1.1 server, GET only.

pages = await HealthPages.start(port=…, ready=lambda: {"bus": bus.connected})
await pages.close()
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, cast

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from observability.hot import Exposition
from observability.metrics import make_registry

REQUEST_BYTES_MAX: Final = 4096
REQUEST_DEADLINE_S: Final = 5.0
CONNECTIONS_MAX: Final = 32

_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


class HealthPages:
    """The listening socket. `port` is the one that was bound, also when 0 was asked for."""

    def __init__(self, ready: Callable[[], Mapping[str, bool]], registry: CollectorRegistry) -> None:
        self._ready = ready
        self._exposition = Exposition(registry)
        self._server: asyncio.Server | None = None
        self.connections = 0
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
        loop = asyncio.get_running_loop()
        pages._server = await loop.create_server(lambda: _Page(pages), host, port)
        pages.port = pages._server.sockets[0].getsockname()[1]
        return pages

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        if method not in {"GET", "HEAD"}:
            return 405, "application/json", b'{"error":"method_not_allowed"}'
        match path.partition("?")[0]:
            case "/health/live":
                return 200, "application/json", b'{"status":"live"}'
            case "/health/ready":
                checks = dict(self._ready())
                status = 200 if all(checks.values()) else 503
                body = {"status": "ready" if status == 200 else "not_ready", "checks": checks}
                return status, "application/json", orjson.dumps(body)
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, await self._exposition.text()
            case _:
                return 404, "application/json", b'{"error":"not_found"}'


class _Page(asyncio.Protocol):
    __slots__ = ("_answering", "_data", "_pages", "_timer", "_transport")

    def __init__(self, pages: HealthPages) -> None:
        self._pages = pages
        self._data = b""
        self._answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance, but by shape.
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(REQUEST_DEADLINE_S, transport.abort)
        self._pages.connections += 1
        if self._pages.connections > CONNECTIONS_MAX:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio passes it.
        self._pages.connections -= 1
        self._timer.cancel()
        if self._answering is not None:
            self._answering.cancel()

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing() or self._answering is not None:
            return
        self._data += data
        if len(self._data) > REQUEST_BYTES_MAX:
            self._transport.abort()
        elif b"\r\n\r\n" in self._data:
            self._answering = asyncio.get_running_loop().create_task(self._answer())

    async def _answer(self) -> None:
        parts = self._data.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        method = parts[0]
        if len(parts) == 3 and parts[2].startswith("HTTP/1."):
            status, kind, body = await self._pages.answer(method, parts[1])
        else:
            status, kind, body = 400, "application/json", b'{"error":"bad_request"}'
        if self._transport.is_closing():
            return
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        self._transport.write(head.encode() + (b"" if method == "HEAD" else body))
        self._transport.close()
