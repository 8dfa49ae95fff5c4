"""One reader's response: catch up by position, then take what the feed offers."""

import asyncio
import contextlib
from typing import Final

import structlog
from litestar.types import Receive, Scope, Send

from core.contracts.feed import EventsAfter, Position
from gateway.live.feed import LiveFeed
from gateway.live.listener import Listener
from gateway.live.rendering import Renderer, event_id, notice, position_frame
from gateway.problems import Problem

SEND_TIMEOUT_S: Final = 30.0
CATCH_UP_PAGES_MAX: Final = 50
_RETRY: Final = b"retry: 2000\n\n"

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

_log = structlog.get_logger("gateway.live")


class EventStream:
    """An ASGI response."""

    def __init__(
        self, feed: LiveFeed, listener: Listener, renderer: Renderer, resume_after: Position | None
    ) -> None:
        self._feed = feed
        self._listener = listener
        self._renderer = renderer
        self._resume_after = resume_after

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the reader goes, the session ends, or the reader is too slow."""
        self._feed.count += 1
        gone = asyncio.create_task(self._watch_reader(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})  # pyright: ignore[reportArgumentType]
            await self._write(send, _RETRY)
            await self._catch_up(send)
            # Empty only at the end, after the last word of a listener that was closed.
            while chunk := await self._listener.take():
                await self._write(send, chunk)
            with contextlib.suppress(OSError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            _log.info("listener_stuck")
        except Problem as problem:
            _log.info("listener_not_served", problem=problem.code)
            await self._write(send, notice("lost", **{"from": "", "to": ""}))
        finally:
            self._feed.count -= 1
            self._listener.end()
            self._feed.leave(self._listener)
            gone.cancel()

    async def _catch_up(self, send: Send) -> None:
        listener = self._listener
        if self._resume_after is None:
            # The reader knows from the start where it stands, before any event came.
            await self._write(send, position_frame(listener.position))
        else:
            listener.position = self._resume_after
            await self._replay(send)
        for _ in range(CATCH_UP_PAGES_MAX):
            if self._feed.join(listener):
                return
            await self._replay_page(send, check_age=False)
        listener.lose(self._feed.position or listener.position)

    async def _replay(self, send: Send) -> None:
        """Send what happened since; `too_old` and the present position when that is above the bounds."""
        more = await self._replay_page(send, check_age=True)
        while more and not self._listener.closed:
            more = await self._replay_page(send, check_age=False)

    async def _replay_page(self, send: Send, *, check_age: bool) -> bool:
        listener = self._listener
        async with self._feed.catching_up:
            items, page = await self._feed.fetch(EventsAfter(after=listener.position, check_age=check_age))
        if page.too_old:
            _, present = await self._feed.make_ready()
            listener.position = max(present, listener.position)
            await self._write(
                send, notice("too_old", now=event_id(listener.position)) + position_frame(listener.position)
            )
            return False
        frames = [self._feed.frame(item, listener.key, self._renderer) for item in items]
        if items:
            listener.position = Position(items[-1].txid, items[-1].seq)
            replayed = b"".join(framed.frame for framed in frames if framed is not None)
            await self._write(send, replayed + position_frame(listener.position))
        elif self._feed.position is not None:
            # Core has read to its end and found nothing that the feed could have seen before us.
            await asyncio.sleep(0.02)
        return page.more

    async def _write(self, send: Send, chunk: bytes) -> None:
        if chunk:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _watch_reader(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._listener.end()
