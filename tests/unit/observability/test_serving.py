"""One server for every process: what is slow, idle or half sent is let go; what is honest has room."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from observability import admission, serving
from observability.admission import BodyStalled, Crowded
from observability.client_address import TrustedProxies

GET = b"GET %s HTTP/1.1\r\nHost: guichet\r\n\r\n"
ANSWER_BYTES = 30_000_000
PATIENCE_S = 8.0
Serve = Callable[..., Awaitable[None]]


class Small:
    """An application with a page, a large page, a stream that goes on until its reader leaves, and a form."""

    def __init__(self) -> None:
        self.streams = 0
        self.sent_all = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = b"ok"
        if scope["path"] == "/large":
            body = bytes(ANSWER_BYTES)
        elif scope["path"] == "/form":
            try:
                while (await receive()).get("more_body", False):
                    pass
            except BodyStalled:
                await self._answer(send, 408, b"stalled")
                return
        elif scope["path"] == "/stream":
            await self._stream(receive, send)
            return
        await self._answer(send, 200, body)
        if scope["path"] == "/large":
            self.sent_all.set()

    async def _answer(self, send: Any, status: int, body: bytes) -> None:
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _stream(self, receive: Any, send: Any) -> None:
        self.streams += 1
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
            # The request's own message comes first.
            await receive()
            await receive()
        finally:
            self.streams -= 1


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[int]:
    server = serving.make_server(app, host="127.0.0.1", port=0)
    serving_task = asyncio.create_task(server.serve())
    await asyncio.sleep(0.2)
    try:
        yield server.listening_port
    finally:
        server.stop()
        await asyncio.wait({serving_task}, timeout=5)


async def closed_after(reader: asyncio.StreamReader) -> bytes:
    """Return all that came until the server closed. Raises: TimeoutError, when it did not."""
    return await asyncio.wait_for(reader.read(), PATIENCE_S)


async def read_to_the_end(reader: socket.socket) -> None:
    while await asyncio.get_running_loop().sock_recv(reader, 1 << 16):
        pass


async def test_half_a_request_no_request_and_nothing_more_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "IDLE_MAX_S", 1.0)
    async with served(Small()) as port:
        silent, _keep_1 = await asyncio.open_connection("127.0.0.1", port)
        half, half_writer = await asyncio.open_connection("127.0.0.1", port)
        half_writer.write(b"GET / HTTP/1.1\r\nHost: gui")
        kept, kept_writer = await asyncio.open_connection("127.0.0.1", port)
        kept_writer.write(GET % b"/")
        assert await closed_after(silent) == b""
        assert await closed_after(half) == b""
        assert (await closed_after(kept)).startswith(b"HTTP/1.1 200 ")


async def test_a_request_that_drips_has_no_more_time_than_one_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "IDLE_MAX_S", 1.0)
    async with served(Small()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def drip() -> None:
            for letter in b"GET / HTTP/1.1\r\nHost: guichet.example\r\n":
                writer.write(bytes((letter,)))
                await asyncio.sleep(0.2)

        dripping = asyncio.create_task(drip())
        assert await closed_after(reader) == b""
        dripping.cancel()


@pytest.mark.parametrize(
    "headers", [b"X-Long: " + b"a" * 100_000 + b"\r\n", b"".join(b"X-%d: 1\r\n" % n for n in range(10_000))]
)
async def test_headers_above_the_bounds_are_refused(headers: bytes) -> None:
    async with served(Small()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: guichet\r\n" + headers + b"\r\n")
        assert (await asyncio.wait_for(reader.read(100), PATIENCE_S)).startswith(b"HTTP/1.1 431 ")


async def test_a_reader_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "READER_STALL_MAX_S", 1.0)
    app = Small()
    async with served(app) as port:
        loop = asyncio.get_running_loop()
        lazy = socket.socket()
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.setblocking(False)
        with lazy:
            await loop.sock_connect(lazy, ("127.0.0.1", port))
            await loop.sock_sendall(lazy, GET % b"/large")
            await asyncio.wait_for(app.sent_all.wait(), PATIENCE_S)
            await asyncio.sleep(4)
            with pytest.raises(ConnectionResetError):
                await read_to_the_end(lazy)


async def test_a_body_that_stops_coming_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "BODY_SILENCE_MAX_S", 0.5)
    async with served(bounded(Small())) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /form HTTP/1.1\r\nHost: guichet\r\nContent-Length: 100\r\n\r\nhalf of it")
        assert (await asyncio.wait_for(reader.read(100), PATIENCE_S)).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_drips_has_its_time_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "BODY_MAX_S", 1.0)
    async with served(bounded(Small())) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /form HTTP/1.1\r\nHost: guichet\r\nContent-Length: 100\r\n\r\n")

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.1)

        dripping = asyncio.create_task(drip())
        assert (await asyncio.wait_for(reader.read(100), PATIENCE_S)).startswith(b"HTTP/1.1 408 ")
        dripping.cancel()


async def test_an_address_that_is_taken_is_an_error_at_once() -> None:
    async with served(Small()) as port:
        with pytest.raises(OSError, match="in use"):
            serving.make_server(Small(), host="127.0.0.1", port=port)


def test_there_is_room_for_every_live_page_and_its_second_file() -> None:
    assert serving.connections_max(20_000) == serving.CONNECTIONS_MAX
    assert serving.connections_max(4_096) == (4_096 - 256) // 2


def bounded(app: Any, **others: Any) -> Any:
    """Return the application behind its bounds, with a 429 or 503 without words."""
    bounds = admission.Admission(
        process="test",
        proxies=TrustedProxies.parse("127.0.0.1"),
        live_paths=frozenset({"/stream"}),
        live_max=others.get("live_max", 500),
        session_of=lambda headers: headers.get(b"authorization", b""),
    )
    inner: Any = bounds.around(app)

    async def call(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        try:
            await inner(scope, receive, send)
        except Crowded as refused:
            await Small()._answer(send, refused.status, refused.by.encode())

    call.bounds = bounds  # pyright: ignore[reportFunctionMemberAccess]
    return call


async def opened(
    port: int, path: bytes = b"/stream", *, address: str = "127.0.0.1", session: str = ""
) -> Any:
    """Return the status of a request, its reader and its writer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    token = f"Authorization: {session}\r\n" if session else ""
    writer.write(
        b"GET %s HTTP/1.1\r\nHost: guichet\r\nX-Forwarded-For: %s\r\n%s\r\n"
        % (path, address.encode(), token.encode())
    )
    line = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    return int(line.split()[1]), reader, writer


