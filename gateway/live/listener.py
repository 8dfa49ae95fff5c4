"""One listener's bounded buffer."""

import asyncio
from typing import Final, NamedTuple

from core.contracts.feed import Position
from gateway.live.matching import GroupKey
from gateway.live.rendering import event_id, notice

BUFFERED_EVENTS_MAX: Final = 1_000


class Framed(NamedTuple):
    """An encoded event and where it stands."""

    position: Position
    frame: bytes


class Listener:
    """What waits for one reader. The feed offers, the reader's own task takes."""

    __slots__ = (
        "_changed",
        "_chunks",
        "_count",
        "closed",
        "key",
        "lost",
        "position",
        "read_until",
        "session",
    )

    def __init__(self, key: GroupKey, session: bytes, position: Position) -> None:
        self.key = key
        self.session = session
        self.position = position  # Everything up to here was offered or belongs to the reader already.
        self.read_until = position  # The last event that was handed to the reader's socket.
        self.closed = False
        self.lost = False
        self._chunks: list[bytes] = []
        self._count = 0
        self._changed = asyncio.Event()

    def offer(self, events: list[Framed], joined: bytes) -> None:
        """Buffer a tick's events; `joined` is all of their frames. Above the bound: lost, and nothing more."""
        if self.closed:
            return
        if events[0].position <= self.position:
            events = [event for event in events if event.position > self.position]
            if not events:
                return
            joined = b"".join(event.frame for event in events)
        if self._count + len(events) > BUFFERED_EVENTS_MAX:
            self.lose(events[-1].position)
            return
        self._chunks.append(joined)
        self._count += len(events)
        self.position = events[-1].position
        self._changed.set()

    def say(self, frame: bytes) -> None:
        """Buffer a heartbeat, unless something waits anyway: a reader that does not read collects none."""
        if not self.closed and not self._chunks:
            self._chunks.append(frame)
            self._changed.set()

    def lose(self, upto: Position) -> None:
        """Drop the buffer, say what was lost and end: the reader resumes from what it has read."""
        self.lost = True
        # What waits was never sent, so resuming from `from` brings it all.
        self.end(notice("lost", to=event_id(upto), **{"from": event_id(self.read_until)}))

    def end(self, last: bytes = b"") -> None:
        """End the stream after `last`."""
        if not self.closed:
            self.closed = True
            self._chunks = [last] if last else []
            self._changed.set()

    async def take(self) -> bytes:
        """Return what waits as one chunk, as soon as something does; empty at the end."""
        await self._changed.wait()
        self._changed.clear()
        chunk = b"".join(self._chunks)
        self._chunks.clear()
        self._count = 0
        self.read_until = self.position
        if self.closed:
            self._changed.set()
        return chunk
