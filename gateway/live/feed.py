"""The process's one subscription to the live feed, and its fan-out.

Batches come chained: each says the position just before its first event. Where a chain breaks, what is missing is
fetched from core by position. While nothing comes, core is asked now and then, so a lost last batch shows as well.
"""

import asyncio
import time
from collections import deque
from typing import Final

import msgspec
import structlog

from core.bus import Subscription
from core.contracts.access import SESSIONS_ENDED, SessionsEnded
from core.contracts.feed import EventBatch, EventsAfter, EventsPage, FeedItem, Position, TransactionSummary
from core.contracts.listing import Nothing
from core.contracts.subjects import LIVE
from core.contracts.transactions import EVENTS_AFTER, EVENTS_END, REASONS
from gateway.core_client import CoreClient
from gateway.live.listener import Framed, Listener
from gateway.live.matching import GroupKey
from gateway.live.rendering import HEARTBEAT, Renderer, event_id, notice, position_frame
from gateway.problems import Problem
from observability.metrics import SSE_DROPPED, SSE_LAG_SECONDS, SSE_LISTENERS

TICK_S: Final = 0.1
HEARTBEAT_S: Final = 10.0
QUIET_S: Final = 3.0
SESSIONS_EVERY_S: Final = 30.0
LISTENERS_MAX: Final = 5_000
BATCHES_WAITING_MAX: Final = 1_000
CATCHING_UP_AT_ONCE_MAX: Final = 8
_SESSIONS_ASKED_MAX: Final = 1_000

_log = structlog.get_logger("gateway.live")


