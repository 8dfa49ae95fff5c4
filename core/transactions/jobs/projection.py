"""Volume by minute: the first consumer of the events.

The stream is a doorbell. What has been taken in is said by the inbox, written in the commit of its effect: a batch
delivered five times counts once, and a batch that the stream lost is read from the outbox itself. Batches that follow
each other within a quarter of a second are one transaction: the statement costs the same for ten batches as for one.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec
import structlog
from asyncpg.pgproto.pgproto import UUID
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from core.contracts.feed import EventBatch, TransactionSummary
from core.contracts.states import EventKind, Kind, State
from core.contracts.subjects import ACTIVITY, LIVE, STREAM
from core.runtime.jobs import end_task
from core.transactions.jobs.store import queries
from core.transactions.reading import UNREADABLE, read_each
from core.transactions.relay import EVENTS_PER_MESSAGE_MAX, summary_of
from core.transactions.relay import queries as relay_queries
from core.values.clock import from_unix_us

CONSUMER = ACTIVITY
FETCH_MAX = 32
FETCH_WAIT_S = 2.0
GATHER_S = 0.25
"""At most four transactions a second while the consumer keeps up; behind, it takes what one fetch brings."""

EVENTS_PER_TRANSACTION_MAX = 16_000
DELIVERIES_MAX = 5
BROKEN_WAIT_S = 2.0
ACK_WAIT_S = 30
COUNTED = frozenset({EventKind.REFUSED, EventKind.DECIDED, EventKind.TIMED_OUT, EventKind.BOOKED_OFFLINE})
"""Each attempt counts once, by what it first became; one that its terminal reverses while it is sent is unknown."""

UNDONE = frozenset({EventKind.REVERSED, EventKind.CANCELLED})
PAYMENT_KINDS = frozenset({Kind.AUTHORISATION, Kind.PURCHASE, Kind.ADVICE})
TAKING_KINDS = frozenset({Kind.PURCHASE, Kind.ADVICE, Kind.COMPLETION})
"""A hold takes nothing; its completion does."""

_WITH_MONEY = frozenset({State.APPROVED, State.PARTIALLY_APPROVED, State.REVERSED})

TIMED = frozenset({EventKind.DECIDED, EventKind.TIMED_OUT})
"""What the host was asked: how long a decision took is told of these alone."""

LATENCY_BOUNDS_US = (100_000, 250_000, 500_000, 1_000_000, 2_000_000, 5_000_000)
"""Upper bounds of the cumulative columns within_*ms of activity_minute, in order."""

_FIGURES_AT = 4 + len(LATENCY_BOUNDS_US)

Position = tuple[int, int]


class Cell(NamedTuple):
    """The key of one row of `activity_minute`."""

    minute: datetime
    store_id: bytes
    service: str
    brand: int
    state: int
    reason: int
    currency: str


_log = structlog.get_logger("core.projection")
_decode_batch = msgspec.msgpack.Decoder(EventBatch).decode
_decode_summary = msgspec.msgpack.Decoder(TransactionSummary).decode
_encode = msgspec.msgpack.Encoder().encode


class Projection:
    """Reads the stream in the background and keeps `activity_minute`."""

    def __init__(self, pool: asyncpg.Pool, control: Client) -> None:
        self._pool = pool
        self._control = control
        self._position: Position | None = None
        self._task: asyncio.Task[None] | None = None
        self.events = 0
        self.repeated = 0
        self.recovered = 0
        self.dead = 0
        self.failures = 0

    async def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop between two batches."""
        if self._task is not None:
            await end_task(self._task)

    async def _run(self) -> None:
        while True:
            try:
                await self._consume()
            except (NatsError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("projection_interrupted", error=type(error).__name__)
                self._position = None
                await asyncio.sleep(1.0)
            except Exception:
                # A defect must not end the figures for good; it is logged whole and tried again.
                self.failures += 1
                self._position = None
                _log.exception("projection_broken")
                await asyncio.sleep(BROKEN_WAIT_S)

    async def _consume(self) -> None:
        stream: JetStreamContext = self._control.jetstream(timeout=5.0)
        subscription = await stream.pull_subscribe(
            LIVE,
            durable=CONSUMER,
            stream=STREAM,
            config=ConsumerConfig(
                ack_policy=AckPolicy.EXPLICIT,
                deliver_policy=DeliverPolicy.ALL,
                max_deliver=DELIVERIES_MAX,
                ack_wait=ACK_WAIT_S,
            ),
        )
        try:
            while True:
                started = asyncio.get_running_loop().time()
                try:
                    messages = await subscription.fetch(FETCH_MAX, timeout=FETCH_WAIT_S)
                except TimeoutError:
                    await self.catch_up()
                    continue
                await self._take(messages)
                if len(messages) < FETCH_MAX:
                    took_s = asyncio.get_running_loop().time() - started
                    await asyncio.sleep(max(0.0, GATHER_S - took_s))
        finally:
            with contextlib.suppress(NatsError, OSError, TimeoutError):
                await subscription.unsubscribe()

    async def _take(self, messages: Sequence[Msg]) -> None:
        """Take in what was fetched; a message is acknowledged after the commit that holds all of it."""
        readable: list[tuple[Msg, EventBatch]] = []
        for message in messages:
            try:
                readable.append((message, _decode_batch(message.data)))
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                await self._put_aside(message, error)
        for run in runs_of(readable):
            try:
                await self.apply(_joined([batch for _, batch in run]))
            except (msgspec.DecodeError, msgspec.ValidationError):
                await self._take_one_by_one(run)
                continue
            for message, _ in run:
                await message.ack()

    async def _take_one_by_one(self, run: Sequence[tuple[Msg, EventBatch]]) -> None:
        """Find which message of a run cannot be read: the others must count."""
        for message, batch in run:
            try:
                await self.apply(batch)
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                await self._put_aside(message, error)
                continue
            await message.ack()

    async def _put_aside(self, message: Msg, error: Exception) -> None:
        """Keep for a person what can never be read, and let the others flow."""
        self.dead += 1
        async with self._pool.acquire() as connection:
            await connection.execute(queries.keep_dead_batch, CONSUMER, LIVE, message.data, str(error))
        await message.term()

    async def catch_up(self) -> None:
        """Read the outbox itself when the stream brings nothing: it may have been lost."""
        while True:
            async with self._pool.acquire() as connection:
                position = await self._where(connection)
                rows = await connection.fetch(
                    relay_queries.read_events_after, *position, EVENTS_PER_MESSAGE_MAX
                )
                if not rows:
                    return
                await self._apply_rows(connection, position, rows)

    async def apply(self, batch: EventBatch) -> None:
        """Take in what of a batch is new; what is missing before it comes from the outbox."""
        if not batch.items:
            return
        async with self._pool.acquire() as connection:
            position = await self._where(connection)
            last = (batch.items[-1].txid, batch.items[-1].seq)
            if last <= position:
                self.repeated += 1
                return
            after = (batch.after_txid, batch.after_seq)
            while position < after:
                rows = await connection.fetch(
                    queries.read_missed_events, *position, *after, EVENTS_PER_MESSAGE_MAX
                )
                if not rows:
                    break
                self.recovered += len(rows)
                position = await self._apply_rows(connection, position, rows)
            summaries = [
                _decode_summary(item.summary) for item in batch.items if (item.txid, item.seq) > position
            ]
            await self._count(connection, position, last, summaries)

    async def _apply_rows(
        self, connection: asyncpg.pool.PoolConnectionProxy, position: Position, rows: list[asyncpg.Record]
    ) -> Position:
        bare = [row for row in rows if row["summary"] is None]
        attempts = await read_each(
            lambda ids, days: connection.fetch(relay_queries.read_summaries, ids, days),
            [(row["attempt_id"], row["business_date"]) for row in bare],
        )
        summaries: list[TransactionSummary] = []
        for row in rows:
            try:
                packed: bytes | None = row["summary"]
                summaries.append(
                    summary_of(row, attempts[row["attempt_id"]])
                    if packed is None
                    else _decode_summary(packed)
                )
            except UNREADABLE as error:
                self._leave_out(row["txid"], row["seq"], error)
        last = (rows[-1]["txid"], rows[-1]["seq"])
        await self._count(connection, position, last, summaries)
        return last

    async def _where(self, connection: asyncpg.pool.PoolConnectionProxy) -> Position:
        if self._position is None:
            row = await connection.fetchrow(queries.read_inbox_position, CONSUMER)
            self._position = (row["to_txid"], row["to_seq"]) if row is not None else (0, 0)
        return self._position

    async def _count(
        self,
        connection: asyncpg.pool.PoolConnectionProxy,
        position: Position,
        last: Position,
        summaries: list[TransactionSummary],
    ) -> None:
        try:
            cells = cells_of(summaries)
        except UNREADABLE:
            summaries = [summary for summary in summaries if self._can_count(summary)]
            cells = cells_of(summaries)
        keys = sorted(cells)
        async with connection.transaction():
            await connection.fetchrow(queries.lock_inbox, CONSUMER)
            entered = await connection.fetchrow(
                queries.enter_inbox, CONSUMER, *position, *last, len(summaries)
            )
            if entered is None:
                self._position = None  # Another worker took it in: read the position again.
                return
            if keys:
                await connection.execute(
                    queries.add_activity,
                    *_columns(keys),
                    *(list(column) for column in zip(*(cells[key] for key in keys), strict=True)),
                )
        self._position = last
        self.events += len(summaries)

    def _can_count(self, summary: TransactionSummary) -> bool:
        try:
            for cell in cells_of([summary]):
                UUID(cell.store_id)
        except UNREADABLE as error:
            self._leave_out(0, 0, error, trace_id=summary.id.hex())
            return False
        return True

    def _leave_out(self, txid: int, seq: int, error: Exception, trace_id: str = "") -> None:
        """One event that cannot be read is missing in one figure; all the others count."""
        self.dead += 1
        _log.error(
            "event_not_counted",
            txid=txid,
            seq=seq,
            trace_id=trace_id,
            error=f"{type(error).__name__}: {error}",
        )


def runs_of(fetched: Sequence[tuple[Msg, EventBatch]]) -> list[list[tuple[Msg, EventBatch]]]:
    """Return the batches in runs: each begins where the one before ended, and the sum is bounded."""
    runs: list[list[tuple[Msg, EventBatch]]] = []
    end: Position | None = None
    count = 0
    for message, batch in fetched:
        follows = batch.items and (batch.after_txid, batch.after_seq) == end
        count = count + len(batch.items) if follows else len(batch.items)
        if follows and count <= EVENTS_PER_TRANSACTION_MAX:
            runs[-1].append((message, batch))
        else:
            runs.append([(message, batch)])
            count = len(batch.items)
        end = (batch.items[-1].txid, batch.items[-1].seq) if batch.items else None
    return runs


def cells_of(summaries: Sequence[TransactionSummary]) -> dict[Cell, list[int]]:
    """Return what to add to each row: count, amount, timed, their milliseconds, how many within each bound, figures.

    The figures are those of the view figure_minute: payments, cancelled, gross, refunds, refunded.
    """
    cells: dict[Cell, list[int]] = {}
    for summary in summaries:
        is_first = summary.event in COUNTED or (summary.event in UNDONE and summary.state == State.UNKNOWN)
        is_undone = summary.event in UNDONE and summary.state == State.REVERSED and summary.approved_minor > 0
        is_less = summary.event == EventKind.PARTLY_REVERSED
        if not (is_first or is_undone or is_less):
            continue
        minute = from_unix_us(summary.received_at_us // 60_000_000 * 60_000_000)
        key = Cell(
            minute,
            summary.store_id,
            summary.service,
            summary.brand,
            summary.state,
            summary.reason,
            summary.currency,
        )
        sums = cells.get(key)
        if sums is None:
            sums = cells[key] = [0] * (_FIGURES_AT + 5)
        if is_less:
            _add_money(sums, summary, -summary.taken_back_minor)
            continue
        _add_figures(sums, summary, is_first=is_first)
        if is_undone:
            continue
        sums[0] += 1
        sums[1] += summary.approved_minor + summary.taken_back_minor
        if summary.event in TIMED and summary.decided_at_us > 0:
            took_us = max(0, summary.decided_at_us - summary.received_at_us)
            sums[2] += 1
            sums[3] += took_us // 1000
            for place, bound_us in enumerate(LATENCY_BOUNDS_US, start=4):
                sums[place] += took_us <= bound_us
    return cells


def _add_figures(sums: list[int], summary: TransactionSummary, *, is_first: bool) -> None:
    """Count a first outcome, or take off again what was approved and is undone."""
    if summary.kind in PAYMENT_KINDS:
        sums[_FIGURES_AT] += is_first
        sums[_FIGURES_AT + 1] += not is_first
    if summary.state not in _WITH_MONEY:
        return
    if summary.kind == Kind.REFUND:
        sums[_FIGURES_AT + 3] += 1 if is_first else -1
    # A first outcome counts what it was; a part that was taken back since then has an event of its own.
    _add_money(
        sums,
        summary,
        summary.approved_minor + summary.taken_back_minor if is_first else -summary.approved_minor,
    )


def _add_money(sums: list[int], summary: TransactionSummary, minor: int) -> None:
    if summary.kind in TAKING_KINDS:
        sums[_FIGURES_AT + 2] += minor
    elif summary.kind == Kind.REFUND:
        sums[_FIGURES_AT + 4] += minor


def _columns(keys: Sequence[Cell]) -> tuple[list[object], ...]:
    columns = [list(column) for column in zip(*keys, strict=True)]
    columns[1] = [UUID(store_id) for store_id in columns[1]]
    return tuple(columns)


def _joined(batches: Sequence[EventBatch]) -> EventBatch:
    first = batches[0]
    if len(batches) == 1:
        return first
    return EventBatch(first.after_txid, first.after_seq, [item for batch in batches for item in batch.items])
