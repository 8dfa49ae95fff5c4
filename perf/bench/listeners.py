"""Cheap readers of the live feed: a bare protocol that takes chunks apart and counts events by bytes.

Five hundred of them at 200 events a second are 100,000 events a second to read beside what is measured, so an event
costs one search and one look into a table here: no JSON, no task, no stream.
"""

import asyncio
import re
import time
from array import array
from datetime import datetime
from typing import Final, cast

LAGS_MS_MAX: Final = 60_000
_DECIDED: Final = re.compile(rb'"decided_at":"([^"]+)"')
_EVENT: Final = b"event: transaction\n"
_ENDS: Final = (b"event: lost", b"event: closing", b"event: session_ended", b"event: too_old")


class Lags:
    """How many events came how many milliseconds after their decision; kept while `counting`."""

    def __init__(self) -> None:
        self.counting = False
        self.counts = array("Q", bytes(8 * (LAGS_MS_MAX + 1)))
        self.seen = 0
        self._decided_ms: dict[bytes, float] = {}

    def take(self, frames: bytes) -> int:
        """Count the events of whole frames that came now; return how many there are."""
        stamps = _DECIDED.findall(frames)
        if self.counting and stamps:
            now_ms = time.time() * 1000
            known, counts = self._decided_ms, self.counts
            for stamp in stamps:
                at_ms = known.get(stamp)
                if at_ms is None:
                    if len(known) > 10_000:
                        known.clear()
                    at_ms = known[stamp] = datetime.fromisoformat(stamp.decode()).timestamp() * 1000
                counts[min(max(int(now_ms - at_ms), 0), LAGS_MS_MAX)] += 1
            self.seen += len(stamps)
        return len(stamps)

    def percentile_ms(self, share: float) -> int:
        """Return the lag that this share of the events did not exceed, 0 of nothing."""
        wanted = share * self.seen
        passed = 0
        for lag_ms, count in enumerate(self.counts):
            passed += count
            if count and passed >= wanted:
                return lag_ms
        return 0


class Listener(asyncio.Protocol):
    """One `GET /v1/events` over HTTP/1.1. `events` is how many came, `broken` why it is no longer of use."""

    def __init__(self, token: str, locale: str, lags: Lags) -> None:
        self.events = 0
        self.broken = ""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = (
            "GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Accept-Language: {locale}\r\nAuthorization: Bearer {token}\r\n\r\n"
        ).encode()
        self._lags = lags
        self._buffer = b""
        self._in_body = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio passes it.
        self._break("the gateway closed the connection")

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._in_body:
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if not head.startswith(b"HTTP/1.1 200 "):
                self._break(head.split(b"\r\n", 1)[0].decode("latin-1"))
                return
            self._in_body = True
        self._buffer = self._take_chunks(buffer)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def _take_chunks(self, buffer: bytes) -> bytes:
        """Take whole chunks of `Transfer-Encoding: chunked` and return the rest; the gateway never splits a frame."""
        at = 0
        while True:
            line_end = buffer.find(b"\r\n", at)
            if line_end < 0:
                break
            size = int(buffer[at:line_end].partition(b";")[0] or b"0", 16)
            end = line_end + 2 + size
            if len(buffer) < end + 2:
                break
            self._take(buffer[line_end + 2 : end])
            at = end + 2
        return buffer[at:]

    def _take(self, frames: bytes) -> None:
        if not self.ready.done() and b"id: " in frames:
            self.ready.set_result(None)
        if _EVENT in frames:
            self.events += self._lags.take(frames)
        for end in _ENDS:
            if frames.startswith(end):
                self._break(end.decode())

    def _break(self, why: str) -> None:
        self.broken = self.broken or why
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(why))
