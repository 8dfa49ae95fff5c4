"""Reversals, advices and completions reach the host, however often it takes."""

import asyncio
from operator import attrgetter

import asyncpg
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.bus import Bus
from core.contracts.payment import DELIVERY_REFUSED, HOST_REPLIED, HostReply
from core.contracts.states import DeliveryKind, EventKind, Kind
from core.contracts.subjects import core_inbox
from core.transactions.bookings import store as bookings
from core.transactions.bookings.attempts import Standing
from core.transactions.exchanges.exchange import Exchange, HostOutcome, Source
from core.transactions.exchanges.exchanges import Exchanges
from core.transactions.exchanges.requests import request_of_delivery
from core.transactions.exchanges.rules import verdict_of
from core.transactions.hosts.settling import settle_reversal
from core.transactions.jobs.store import queries
from core.transactions.reading import UNREADABLE, read_each
from core.values.clock import Clock

LEASED_MAX = 200
REPLIES_WAITING_MAX = 16_384
"""Above it answers are dropped: what they were about is due again."""

_SOURCE = Source("worker")

_BOOKED_HERE = frozenset({Kind.ADVICE, Kind.COMPLETION})
"""What was approved before any host heard of it."""

_UNWRITABLE = "cannot be written"
_REVERSALS = frozenset({"0420", "0421"})
_log = structlog.get_logger("core.deliveries")


class Deliveries:
    """`round` leases and asks what is due; `take_replies` takes what hosts answer to it."""

    def __init__(self, pool: asyncpg.Pool, bus: Bus, clock: Clock, *, instance: str) -> None:
        self._pool = pool
        self._clock = clock
        self.exchanges = Exchanges(
            bus,
            clock,
            inbox=core_inbox(instance, "worker"),
            key_of=attrgetter("id", "message", "replacement_minor"),
            unawaited=self._take_unawaited,
            unread=lambda each: _log.error(
                "host_reply_malformed", trace_id=each.id.hex(), error=each.error[:200]
            ),
        )
        self._replies: asyncio.Queue[tuple[DeliveryKind, HostReply]] = asyncio.Queue(REPLIES_WAITING_MAX)
        self.sent = 0
        self.accepted = 0
        self.refused = 0
        self.backlog = 0
        self.oldest_s = 0.0

    async def round(self) -> int:
        """Ask what is due; return how many were leased."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            leased = await connection.fetch(queries.lease_deliveries, now, LEASED_MAX)
            if not leased:
                return 0
            attempts = await read_each(
                lambda ids, days: connection.fetch(queries.read_delivered, ids, days),
                [(row["attempt_id"], row["business_date"]) for row in leased],
            )
        for lease in leased:
            attempt = attempts.get(lease["attempt_id"])
            if attempt is None:
                _log.error("delivery_without_attempt", trace_id=lease["attempt_id"].hex)
                continue
            try:
                request = request_of_delivery(lease, attempt, now)
            except UNREADABLE:
                # Due again, ever later, and seen in the backlog; the others leave.
                _log.exception("delivery_not_composed", trace_id=lease["attempt_id"].hex)
                continue
            self.exchanges.ask(
                Exchange(
                    request,
                    acquirer=attempt["acquirer"],
                    source=_SOURCE,
                    about=DeliveryKind(lease["kind"]),
                    settle=self._settle,
                )
            )
        self.sent += self.exchanges.send()
        return len(leased)

    async def measure(self) -> None:
        """Read the backlog, for the gauge and its alert."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(queries.count_deliveries)
        if row is not None:
            self.backlog, self.oldest_s = row["backlog"], row["oldest_s"]

    def _settle(self, outcomes: list[HostOutcome[DeliveryKind]]) -> None:
        for delivery, reply in outcomes:
            self._take_later(delivery.about, reply)

    def _take_unawaited(self, reply: HostReply) -> None:
        """Take what a host says late, or to a worker that has ended, of a reversal: its kind needs no memory."""
        if reply.message in _REVERSALS:
            in_part = reply.replacement_minor >= 0
            self._take_later(DeliveryKind.PARTIAL_REVERSAL if in_part else DeliveryKind.REVERSAL, reply)

    def _take_later(self, kind: DeliveryKind, reply: HostReply) -> None:
        try:
            self._replies.put_nowait((kind, reply))
        except asyncio.QueueFull:
            # What is lost here is due again: the host accepts a repeated reversal.
            _log.warning("host_reply_dropped", trace_id=reply.id.hex())

    async def take_replies(self) -> None:
        """Wait for answers and take them: what a host accepted is done, what it refused for good waits for a person.

        The rest is due again, ever later.
        """
        kind, reply = await self._replies.get()
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await self._take(connection, reply, kind)
        except (
            ValueError,
            OverflowError,
            LookupError,
            asyncpg.DataError,
            asyncpg.IntegrityConstraintViolationError,
        ):
            # Due again: the host accepts a repeat. The answers behind this one are taken.
            _log.exception("host_answer_not_taken", trace_id=reply.id.hex())

    async def _take(
        self, connection: asyncpg.pool.PoolConnectionProxy, reply: HostReply, kind: DeliveryKind
    ) -> None:
        delivery = UUID(reply.id), int(kind)
        if reply.result != HOST_REPLIED and reply.delivery != DELIVERY_REFUSED:
            await connection.execute(queries.note_delivery_result, *delivery, "no reply")
            return
        owed = await connection.fetchrow(queries.find_delivery, *delivery)
        if owed is None:
            return
        # The attempt first, then its deliveries: the order in which a reversal takes them.
        standing = await bookings.lock_by_id(connection, reply.id, owed["business_date"])
        if standing is None:
            return
        approved = owed["approved_late"] or is_approved_there(standing, delivered=owed["delivered"])
        match verdict_of(reply, kind, approved=approved):
            case "accepted":
                if await connection.fetchrow(queries.accept_delivery, *delivery, _result(reply)) is None:
                    return  # A second answer to the same message.
                self.accepted += 1
                state, event = standing.state, EventKind.DELIVERED
                if kind == DeliveryKind.REVERSAL:
                    event = EventKind.REVERSAL_ACCEPTED
                    state = await settle_reversal(connection, standing)
                await _note(connection, reply, standing, event, state)
            case "refused":
                if (
                    await connection.fetchrow(queries.keep_refused_delivery, *delivery, _result(reply))
                    is None
                ):
                    return
                self.refused += 1
                await _note(connection, reply, standing, EventKind.DELIVERY_REFUSED, standing.state)
            case "again":
                await connection.execute(queries.refuse_delivery, *delivery, _result(reply))


async def _note(
    connection: asyncpg.pool.PoolConnectionProxy,
    reply: HostReply,
    standing: Standing,
    event: EventKind,
    state: int,
) -> None:
    await bookings.note(
        connection,
        reply.id,
        standing.business_date,
        event,
        state=state,
        reason=standing.reason,
        cause=f"host {reply.host_code}" if reply.result == HOST_REPLIED else _UNWRITABLE,
        detail=reply.messages or None,
    )


def is_approved_there(standing: Standing, *, delivered: bool) -> bool:
    """Whether the host has said that it approved this attempt, or took it when it was `delivered`."""
    if standing.kind in _BOOKED_HERE:
        return delivered
    return standing.approved_minor > 0 or bool(standing.approval_code) or standing.host_code == "00"


def _result(reply: HostReply) -> str:
    if reply.result != HOST_REPLIED:
        return _UNWRITABLE
    if reply.differs:
        return f"answer differs: {reply.differs}"
    return f"code {reply.host_code}".rstrip()
