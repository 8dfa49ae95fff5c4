"""The layer around everything: a trace id, security headers, the time each request took."""

import os
import time
from typing import Any, Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from observability.metrics import HTTP_SECONDS

_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_API_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NO_STORE: Final = (b"cache-control", b"no-store")


class Outermost:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add what every answer carries."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_ns = time.perf_counter_ns()
        trace_id = os.urandom(16).hex()
        outer: Any = scope
        outer["guichet_trace_id"] = trace_id
        status = "500"

        async def send_more(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
                headers = list(message["headers"])
                names = {name.lower() for name, _ in headers}
                headers.append((b"x-trace-id", trace_id.encode()))
                headers += [header for header in _HEADERS if header[0] not in names]
                headers += [header for header in (_API_POLICY, _NO_STORE) if header[0] not in names]
                message["headers"] = headers
            await send(message)

        try:
            await self._app(scope, receive, send_more)
        finally:
            # The template, never the path: labels take values of closed sets only.
            route = outer.get("path_template") or "other"
            if route != "/v1/events":
                took_us = (time.perf_counter_ns() - started_ns) // 1000
                HTTP_SECONDS.child("gateway", route, status).observe(took_us)
