"""A world for tests: a directory, a terminal's side of the bus, the real engine and worker, a stand-in host."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from core.bus import Bus, RequestTimedOut
from core.contracts.payment import (
    AUTHORISE,
    BOOK,
    REVERSE,
    TOTALS,
    Authorise,
    AuthoriseReply,
    Book,
    Reverse,
    SealedCard,
    Totals,
    TotalsReply,
)
from core.contracts.payment_acts import CARRY_OUT, CarryOut
from core.contracts.reasons import Reason
from core.contracts.states import Brand, EventKind, Kind
from core.contracts.subjects import EngineRequest, edge_inbox
from core.roles import engine as engine_role
from core.roles.context import RoleContext, Settings
from core.roles.engine import EngineRole
from core.runtime.jobs import Job, Jobs, end_task
from core.transactions.acts import store as acts
from core.transactions.acts.model import CANCEL, REFUND, Act
from core.transactions.jobs.day_end import DayEnd
from core.transactions.jobs.deliveries import Deliveries
from core.transactions.jobs.sweeper import Sweeper
from core.values.clock import PARIS, from_unix_us, paris_date
from core.values.ids import rrn_of, uuid7
from deploy.local.nats import NatsServer
from tests.integration.core.transactions.directory import ADD_GRANT, ADD_PERSON, FORGET, Directory, seed
from tests.integration.core.transactions.stand_in_host import StandInHost
from tests.support.servers import TestDatabase

CARD = SealedCard(b"\x01" + bytes(44), 4_242, "497010", "0014", "2912", int(Brand.VISA))
AGENT = bytes(15) + b"\x07"
ANSWER_TIMEOUT_S = 5.0
_sequence = itertools.count(random.SystemRandom().randrange(1 << 12))
_randomness = random.SystemRandom()


class MovedClock:
    """The system's clock, moved by `offset`."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""
        return from_unix_us(self.unix_us())

    def unix_us(self) -> int:
        """Return microseconds since 1970."""
        import time

        return time.time_ns() // 1000 + self.offset // timedelta(microseconds=1)


