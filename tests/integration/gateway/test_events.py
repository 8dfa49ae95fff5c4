"""The live feed: nothing lost, nothing twice, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import httpx
import msgspec
import pytest

from core.bus import Bus
from core.contracts.feed import EventBatch, EventsAfter, EventsPage, FeedItem, Position
from core.contracts.states import State
from core.contracts.subjects import LIVE
from core.transactions.desk import store as desk_store
from core.values.ids import encode_id
from tests.support.desk import DeskStack, add_attempt, add_event

WAIT_S = 15.0


@dataclass
class Relay:
    """Publishes what stands in the event log, chained, as core's relay does."""

    bus: Bus
    rows: asyncpg.Connection
    position: Position = field(default_factory=lambda: Position(0, 0))

    async def publish(self, *, lose: bool = False) -> int:
        """Publish what is new as one batch, or lose it on the way."""
        page: EventsPage = await desk_store.list_events_after(
            self.rows, self.position, EventsAfter(after=self.position).until, limit=5000
        )
        items = [msgspec.msgpack.decode(item, type=FeedItem) for item in page.items]
        if not items:
            return 0
        batch = EventBatch(self.position.txid, self.position.seq, items)
        if not lose:
            self.bus.publish(LIVE, msgspec.msgpack.encode(batch))
            await self.bus.flush()
        self.position = Position(items[-1].txid, items[-1].seq)
        return len(items)


