"""Streams of conversations: what was said since, as it is said, and whether the other side is there and typing.

The bus rings, core is asked for the rows; a ring that is lost costs `LOOK_EVERY_S`. Each look says that who listens is
there, and checks their session anew.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import structlog
from litestar.types import Receive, Scope, Send

from core.bus import Bus, Subscription
from core.contracts.conversations import TalkNews
from core.contracts.subjects import TALKS
from gateway.problems import Problem

TALKS_MAX: Final = 2_000
OF_ONE_MAX: Final = 20
"""Of one conversation: its customer's tabs and the agents who look. Nobody takes the places of all others with one."""

LOOK_EVERY_S: Final = 5.0
SEND_TIMEOUT_S: Final = 30.0
_RETRY: Final = b"retry: 2000\n\n"
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

Look = Callable[[int], Awaitable[TalkNews]]
"""Gives what was said after a message."""

_log = structlog.get_logger("gateway.live")


class Talks:
    """The process's one subscription to what is said, and who waits for it."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, set[asyncio.Event]] = {}
        self._subscription: Subscription | None = None
        self.closing = False

    @property
    def count(self) -> int:
        """How many streams are open."""
        return sum(len(each) for each in self._waiting.values())

    def is_full(self, conversation_id: bytes) -> bool:
        """Whether no more streams of a conversation are opened."""
        return self.count >= TALKS_MAX or len(self._waiting.get(conversation_id, ())) >= OF_ONE_MAX

    def start(self, bus: Bus) -> None:
        """Listen to the bus."""
        self._subscription = bus.subscribe(TALKS, self._on_message)

    def stop(self) -> None:
        """End every stream."""
        self.closing = True
        if self._subscription is not None:
            self._subscription.unsubscribe()
        for events in self._waiting.values():
            for event in events:
                event.set()

    def join(self, conversation_id: bytes) -> asyncio.Event:
        """Return what is set whenever something is said in a conversation."""
        event = asyncio.Event()
        self._waiting.setdefault(conversation_id, set()).add(event)
        return event

    def leave(self, conversation_id: bytes, event: asyncio.Event) -> None:
        """Wait no more."""
        events = self._waiting.get(conversation_id, set())
        events.discard(event)
        if not events:
            self._waiting.pop(conversation_id, None)

    def _on_message(self, _subject: str, _reply: str, payload: bytes) -> None:
        for event in self._waiting.get(payload, ()):
            event.set()


class TalkStream:
    """An ASGI response: `message` with its number as id, `standing` when anything else changed, a comment when nothing."""

    def __init__(self, talks: Talks, conversation_id: bytes, look: Look, news: TalkNews, after: int) -> None:
        self._talks = talks
        self._conversation_id = conversation_id
        self._look = look
        self._news = news
        self._after = after
        self._standing: bytes = b""

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the reader goes, the session or the conversation ends."""
        rung = self._talks.join(self._conversation_id)
        gone = asyncio.create_task(_watch(receive, rung))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})  # pyright: ignore[reportArgumentType]
            await _write(send, _RETRY + (self._frames(self._news) or b": \n\n"))
            while self._news.state != "ended" and not gone.done() and not self._talks.closing:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await rung.wait()
                rung.clear()
                if gone.done():
                    return
                self._news = await self._look(self._after)
                await _write(send, self._frames(self._news) or b": \n\n")
        except Problem as problem:
            await _write(send, _event("closed", {"code": problem.code}))
        except (TimeoutError, OSError):
            _log.info("talk_listener_stuck")
        finally:
            gone.cancel()
            self._talks.leave(self._conversation_id, rung)
            with contextlib.suppress(OSError, RuntimeError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _frames(self, news: TalkNews) -> bytes:
        frames = [_event("message", each, str(each.number)) for each in news.messages]
        if news.messages:
            self._after = news.messages[-1].number
        standing = {
            "state": news.state,
            "taken_by": news.taken_by,
            "is_there": news.is_there,
            "is_typing": news.is_typing,
        }
        encoded = msgspec.json.encode(standing)
        if encoded != self._standing:
            self._standing = encoded
            frames.append(_event("standing", standing))
        return b"".join(frames)


def _event(name: str, content: Any, event_id: str = "") -> bytes:
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(content) + b"\n\n"


async def _write(send: Send, chunk: bytes) -> None:
    async with asyncio.timeout(SEND_TIMEOUT_S):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _watch(receive: Receive, rung: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    rung.set()
