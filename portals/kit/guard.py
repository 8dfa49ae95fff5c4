"""Around every request: a reference, strict headers, metrics."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from observability.serving import STRICT_TRANSPORT
from portals.kit.legible import readable_query
from portals.kit.metrics import PortalMetrics

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_POLICY = (b"content-security-policy", POLICY.encode())
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
_NO_STORE = (b"cache-control", b"no-store")
BODY_BYTES_MAX = 64 * 1024
"""Of a request that says how long it is, here; of any other, where it is read: see `compose` of the portal."""

# A signed contract and a merchant's papers come as files of at most 10 MiB, with the form around them.
FILE_BYTES_MAX = 11 * 1024 * 1024


def guarded(
    app: ASGIApp,
    metrics: PortalMetrics,
    now: Callable[[], float] = time.perf_counter,
    *,
    takes_files: re.Pattern[str],
    too_large: Callable[[Scope], bytes],
    is_https: bool,
) -> ASGIApp:
    """Return `app` with what every answer carries and every request is counted by.

    `takes_files` are the addresses of forms with a file. `too_large` makes the page for a request whose body is not read, in the language of who sent it.
    `is_https`: browsers come by HTTPS, which they are told never to leave.
    """
    headers = (*_HEADERS, STRICT_TRANSPORT) if is_https else _HEADERS

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        reference = secrets.token_hex(6)
        scope["query_string"] = readable_query(scope.get("query_string", b""))
        scope["state"] = {**scope.get("state", {}), "reference": reference}
        started = now()

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = [(name.lower(), value) for name, value in message["headers"]]
                # Two policies hold together: a page that frames something brings one of its own, made of this one.
                names = {name for name, _ in present}
                extra = [each for each in headers if each[0] not in names]
                extra.append((b"x-request-id", reference.encode()))
                if not any(name == b"cache-control" for name, _ in present):
                    extra.append(_NO_STORE)
                # What is shown inside a page, a logo or a mail, says what it may do by itself.
                if not any(name == b"content-security-policy" for name, _ in present):
                    extra.append(_POLICY)
                message["headers"] = [*present, *extra]
                metrics.observe(scope["method"], message["status"], now() - started)
            await send(message)

        takes_file = takes_files.fullmatch(scope["path"]) is not None
        if _declared_bytes(scope) > (FILE_BYTES_MAX if takes_file else BODY_BYTES_MAX):
            await _refuse_too_large(send_guarded, too_large(scope))
        else:
            await app(scope, receive, send_guarded)

    return call


def _declared_bytes(scope: Scope) -> int:
    for name, value in scope.get("headers", []):
        if name.lower() == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse_too_large(send: Send, page: bytes) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(page)).encode()),
        # What is left of the body is not read, so nothing more can be asked on this connection.
        (b"connection", b"close"),
    ]
    await send(cast("Message", {"type": "http.response.start", "status": 413, "headers": headers}))
    await send(cast("Message", {"type": "http.response.body", "body": page, "more_body": False}))
