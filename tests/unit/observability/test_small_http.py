"""The small server answers one request a connection, within its bounds, and stays up whatever is sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from observability import small_http
from observability.small_http import BODY_BYTES_MAX, CONNECTIONS_MAX, Request, Response, serve


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server that says what it was asked."""
    server = await serve(
        lambda asked: Response(200, [asked.method, asked.path, asked.query, asked.body.decode()]),
        host="127.0.0.1",
        port=0,
    )
    yield server.sockets[0].getsockname()[1]
    server.close()


async def ask(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Return head and body of the answer; both are empty where the connection is closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
            answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


async def test_query_and_body_reach_the_handler(port: int) -> None:
    head, body = await ask(port, b"PUT /a%20b?x=1&y= HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b'["PUT","/a b",{"x":"1","y":""},"abc"]'


async def test_a_head_is_answered_without_the_body(port: int) -> None:
    head, body = await ask(port, b"HEAD / HTTP/1.1\r\n\r\n")
    assert b"content-length: 18" in head
    assert body == b""


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1), b"413"),
    ],
)
async def test_what_cannot_be_read_is_refused(port: int, request_bytes: bytes, status: bytes) -> None:
    head, _ = await ask(port, request_bytes)
    assert head.split(b" ")[1] == status
    assert (await ask(port, b"GET / HTTP/1.1\r\n\r\n"))[0].startswith(b"HTTP/1.1 200")


async def test_one_connection_too_many_gets_no_answer_and_the_next_does(port: int) -> None:
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS_MAX)]
    assert await ask(port, b"GET / HTTP/1.1\r\n\r\n") == (b"", b"")
    for _, writer in held:
        writer.close()
    async with asyncio.timeout(5):
        while not (await ask(port, b"GET / HTTP/1.1\r\n\r\n"))[0]:  # noqa: ASYNC110 -- The server's own count.
            await asyncio.sleep(0.01)


async def test_who_is_too_slow_is_let_go(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_http, "DEADLINE_S", 0.1)
    assert await ask(port, b"GET / HT") == (b"", b"")


async def test_a_handler_may_wait() -> None:
    async def slow(asked: Request) -> Response:
        await asyncio.sleep(0.01)
        return Response(404, {"path": asked.path})

    server = await serve(slow, host="127.0.0.1", port=0)
    head, body = await ask(server.sockets[0].getsockname()[1], b"GET /none HTTP/1.1\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 Not Found")
    assert body == b'{"path":"/none"}'
    server.close()