@dataclass
class World:
    """Everything one test talks to."""

    database: TestDatabase
    nats: NatsServer
    owner: asyncpg.Connection
    edge: Bus
    host: StandInHost
    directory: Directory
    clock: MovedClock = field(default_factory=MovedClock)
    answers: dict[bytes, list[AuthoriseReply]] = field(default_factory=dict)
    told: list[AuthoriseReply] = field(default_factory=list)
    role: EngineRole | None = None
    core_bus: Bus | None = None
    stans: Any = field(default_factory=lambda: itertools.count(1))
    generation: Any = field(default_factory=lambda: itertools.count(1))
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    # The terminal's side.

    def now_us(self) -> int:
        """Return the present as edge stamps it."""
        return self.clock.unix_us()

    def today(self) -> int:
        """Return the business date of today as the contracts carry it."""
        return paris_date(self.clock.now()).toordinal()

    def new_id(self) -> bytes:
        """Return an identifier of this moment."""
        return uuid7(
            unix_ms=self.now_us() // 1000,
            sequence=next(_sequence) & 0xFFF,
            randomness=_randomness.getrandbits(62),
        )

    def payment(self, **changes: Any) -> Authorise:
        """Return a purchase of 12.50 EUR by the first terminal, with `changes`."""
        values: dict[str, Any] = {
            "id": self.new_id(),
            "terminal_id": self.directory.terminals[0],
            "kind": int(Kind.PURCHASE),
            "message_class": 2,
            "stan": next(self.stans),
            "business_date": self.today(),
            "body_hash": 1,
            "amount_minor": 1_250,
            "currency": "EUR",
            "card": CARD,
            "sensitive": b"track",
            "entry_mode": "051",
            **self.times(),
            "partial_ok": False,
            "received_at_us": self.now_us(),
            "request": b"\x80",
        }
        return Authorise(**{**values, **changes})

    def times(self) -> dict[str, str]:
        """Return the times of a message sent now by a terminal in Paris."""
        now = self.clock.now()
        local = now.astimezone(PARIS)
        return {"transmitted_at": f"{now:%m%d%H%M%S}", "local_time": f"{local:%m%d%H%M%S}"}

    def authorisation(self, **changes: Any) -> Authorise:
        """Return a pre-authorisation."""
        return self.payment(**{"kind": int(Kind.AUTHORISATION), "message_class": 1, **changes})

    def again(self, item: Any, **changes: Any) -> Any:
        """Return what a terminal sends when it repeats: the same key, another id of edge's."""
        return msgspec.structs.replace(item, id=self.new_id(), received_at_us=self.now_us(), **changes)

    def send(self, *items: Authorise) -> None:
        """Publish a batch without waiting."""
        self.edge.publish(AUTHORISE.subject, msgspec.msgpack.encode(list(items)), edge_inbox("test"))

    async def answer_to(
        self, item: Authorise, *, count: int = 1, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> AuthoriseReply:
        """Return the `count`-th answer to an item."""
        await until(lambda: len(self.answers.get(item.id, ())) >= count, timeout_s=timeout_s)
        return self.answers[item.id][count - 1]

    async def pay(self, item: Authorise) -> AuthoriseReply:
        """Send one item and wait for its answer."""
        self.send(item)
        return await self.answer_to(item)

    async def silence(self, item: Authorise, seconds: float = 0.4) -> bool:
        """Whether nothing is said of an item for a while."""
        await asyncio.sleep(seconds)
        return item.id not in self.answers

    async def request(self, request: EngineRequest, asked: Any) -> Any:
        """Ask the engine and return its answer, or None for silence."""
        try:
            raw = await self.edge.request(request.subject, msgspec.msgpack.encode(asked), ANSWER_TIMEOUT_S)
        except RequestTimedOut:
            return None
        answer = msgspec.msgpack.decode(raw, type=request.reply)
        if isinstance(answer, AuthoriseReply):
            self.told.append(answer)
        return answer

    def reversal(self, item: Authorise | Book, **changes: Any) -> Reverse:
        """Return a terminal's reversal of one of its messages."""
        values: dict[str, Any] = {
            "id": self.new_id(),
            "terminal_id": item.terminal_id,
            "stan": next(self.stans),
            "business_date": item.business_date,
            "original_message_class": item.message_class,
            "original_stan": item.stan,
            "original_business_date": item.business_date,
            "cause": int(Reason.REVERSED_BY_TERMINAL),
            "amount_minor": item.amount_minor,
            "currency": item.currency,
            "card": item.card,
            "received_at_us": self.now_us(),
            "request": b"\x80",
            "original_sent_at": item.transmitted_at,
        }
        return Reverse(**{**values, **changes})

    async def reverse(self, item: Authorise | Book, **changes: Any) -> AuthoriseReply:
        """Reverse and wait."""
        return await self.request(REVERSE, self.reversal(item, **changes))

    def booking(self, kind: Kind, **changes: Any) -> Book:
        """Return an advice, or with `original_rrn` a completion."""
        values: dict[str, Any] = {
            "id": self.new_id(),
            "terminal_id": self.directory.terminals[0],
            "kind": int(kind),
            "message_class": 2,
            "stan": next(self.stans),
            "business_date": self.today(),
            "body_hash": 1,
            "amount_minor": 1_250,
            "currency": "EUR",
            "card": CARD,
            "entry_mode": "051",
            **self.times(),
            "approval_code": "OFF123",
            "original_rrn": "",
            "received_at_us": self.now_us(),
            "request": b"\x80",
        }
        return Book(**{**values, **changes})

    async def book(self, asked: Book) -> AuthoriseReply:
        """Book and wait."""
        return await self.request(BOOK, asked)

    def completion(self, original: Authorise, **changes: Any) -> Book:
        """Return a completion of a pre-authorisation."""
        values = {
            "original_rrn": rrn_of(original.id),
            "amount_minor": original.amount_minor,
            "approval_code": "",
        }
        return self.booking(Kind.COMPLETION, **{**values, **changes})

    def refund(self, original: Authorise, **changes: Any) -> Authorise:
        """Return a terminal's refund of a purchase."""
        values = {
            "kind": int(Kind.REFUND),
            "original_rrn": rrn_of(original.id),
            "amount_minor": original.amount_minor,
        }
        return self.payment(**{**values, **changes})

    async def refund_by_agent(self, original: Authorise, amount_minor: int) -> AuthoriseReply:
        """Ask a refund as an agent does."""
        return await self.carry_out(await self.record_refund(original, amount_minor))

    async def cancel(self, original: Authorise, *, agent_id: bytes = AGENT) -> AuthoriseReply:
        """Cancel as an agent does."""
        act = Act(
            self.new_id(),
            CANCEL,
            agent_id,
            original.id,
            date.fromordinal(original.business_date),
            None,
            None,
            "mistake",
        )
        await acts.record(self.pool, act, self.clock.now())
        return await self.carry_out(act.id)

    async def record_refund(
        self,
        original: Authorise,
        amount_minor: int,
        *,
        agent_id: bytes = AGENT,
        approval_id: bytes | None = None,
        act_id: bytes | None = None,
    ) -> bytes:
        """Record that somebody refunds, as the desk does, and return the act's id."""
        day = date.fromordinal(original.business_date)
        act = Act(
            act_id or self.new_id(),
            REFUND,
            agent_id,
            original.id,
            day,
            amount_minor,
            "EUR",
            "goodwill",
            approval_id,
        )
        await acts.record(self.pool, act, self.clock.now())
        return act.id

    async def carry_out(self, act_id: bytes) -> AuthoriseReply:
        """Tell the engine of an act, on the desk's own login."""
        raw = await self.desk.request(
            CARRY_OUT.subject, msgspec.msgpack.encode(CarryOut(act_id)), ANSWER_TIMEOUT_S
        )
        return msgspec.msgpack.decode(raw, type=AuthoriseReply)

    async def person(
        self, agent_id: bytes, *, role: str = "supervisor", granted_by: bytes | None = None
    ) -> None:
        """Let somebody be an agent who has one role everywhere, and nothing else."""
        await self.owner.execute(ADD_PERSON, UUID(bytes=agent_id), f"{agent_id.hex()}@example.com")
        await self.owner.execute("DELETE FROM agent_grant WHERE agent_id = $1", UUID(bytes=agent_id))
        giver = UUID(bytes=granted_by) if granted_by else None
        await self.owner.execute(ADD_GRANT, UUID(bytes=agent_id), role, giver)

    async def totals(
        self, business_date: int, *, currency: str = "EUR", stan: int | None = None, date_in_utc: bool = False
    ) -> TotalsReply:
        """Compare totals of the first terminal, declaring nothing."""
        asked = Totals(
            self.new_id(),
            self.directory.terminals[0],
            next(self.stans) if stan is None else stan,
            business_date,
            debit_count=0,
            debit_minor=0,
            credit_count=0,
            credit_minor=0,
            reversal_count=0,
            reversal_minor=0,
            currency=currency,
            received_at_us=self.now_us(),
            date_in_utc=date_in_utc,
        )
        return await self.request(TOTALS, asked)

    # The engine and the worker.

    async def start_engine(self) -> None:
        """Start the engine role on a bus connection of its own."""
        name = f"engine{next(self.generation)}"
        self.core_bus = await Bus.connect(self.nats.url("engine"), name=name, inbox_prefix="_INBOX.engine")
        settings = Settings("engine", self.database.dsn, self.nats.url("engine"), 0, name)
        self.role = await engine_role.start(RoleContext(settings, self.core_bus, self.clock, os.environ))
        await self.core_bus.flush()

    async def stop_engine(self) -> None:
        """Stop as on SIGTERM."""
        if self.role is not None and self.core_bus is not None:
            await self.role.stop()
            await self.core_bus.close()
            self.role = None

    async def crash_engine(self) -> None:
        """End the engine as kill -9 does: nothing is finished, nothing is said."""
        role, bus = self.role, self.core_bus
        assert role is not None
        assert bus is not None
        self.role = None
        if bus._transport is not None:
            bus._transport.abort()
        tasks = [bus._runner, role._relay._task]
        lanes = [role._relay._lane]
        for machine in (role._engine, role._first_debits._cards.machine):
            tasks.append(machine.exchanges._guard)
            for pump in (machine.arming_pump, machine.deciding_pump, machine._aside_pump):
                tasks.extend((*pump._tasks, *pump._reopening))
                lanes.extend(pump._lanes)
        tasks.extend(role._bookings._tasks)
        tasks.extend(role._bookings._refunds._tasks)
        tasks.extend(role._engine.arming._rechecks)
        await asyncio.gather(*(end_task(task) for task in tasks if task is not None))
        for lane in lanes:
            lane.on_lost = None
            lane._drop("crash", ConnectionError())
        role._pool.terminate()
        await role._control.close()

    async def deliver(self) -> int:
        """Run one round of deliveries and wait for the host's answers."""
        sent = await self.deliveries.round()
        if sent:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self.settled.get()
                while not self.settled.empty():
                    self.settled.get_nowait()
        return sent

    async def make_due(self) -> None:
        """Let every delivery be due now."""
        await self.owner.execute(
            "UPDATE delivery SET due_at = now() - interval '1 s' WHERE accepted_at IS NULL"
        )

    async def make_overdue(self) -> None:
        """Let the armed reversal of whatever is sent be due now."""
        await self.owner.execute("UPDATE attempt SET reverse_after = now() - interval '1 s' WHERE state = 2")

    def restarted_sweeper(self) -> Sweeper:
        """Return the sweeper of a worker that has just started: it looks everywhere."""
        self.sweeper = Sweeper(self.pool, self.clock)
        return self.sweeper

    async def open_worker(self) -> None:
        """Open what the worker's rounds need, driven by the test."""
        name = "worker1"
        bus = await Bus.connect(self.nats.url("worker"), name=name, inbox_prefix="_INBOX.worker")
        self._stack.push_async_callback(bus.close)
        self.desk = await Bus.connect(self.nats.url("desk"), name="desk1", inbox_prefix="_INBOX.desk")
        self._stack.push_async_callback(self.desk.close)
        pool = await asyncpg.create_pool(self.database.dsn, min_size=1, max_size=4)
        self._stack.push_async_callback(pool.close)
        self.pool = pool
        self.settled: asyncio.Queue[int] = asyncio.Queue()
        self.deliveries = Deliveries(pool, bus, self.clock, instance=name)
        self.sweeper = Sweeper(pool, self.clock)
        self.day_end = DayEnd(pool, self.clock)
        self.settled_count = 0

        async def take() -> None:
            await self.deliveries.take_replies()
            self.settled_count += 1
            if self.settled_count >= self.deliveries.sent:
                self.settled.put_nowait(1)

        self._stack.push_async_callback(Jobs([Job("host_replies", 0.0, take)]).stop)
        self.deliveries.exchanges.start()
        self._stack.callback(self.deliveries.exchanges.stop)
        await bus.flush()

    # The database.

    async def row(self, attempt_id: bytes) -> asyncpg.Record:
        """Return an attempt."""
        row = await self.owner.fetchrow("SELECT * FROM attempt WHERE id = $1", UUID(bytes=attempt_id))
        assert row is not None
        return row

    async def row_of_key(self, item: Authorise) -> asyncpg.Record:
        """Return the attempt that stands under an item's natural key."""
        row = await self.owner.fetchrow(
            "SELECT * FROM attempt WHERE terminal_id = $1 AND message_class = $2 AND stan = $3 AND business_date = $4",
            UUID(bytes=item.terminal_id),
            item.message_class,
            item.stan,
            date.fromordinal(item.business_date),
        )
        assert row is not None
        return row

    async def offline_rrns(self) -> set[str]:
        """Return the references of advices and completions."""
        rows = await self.owner.fetch("SELECT id FROM attempt WHERE kind IN (5, 6)")
        return {rrn_of(row["id"].bytes) for row in rows}

    async def events(self, attempt_id: bytes) -> list[asyncpg.Record]:
        """Return the events of an attempt in order."""
        return await self.owner.fetch(
            "SELECT * FROM event WHERE attempt_id = $1 ORDER BY txid, seq", UUID(bytes=attempt_id)
        )

    async def until_event(self, attempt_id: bytes, kind: EventKind) -> None:
        """Wait until an attempt has an event of a kind."""

        async def has_it() -> bool:
            return kind in [event["kind"] for event in await self.events(attempt_id)]

        await eventually(has_it)

    async def day_passes(self) -> None:
        """Move the clock to tomorrow, end of day done."""
        self.clock.offset += timedelta(days=1)
        await self.day_end.round()
        self.clock.offset -= timedelta(days=1)

    async def reset(self) -> None:
        """Forget every transaction and every change of the directory; have an engine that runs."""
        async with self.owner.transaction():
            await self.owner.execute(FORGET)
        self.clock.offset = timedelta(0)
        self.answers.clear()
        self.told.clear()
        self.host.forget()
        self.settled_count = self.deliveries.sent = 0
        self.deliveries.exchanges._open.clear()
        self.sweeper = Sweeper(self.pool, self.clock)
        await self.person(AGENT)
        if self.role is None:
            await self.start_engine()

    async def close(self) -> None:
        """Let go of everything."""
        await self.stop_engine()
        await self._stack.aclose()
        await self.edge.close()
        await self.owner.close()


async def until(condition: Callable[[], bool], *, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
    """Wait until a plain condition holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 -- Conditions are plain reads of many kinds.
            await asyncio.sleep(0.002)


async def eventually(condition: Callable[[], Awaitable[Any]], *, timeout_s: float = ANSWER_TIMEOUT_S) -> Any:
    """Wait until an asked condition is true, and return what it said."""
    async with asyncio.timeout(timeout_s):
        while not (answer := await condition()):  # noqa: ASYNC110 -- The database calls nobody.
            await asyncio.sleep(0.02)
        return answer


@asynccontextmanager
async def running_world(database: TestDatabase, nats: NatsServer) -> AsyncIterator[World]:
    """Seed a directory, connect edge's side and the host; the test starts the engine."""
    owner = await asyncpg.connect(database.admin_dsn)
    directory = await seed(owner)
    edge = await Bus.connect(nats.url("edge"), name="edge-test", inbox_prefix="_INBOX.edge")
    world = World(database, nats, owner, edge, StandInHost(edge), directory)
    decode = msgspec.msgpack.Decoder(list[AuthoriseReply]).decode

    def on_answers(_subject: str, _reply: str, payload: bytes) -> None:
        for reply in decode(payload):
            world.answers.setdefault(reply.id, []).append(reply)
            world.told.append(reply)

    edge.subscribe(edge_inbox("test"), on_answers)
    world.host.start()
    await edge.flush()
    await world.open_worker()
    try:
        yield world
    finally:
        await world.close()