async def test_a_session_an_address_and_everybody_have_their_bounds_and_others_get_in() -> None:
    app = bounded(Small(), live_max=admission.LIVE_BY_ADDRESS_MAX + 2)
    async with served(app) as port:
        one_session = [
            await opened(port, address=f"192.0.2.{n}", session="one")
            for n in range(admission.LIVE_BY_SESSION_MAX + 1)
        ]
        assert [status for status, _, _ in one_session].count(200) == admission.LIVE_BY_SESSION_MAX
        assert one_session[-1][0] == 429
        left = admission.LIVE_BY_ADDRESS_MAX + 2 - admission.LIVE_BY_SESSION_MAX
        others = [await opened(port, address=f"198.51.100.{n % 250}") for n in range(left)]
        assert {status for status, _, _ in others} == {200}
        assert (await opened(port, address="203.0.113.1"))[0] == 503
        assert (await opened(port, b"/", address="203.0.113.1"))[0] == 200
        for _, _, writer in one_session:
            writer.close()
        await asyncio.sleep(1)
        assert (await opened(port, session="one"))[0] == 200


async def test_one_address_cannot_take_the_places_of_others() -> None:
    app = bounded(Small(), live_max=admission.LIVE_BY_ADDRESS_MAX + 100)
    async with served(app) as port:
        held = [await opened(port, address="2001:db8::1") for _ in range(admission.LIVE_BY_ADDRESS_MAX)]
        assert {status for status, _, _ in held} == {200}
        # The same line at home, by another of its many addresses.
        assert (await opened(port, address="2001:db8::2"))[0] == 429
        assert (await opened(port, address="2001:db8:0:1::2"))[0] == 200


async def test_a_place_is_given_back_however_the_request_ends() -> None:
    app = bounded(Small())
    async with served(app) as port:
        for path in (b"/", b"/stream", b"/large"):
            _, _, writer = await opened(port, path, session="one")
            writer.close()
        await asyncio.sleep(1)
    assert (app.bounds.live.all, app.bounds.requests.all) == (0, 0)
    assert app.bounds.live.of("a 127.0.0.1") == 0


async def test_who_restarts_what_seems_dead_is_never_told_that_it_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "REQUESTS_MAX", 0)
    async with served(bounded(Small())) as port:
        assert (await opened(port, b"/"))[0] == 503
        assert (await opened(port, b"/health/live"))[0] == 200