class LiveFeed:
    """Made once for the process; `start` before, `stop` after."""

    def __init__(self, core: CoreClient) -> None:
        self._core = core
        self._groups: dict[GroupKey, set[Listener]] = {}
        self._pending: dict[GroupKey, list[Framed]] = {}
        self._batches: deque[EventBatch] = deque(maxlen=BATCHES_WAITING_MAX)
        self._wake = asyncio.Event()
        self._look = False
        self._renderer: Renderer | None = None
        self._making_ready = asyncio.Lock()
        self._decode_batch = msgspec.msgpack.Decoder(EventBatch).decode
        self._decode_item = msgspec.msgpack.Decoder(FeedItem).decode
        self._decode_summary = msgspec.msgpack.Decoder(TransactionSummary).decode
        self._tasks: list[asyncio.Task[None]] = []
        self._subscription: Subscription | None = None
        self._heard_at = 0.0
        self._lag = SSE_LAG_SECONDS.child()
        self._dropped = SSE_DROPPED.child()
        self.catching_up = asyncio.Semaphore(CATCHING_UP_AT_ONCE_MAX)
        self.count = 0
        self.position: Position | None = None

    def start(self) -> None:
        """Listen to the bus."""
        SSE_LISTENERS.watch(lambda: self.count)
        self._subscription = self._core.bus.subscribe(LIVE, self._on_message)
        for work in (self._take_batches(), self._tick(), self._watch_sessions()):
            self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """End every stream."""
        if self._subscription is not None:
            self._subscription.unsubscribe()
        for listener in self._listeners():
            listener.end(notice("closing"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def make_ready(self) -> tuple[Renderer, Position]:
        """Return the words and the present position, asking core for them the first time.

        Raises: Problem.
        """
        if self._renderer is not None and self.position is not None:
            return self._renderer, self.position
        async with self._making_ready:
            if self._renderer is None:
                self._renderer = Renderer(await self._core.ask(REASONS, Nothing()))
            if self.position is None:
                end = await self._core.ask(EVENTS_END, Nothing())
                # A batch may have come meanwhile; what it says is newer.
                if self.position is None:
                    self.position = end
        assert self.position is not None
        return self._renderer, self.position

    async def fetch(self, request: EventsAfter) -> tuple[list[FeedItem], EventsPage]:
        """Return events by position from core. Raises: Problem."""
        page = await self._core.ask(EVENTS_AFTER, request)
        return [self._decode_item(item) for item in page.items], page

    def frame(self, item: FeedItem, key: GroupKey, renderer: Renderer) -> Framed | None:
        """Return an event's bytes for a group, None when it does not belong there or cannot be read."""
        try:
            summary = self._decode_summary(item.summary)
            if not key.takes(summary):
                return None
            position = Position(item.txid, item.seq)
            return Framed(position, renderer.event(position, summary, key.locale))
        except (msgspec.MsgspecError, LookupError, ValueError) as error:
            _log.error("event_unreadable", txid=item.txid, seq=item.seq, error=type(error).__name__)
            return None

    def join(self, listener: Listener) -> bool:
        """Let a listener take part; False when it is behind the feed and must catch up further.

        Nothing is awaited between the comparison and the joining, so no event falls between the two.
        """
        if self.position is not None and listener.position < self.position:
            return False
        self._groups.setdefault(listener.key, set()).add(listener)
        return True

    def leave(self, listener: Listener) -> None:
        """Forget a listener; harmless when it never joined."""
        members = self._groups.get(listener.key)
        if members is not None:
            members.discard(listener)
            if not members:
                del self._groups[listener.key]
                self._pending.pop(listener.key, None)

    def _on_message(self, _subject: str, _reply: str, payload: bytes) -> None:
        try:
            batch = self._decode_batch(payload)
        except msgspec.DecodeError:
            _log.warning("live_batch_malformed", bytes=len(payload))
            return
        # At the bound the oldest batch goes: the gap is seen and filled.
        self._batches.append(batch)
        self._heard_at = time.monotonic()
        self._wake.set()

    async def _take_batches(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                while self._batches:
                    await self._take(self._batches.popleft())
                if self._look:
                    self._look = False
                    await self._fill(None)
            except Problem as problem:
                _log.warning("live_gap_not_filled", problem=problem.code)
                self._lose_everybody()
            except Exception:
                _log.exception("live_batch_failed")
                self._lose_everybody()

    async def _take(self, batch: EventBatch) -> None:
        if not batch.items:
            return
        after = Position(batch.after_txid, batch.after_seq)
        if self.position is None:
            self.position = after
        if after > self.position and self._groups:
            await self._fill(after)
        self._emit(batch.items)

    async def _fill(self, until: Position | None) -> None:
        """Fetch what is missing between our position and `until`."""
        more = True
        while more and self.position is not None and self._groups:
            items, page = await self.fetch(EventsAfter(after=self.position, until=until))
            more = page.more
            self._emit(items)

    def _emit(self, items: list[FeedItem]) -> None:
        renderer = self._renderer
        for item in items:
            position = Position(item.txid, item.seq)
            if self.position is not None and position <= self.position:
                continue
            self.position = position
            if not self._groups or renderer is None:
                continue
            try:
                self._render(item, position, renderer)
            except (msgspec.MsgspecError, LookupError, ValueError) as error:
                # One event that cannot be read is one event less; the feed goes on.
                _log.error("event_unreadable", txid=item.txid, seq=item.seq, error=type(error).__name__)

    def _render(self, item: FeedItem, position: Position, renderer: Renderer) -> None:
        """Make the event's bytes, once a language, for every group that sees it."""
        summary = self._decode_summary(item.summary)
        frames: dict[str, bytes] = {}
        for key in self._groups:
            if key.takes(summary):
                frame = frames.get(key.locale)
                if frame is None:
                    frame = frames[key.locale] = renderer.event(position, summary, key.locale)
                self._pending.setdefault(key, []).append(Framed(position, frame))
        if frames and summary.decided_at_us:
            self._lag.observe(max(0, time.time_ns() // 1000 - summary.decided_at_us))

    async def _tick(self) -> None:
        beat_at = time.monotonic() + HEARTBEAT_S
        while True:
            await asyncio.sleep(TICK_S)
            try:
                self._deliver()
                now = time.monotonic()
                if now >= beat_at:
                    beat_at = now + HEARTBEAT_S
                    self._beat()
                if self._groups and now - self._heard_at > QUIET_S:
                    self._heard_at = now
                    self._look = True
                    self._wake.set()
            except Exception:
                _log.exception("live_tick_failed")

    def _deliver(self) -> None:
        pending, self._pending = self._pending, {}
        for key, events in pending.items():
            joined = b"".join(event.frame for event in events)
            for listener in self._groups.get(key, ()):
                listener.offer(events, joined)
                if listener.lost:
                    self._dropped.n += 1

    def _beat(self) -> None:
        # The id moves on with what was filtered out, so a quiet filter still resumes within the bounds.
        for key, members in self._groups.items():
            if key in self._pending or self.position is None:
                continue
            frame = HEARTBEAT + position_frame(self.position)
            for listener in members:
                listener.say(frame if listener.position <= self.position else HEARTBEAT)

    def _lose_everybody(self) -> None:
        for listener in self._listeners():
            listener.lose(self.position or listener.position)
            self._dropped.n += 1

    async def _watch_sessions(self) -> None:
        while True:
            await asyncio.sleep(SESSIONS_EVERY_S)
            sessions = sorted({listener.session for listener in self._listeners()})
            try:
                for start in range(0, len(sessions), _SESSIONS_ASKED_MAX):
                    asked = SessionsEnded(sessions[start : start + _SESSIONS_ASKED_MAX])
                    ended = set(await self._core.ask(SESSIONS_ENDED, asked))
                    for listener in self._listeners():
                        if listener.session in ended:
                            listener.end(notice("session_ended"))
            except Problem as problem:
                _log.warning("sessions_not_checked", problem=problem.code)
            except Exception:
                # A defect must not end the looking: streams of ended sessions would go on.
                _log.exception("sessions_check_broken")

    def _listeners(self) -> list[Listener]:
        return [listener for members in self._groups.values() for listener in members]


__all__ = ["LISTENERS_MAX", "LiveFeed", "event_id"]
