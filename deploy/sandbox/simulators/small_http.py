"""A very small HTTP/1.1 server for control and health: loopback, JSON, one answer a connection.

A web framework would weigh more in memory than the simulator that it controls.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

HEAD_BYTES_MAX = 16 * 1024
BODY_BYTES_MAX = 256 * 1024
READ_DEADLINE_S = 10.0
JSON = "application/json"
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Request(msgspec.Struct):
    """A request whose head and body are complete."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes


class Response(msgspec.Struct):
    """What to answer; `body` is encoded as JSON unless it is bytes already."""

    status: int
    body: object
    content_type: str = JSON


Handler = Callable[[Request], Awaitable[Response] | Response]


def problem(status: int, code: str, detail: str) -> Response:
    """Return an RFC 9457 problem."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    return Response(status, body | {"detail": detail}, "application/problem+json")


async def serve(handler: Handler, *, host: str, port: int) -> asyncio.Server:
    """Listen; every connection carries one request. Raises: OSError when the port is taken."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(READ_DEADLINE_S):
                response = await _respond(handler, reader)
                writer.write(_encode(response))
                await writer.drain()
        writer.close()

    return await asyncio.start_server(connected, host, port, limit=HEAD_BYTES_MAX)


async def _respond(handler: Handler, reader: asyncio.StreamReader) -> Response:
    try:
        request = await _read(reader)
    except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return problem(400, "bad_request", "The request cannot be read.")
    if request is None:
        return problem(413, "too_large", f"A body has at most {BODY_BYTES_MAX} bytes.")
    response = handler(request)
    return response if isinstance(response, Response) else await response


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
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
    return Request(method=method, path=unquote(parts.path), query=query, body=body)


def _encode(response: Response) -> bytes:
    body = response.body if isinstance(response.body, bytes) else msgspec.json.encode(response.body)
    phrase = HTTPStatus(response.status).phrase
    head = (
        f"HTTP/1.1 {response.status} {phrase}\r\ncontent-type: {response.content_type}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