@pytest.fixture
async def relay(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[Relay]:
    """A relay at the end of the log, and a gateway that stands there too.

    Other tests write events that no relay publishes. While nobody listens a batch moves the gateway past them;
    later it would fetch them as a gap.
    """
    bus = await Bus.connect(desk_stack.nats_url, name="test-relay", inbox_prefix="_INBOX.core")
    relay = Relay(bus, rows, await desk_store.find_events_end(rows))
    await make_events(rows, 1)
    await relay.publish()
    yield relay
    await bus.close()


@dataclass
class Reader:
    """A client of the stream."""

    lines: AsyncIterator[str]
    last_id: str = ""

    async def next(self, wait_s: float = WAIT_S) -> tuple[str, dict[str, object]]:
        """Return the next event that is not a comment."""
        kind, data = "", ""
        async with asyncio.timeout(wait_s):
            async for line in self.lines:
                if line.startswith("id: "):
                    self.last_id = line[4:]
                elif line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    data = line[6:]
                elif not line and kind:
                    return kind, json.loads(data)
        return "end", {}

    async def ready(self) -> None:
        """Return once the stream has said where it stands."""
        async with asyncio.timeout(WAIT_S):
            async for line in self.lines:
                if line.startswith("id: "):
                    self.last_id = line[4:]
                    return

    async def transactions(self, count: int) -> list[str]:
        """Return the ids of the next transactions."""
        seen: list[str] = []
        while len(seen) < count:
            kind, data = await self.next()
            assert kind == "transaction", (kind, data, seen)
            seen.append(str(data["id"]))
        return seen


@asynccontextmanager
async def listening(
    stack: DeskStack, token: str, last_id: str = "", **parameters: str
) -> AsyncIterator[Reader]:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
    async with (
        stack.client(token, **headers) as client,
        client.stream("GET", "/v1/events", params=parameters) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        reader = Reader(answer.aiter_lines())
        if not last_id:
            await reader.ready()
        yield reader


async def make_events(rows: asyncpg.Connection, count: int, **facts: object) -> list[str]:
    """Insert transactions with one event each; return their ids."""
    made: list[str] = []
    for _ in range(count):
        raw = await add_attempt(rows, **facts)  # pyright: ignore[reportArgumentType]
        await add_event(rows, raw)
        made.append(encode_id("transaction", raw))
    return made


async def test_events_arrive_once_in_order_and_fill_their_gaps(
    desk_stack: DeskStack, rows: asyncpg.Connection, relay: Relay
) -> None:
    token = await desk_stack.log_in()
    async with listening(desk_stack, token) as reader:
        made = await make_events(rows, 3)
        await relay.publish()
        assert await reader.transactions(3) == made
        lost = await make_events(rows, 4)
        await relay.publish(lose=True)
        after = await make_events(rows, 2)
        await relay.publish()
        assert await reader.transactions(6) == lost + after
        unseen = await make_events(rows, 1)
        await relay.publish(lose=True)
        assert await reader.transactions(1) == unseen


async def test_a_reader_resumes_without_loss_or_repetition(
    desk_stack: DeskStack, rows: asyncpg.Connection, relay: Relay
) -> None:
    token = await desk_stack.log_in()
    async with listening(desk_stack, token) as reader:
        first = await make_events(rows, 2)
        await relay.publish()
        assert await reader.transactions(2) == first
        left_at = reader.last_id
    missed = await make_events(rows, 25)
    await relay.publish()
    # What is in the log and not yet published comes from the log; its publication must not bring it again.
    unpublished = await make_events(rows, 5)
    async with listening(desk_stack, token, left_at) as reader:
        assert await reader.transactions(30) == missed + unpublished
        await relay.publish()
        live = await make_events(rows, 3)
        await relay.publish()
        assert await reader.transactions(3) == live


async def test_a_resume_under_load_misses_nothing(
    desk_stack: DeskStack, rows: asyncpg.Connection, relay: Relay
) -> None:
    token = await desk_stack.log_in()
    async with listening(desk_stack, token) as reader:
        start = reader.last_id
    made: list[str] = []

    async def produce() -> None:
        for _ in range(40):
            made.extend(await make_events(rows, 5))
            await relay.publish()
            await asyncio.sleep(0.01)

    producing = asyncio.create_task(produce())
    seen: list[str] = []
    last_id = start
    while len(seen) < 200:
        async with listening(desk_stack, token, last_id) as reader:
            seen += await reader.transactions(min(20, 200 - len(seen)))
            last_id = reader.last_id
    await producing
    assert seen == made


async def test_filters_and_departments_apply_to_the_stream(
    desk_stack: DeskStack, rows: asyncpg.Connection, relay: Relay
) -> None:
    technician = await desk_stack.log_in("technicien@guichet.example")
    everything = await desk_stack.log_in()
    async with (
        listening(desk_stack, technician) as scoped,
        listening(desk_stack, everything, state="declined", amount_min="500") as filtered,
    ):
        await make_events(rows, 1, terminal="T0000001")
        seen = await make_events(rows, 1, terminal="T0000003")
        declined = await make_events(rows, 1, state=State.DECLINED, reason=113, amount_minor=900)
        await make_events(rows, 1, state=State.DECLINED, reason=113, amount_minor=400)
        lyon = await make_events(rows, 1, terminal="T0000004")
        await relay.publish()
        assert await scoped.transactions(2) == seen + lyon
        kind, data = await filtered.next()
        assert (kind, data["id"]) == ("transaction", declined[0])
        reason = data["reason"]
        assert isinstance(reason, dict)
        assert reason["code"] == "insufficient_funds"


async def test_a_resume_from_too_far_back_is_told(
    desk_stack: DeskStack, rows: asyncpg.Connection, relay: Relay
) -> None:
    token = await desk_stack.log_in()
    await make_events(rows, 1)
    await rows.execute("ALTER TABLE event DISABLE TRIGGER USER")
    await rows.execute("UPDATE event SET at = now() - interval '61 minutes'")
    await rows.execute("ALTER TABLE event ENABLE TRIGGER USER")
    await relay.publish()
    async with listening(desk_stack, token, "1-1") as reader:
        kind, _ = await reader.next()
        assert kind == "too_old"
        await reader.ready()
        made = await make_events(rows, 1)
        await relay.publish()
        assert await reader.transactions(1) == made


async def test_a_slow_reader_is_cut_off_and_resumes(
    desk_stack: DeskStack, rows: asyncpg.Connection, relay: Relay
) -> None:
    token = await desk_stack.log_in()
    url = httpx.URL(desk_stack.gateway_url)
    assert url.port is not None
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect((url.host, url.port))
    reader, writer = await asyncio.open_connection(sock=narrow, limit=4096)
    writer.write(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    await writer.drain()
    await reader.readuntil(b"id: ")
    raw = await add_attempt(rows)
    total = 0
    # The sockets hold some megabytes by themselves; the gateway's own buffer is 1,000 events.
    for _ in range(30):
        await rows.execute(
            "INSERT INTO event (attempt_id, business_date, kind, state, reason, cause)"
            " SELECT a.id, a.business_date, 2, a.state, a.reason, '' FROM attempt a,"
            " generate_series(1, 300) WHERE a.id = encode($1, 'hex')::uuid",
            raw,
        )
        total += await relay.publish()
        await asyncio.sleep(0.15)
    seen, ended, last_id = 0, False, ""
    async with asyncio.timeout(30):
        while True:
            chunk = await reader.readline()
            if not chunk:
                break
            if chunk.startswith(b"id: "):
                last_id = chunk[4:].strip().decode()
            seen += chunk.startswith(b"event: transaction")
            if chunk.startswith(b"event: lost"):
                ended = True
            if ended and chunk == b"0\r\n":
                break
    writer.close()
    assert ended
    assert seen < total
    async with listening(desk_stack, token, last_id) as again:
        assert len(await again.transactions(total - seen)) == total - seen


async def test_an_ended_session_closes_its_stream(
    desk_stack: DeskStack, rows: asyncpg.Connection, relay: Relay
) -> None:
    token = await desk_stack.log_in()
    async with listening(desk_stack, token) as reader, desk_stack.client(token) as client:
        assert (await client.delete("/v1/sessions/current")).status_code == 204
        kind, _ = await reader.next(wait_s=60)
    assert kind == "session_ended"
