"""The outbox relay: events, in order, from PostgreSQL to the bus.

It reads positions (txid, seq) below the oldest running transaction, so a late commit can never slip in behind it,
packs what it finds into one message and publishes that into JetStream; plain subscribers of the subject see it at
once. Its own position is a convenience: publishing twice is harmless, consumers go by their inbox rows.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from nats.js.client import JetStreamContext

from core.contracts.feed import EventBatch, FeedItem, TransactionSummary
from core.contracts.states import EventKind
from core.contracts.subjects import LIVE, STREAM
from core.db.lane import Lane, LaneBroken
from core.db.queries import load
from core.runtime.jobs import end_task
from core.transactions.engine import failpoints
from core.transactions.reading import UNREADABLE, read_each
from core.values.clock import Clock, to_unix_us

EVENTS_PER_MESSAGE_MAX = 1_000
POLL_S = 0.25
PACE_S = 0.02
"""Between two messages: under load fifty full messages a second instead of hundreds of small ones."""

LEAD_RETRY_S = 1.0
KEEP_POSITION_S = 1.0
PUBLISH_TIMEOUT_S = 5.0
STREAM_AGE_S = 3_600
STREAM_BYTES_MAX = 512 * 1024 * 1024
POSITION_NAME = "transactions"
_NO_ID = bytes(16)

queries = load(Path(__file__).with_name("queries.sql"))
_log = structlog.get_logger("core.relay")
_encode = msgspec.msgpack.Encoder().encode
_decode_summary = msgspec.msgpack.Decoder(TransactionSummary).decode

STATEMENTS = (
    "take_relay_lead",
    "read_relay_position",
    "keep_relay_position",
    "read_events_after",
    "read_summaries",
)


class Relay:
    """Runs beside the engine; `wake` after each commit makes it look at once."""

    def __init__(self, *, dsn: str, control: Client, clock: Clock, instance: str) -> None:
        self._lane = Lane(dsn, {n: getattr(queries, n) for n in STATEMENTS}, name=f"guichet-{instance}-relay")
        self._control = control
        self._clock = clock
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._kept_at_us = 0
        self.leads = False
        self.published = 0
        self.messages = 0
        self.failures = 0
        self.unreadable = 0
        # Told the microseconds from commit to publication, once a message; the metrics set it.
        self.measured: Callable[[int], None] | None = None

    def wake(self) -> None:
        """Something was committed."""
        self._woken.set()

    async def start(self) -> None:
        """Begin relaying in the background."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop after the message under way."""
        if self._task is not None:
            await end_task(self._task)
        await self._lane.close()

    async def _run(self) -> None:
        delay = 0.1
        while True:
            try:
                await self._lane.reopen()
                await self._lead()
            except (LaneBroken, asyncpg.PostgresError, NatsError, TimeoutError, OSError) as error:
                # Nothing is lost: the events stay where they are and are read again.
                self.failures += 1
                self.leads = False
                _log.warning("relay_interrupted", error=type(error).__name__)
                await self._lane.close()
                await asyncio.sleep(delay)
                delay = min(delay * 2, 2.0)
            except Exception:
                # A defect must not end the feed for ever; it is logged whole and tried again.
                self.failures += 1
                self.leads = False
                _log.exception("relay_broken")
                await self._lane.close()
                await asyncio.sleep(2.0)
            else:
                delay = 0.1

    async def _lead(self) -> None:
        lane = self._lane
        while not (await lane.fetch("take_relay_lead"))[0][0]:
            # Another engine relays; its lock goes with its connection.
            await self._nap(LEAD_RETRY_S)
        self.leads = True
        stream = self._control.jetstream(timeout=PUBLISH_TIMEOUT_S)
        await _ensure_stream(stream)
        rows = await lane.fetch("read_relay_position", POSITION_NAME)
        position: tuple[int, int] = (rows[0][0], rows[0][1]) if rows else (0, 0)
        kept = position
        while True:
            self._woken.clear()
            events = await lane.fetch("read_events_after", *position, EVENTS_PER_MESSAGE_MAX)
            if not events:
                if position != kept:
                    await lane.fetch("keep_relay_position", POSITION_NAME, *position)
                    kept = position
                await self._nap(POLL_S)
                continue
            items = await self._items(events)
            if failpoints.armed:
                failpoints.reach("publish-before")
            await stream.publish(LIVE, _encode(EventBatch(*position, items)), timeout=PUBLISH_TIMEOUT_S)
            if failpoints.armed:
                failpoints.reach("publish-after")
            position = (events[-1][0], events[-1][1])
            self.published += len(items)
            self.messages += 1
            self._measure(events)
            await asyncio.sleep(PACE_S)
            now_us = self._clock.unix_us()
            if now_us - self._kept_at_us > KEEP_POSITION_S * 1_000_000:
                self._kept_at_us = now_us
                await lane.fetch("keep_relay_position", POSITION_NAME, *position)
                kept = position

    def _measure(self, events: list[asyncpg.Record]) -> None:
        """Tell the lag of the oldest decision in a message; other kinds carry the time of an earlier one."""
        if self.measured is None:
            return
        for event in events:
            if event[4] == EventKind.DECIDED and event[7] is not None:
                self.measured(max(0, self._clock.unix_us() - _decode_summary(event[7]).decided_at_us))
                return

    async def _nap(self, seconds: float) -> None:
        """Wait for a commit of this process, or for the poll that sees everybody else's."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _items(self, events: list[asyncpg.Record]) -> list[FeedItem]:
        bare = [event for event in events if event[7] is None]
        composed = await self._compose(bare) if bare else {}
        items: list[FeedItem] = []
        for event in events:
            summary: bytes | None = event[7] or composed.get((event[0], event[1]))
            if summary is not None:
                items.append(FeedItem(event[0], event[1], msgspec.Raw(summary)))
        return items

    async def _compose(self, events: list[asyncpg.Record]) -> dict[tuple[int, int], bytes]:
        """Return summaries by position, without those that cannot be read: one row must not hold up the feed."""
        attempts = await read_each(
            lambda ids, days: self._lane.fetch("read_summaries", ids, days), [(e[2], e[3]) for e in events]
        )
        composed: dict[tuple[int, int], bytes] = {}
        for event in events:
            try:
                composed[event[0], event[1]] = _encode(summary_of(event, attempts[event[2]]))
            except UNREADABLE as error:
                self.unreadable += 1
                _log.error("event_unreadable", txid=event[0], seq=event[1], error=type(error).__name__)
        return composed


def summary_of(event: Any, attempt: Any) -> TransactionSummary:
    """Return the summary of an event from its own state and reason and its attempt's row."""
    decided_at = attempt["decided_at"]
    return TransactionSummary(
        id=attempt["id"].bytes,
        kind=attempt["kind"],
        state=event["state"],
        reason=event["reason"],
        amount_minor=attempt["amount_minor"],
        approved_minor=attempt["approved_minor"],
        currency=attempt["currency"],
        brand=attempt["card_brand"],
        card_bin=attempt["card_bin"],
        card_last_four=attempt["card_last_four"],
        terminal=attempt["terminal"],
        terminal_id=attempt["terminal_id"].bytes,
        store_id=attempt["store_id"].bytes if attempt["store_id"] else _NO_ID,
        store_name=attempt["store_name"],
        company_id=attempt["company_id"].bytes if attempt["company_id"] else _NO_ID,
        department=attempt["department"],
        received_at_us=to_unix_us(attempt["received_at"]),
        decided_at_us=to_unix_us(decided_at) if decided_at else 0,
        stan=attempt["stan"],
        approval_code=attempt["approval_code"],
        host_code=attempt["host_code"],
        event=event["kind"],
        entry_mode=attempt["entry_mode"],
        service=attempt["service"],
        taken_back_minor=attempt["taken_back_minor"],
        time_zone=attempt["time_zone"],
    )


async def _ensure_stream(stream: JetStreamContext) -> None:
    wanted = StreamConfig(
        name=STREAM,
        subjects=["events.>"],
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=STREAM_AGE_S,
        max_bytes=STREAM_BYTES_MAX,
        num_replicas=1,
    )
    try:
        await stream.add_stream(wanted)
    except NatsError:
        # It exists with other bounds: bring it to these.
        await stream.update_stream(wanted)
