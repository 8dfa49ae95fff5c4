"""A very small HTTP/1.1 server for health, metrics and the sandbox's controls: JSON, one answer a connection.

A web framework would weigh more in memory than the simulator that it controls, and start later than edge.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

HEAD_BYTES_MAX = 16 * 1024
BODY_BYTES_MAX = 256 * 1024
DEADLINE_S = 10.0
CONNECTIONS_MAX = 32
JSON = "application/json"
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Request(msgspec.Struct):
    """A request whose head and body are complete."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str] = {}  # by their names in lower case


class Response(msgspec.Struct):
    """What to answer; `body` is encoded as JSON unless it is bytes already."""

    status: int
    body: object
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Request], Awaitable[Response] | Response]


def problem(status: int, code: str, detail: str) -> Response:
    """Return an RFC 9457 problem."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    return Response(status, body | {"detail": detail}, "application/problem+json")


async def serve(
    handler: Handler,
    *,
    host: str,
    port: int,
    head_bytes_max: int = HEAD_BYTES_MAX,
    deadline_s: float | None = None,
) -> asyncio.Server:
    """Listen; every connection carries one request. Raises: OSError when the port is taken.

    Whoever is one too many, sends a longer head or is too slow gets no answer; `deadline_s` is for question and answer, DEADLINE_S without.
    """
    connections = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        try:
            with contextlib.suppress(ConnectionError, TimeoutError, asyncio.LimitOverrunError):
                async with asyncio.timeout(DEADLINE_S if deadline_s is None else deadline_s):
                    if connections <= CONNECTIONS_MAX:
                        writer.write(await _respond(handler, reader))
                        await writer.drain()
        finally:
            connections -= 1
            writer.close()

    return await asyncio.start_server(connected, host, port, limit=head_bytes_max)


async def _respond(handler: Handler, reader: asyncio.StreamReader) -> bytes:
    try:
        request = await _read(reader)
    except (ValueError, asyncio.IncompleteReadError):
        return _encode(problem(400, "bad_request", "The request cannot be read."))
    if request is None:
        return _encode(problem(413, "too_large", f"A body has at most {BODY_BYTES_MAX} bytes."))
    response = handler(request)
    return _encode(
        response if isinstance(response, Response) else await response, has_body=request.method != "HEAD"
    )


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """Return a request, or None for one whose body is too long. Raises: ValueError for what is no HTTP/1."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, version = first.split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(version)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    size = int(headers.get("content-length", "0"))
    if size < 0 or "transfer-encoding" in headers:
        raise ValueError("body without a length")
    if size > BODY_BYTES_MAX:
        return None
    body = await reader.readexactly(size) if size else b""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method=method, path=unquote(parts.path), query=query, body=body, headers=headers)


def _encode(response: Response, *, has_body: bool = True) -> bytes:
    body = response.body if isinstance(response.body, bytes) else msgspec.json.encode(response.body)
    more = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
    head = (
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n{more}"
        f"content-type: {response.content_type}\r\ncontent-length: {len(body)}\r\n"
        "cache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + (body if has_body else b"")
