"""The engine: subjects in, two pumps, subjects out."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from core.bus import Bus, ItemsReader, Subscription, Unread
from core.contracts.payment import (
    HOST_NO_REPLY,
    HOST_NOT_SENT,
    HOST_REPLIED,
    Authorise,
    AuthoriseReply,
    HostReply,
    are_codes,
    are_plain,
)
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from core.contracts.subjects import AUTHORISE, ENGINE_QUEUE, core_inbox, core_inbox_of_batch, is_edge_inbox
from core.db.lane import Lane, Pump
from core.transactions.engine.arming import HOST_MESSAGES, RECEIVED_AHEAD_MAX_US, Arming, Asked
from core.transactions.engine.deciding import Deciding, NotRead, Told, keep_aside
from core.transactions.engine.flight import Flight
from core.transactions.engine.labels import LabelCache
from core.transactions.engine.outbound import Outbound
from core.transactions.engine.store import queries
from core.values.clock import Clock
from core.values.ids import rrn_of

ARMING_LANES = 1
DECIDING_LANES = 1
BATCH_MAX = 256
WAITING_MAX = 16_384
"""Items before a pump; above it an attempt is refused as busy, with nothing recorded."""

FLIGHTS_MAX = 65_536
GUARD_INTERVAL_S = 0.25
GUARD_GRACE_US = 1_500_000
"""The link reports its own deadline; this long after it, the engine no longer waits for the report."""

HOST_REPLIES = "core.in.host"
"""What the answers of hosts are called where they are kept; each engine has an inbox of its own."""

_log = structlog.get_logger("core.engine")

_ARMING_STATEMENTS = ("arm_attempts", "find_attempts", "find_repeated", "read_labels", "keep_dead_letter")
_DECIDING_STATEMENTS = (
    "decide_attempts",
    "time_out_attempts",
    "read_outcomes",
    "note_late_replies",
    "keep_dead_letter",
)


class RefundTaker(Protocol):
    """What the engine needs of refunds, which are rare and decided one by one."""

    def refund_asked(self, item: Authorise, reply_to: str) -> None:
        """Take a refund asked by a terminal."""
        ...

    def is_waiting_for(self, attempt_id: bytes) -> bool:
        """Whether a host reply with this id is a refund's."""
        ...

    def refund_told(self, reply: HostReply) -> None:
        """Take the host's answer to a refund."""
        ...


class Engine:
    """Serves `core.engine.authorise` and the answers of the host links."""

    def __init__(
        self,
        *,
        dsn: str,
        bus: Bus,
        clock: Clock,
        instance: str,
        outbound: Outbound,
        committed: Callable[[], None],
        refunds: RefundTaker,
        host_deadline_ms: int,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._inbox = core_inbox(instance)
        self._refunds = refunds
        self._flights: dict[bytes, Flight] = {}
        self._labels = LabelCache()
        self._answer = outbound.answer
        self._outbound = outbound
        self.arming = Arming(
            clock=clock,
            flights=self._flights,
            labels=self._labels,
            answer=outbound.answer,
            send=outbound.send,
            unsent=self._unsent,
            host_deadline_ms=host_deadline_ms,
        )
        self.deciding = Deciding(clock=clock, answer=outbound.answer, committed=committed)
        self.arming_pump: Pump[Asked] = Pump(
            _lanes(dsn, instance, "arm", ARMING_LANES, _ARMING_STATEMENTS),
            self.arming,
            batch_max=BATCH_MAX,
            waiting_max=WAITING_MAX,
        )
        self.deciding_pump: Pump[Told] = Pump(
            _lanes(dsn, instance, "decide", DECIDING_LANES, _DECIDING_STATEMENTS),
            self.deciding,
            batch_max=BATCH_MAX,
            waiting_max=FLIGHTS_MAX,
        )
        self.arming.requeue = self.arming_pump.add
        self._aside_pump: Pump[HostReply | NotRead] = Pump(
            _lanes(dsn, instance, "aside", 1, ("note_late_replies", "keep_dead_letter")),
            keep_aside,
            batch_max=BATCH_MAX,
            waiting_max=FLIGHTS_MAX,
        )
        self._read_asked = ItemsReader(
            Authorise, fits=are_plain, withheld=Authorise.__struct_fields__.index("sensitive")
        ).read
        self._read_told = ItemsReader(HostReply, fits=are_codes).read
        self._guard: asyncio.Task[None] | None = None
        self._subscriptions: list[Subscription] = []
        self.malformed = 0

    @property
    def in_flight(self) -> int:
        """Attempts sent to a host and not yet answered."""
        return len(self._flights)

    async def start(self) -> None:
        """Open the lanes, then take messages."""
        await self.arming_pump.open()
        await self.deciding_pump.open()
        await self._aside_pump.open()
        self._subscriptions = [
            self._bus.subscribe(self._inbox, self._on_host_replies),
            # Answers come to the inbox; here the bus says which batch found no link up anywhere.
            self._bus.subscribe(
                core_inbox_of_batch(self._inbox, "*"),
                self._on_host_replies,
                on_no_responders=self._on_no_links,
            ),
            self._bus.subscribe(AUTHORISE, self._on_authorise, queue=ENGINE_QUEUE),
        ]
        self._guard = asyncio.get_running_loop().create_task(self._guard_flights())

    async def stop(self) -> None:
        """Take nothing more and finish what runs; what is in flight stays sent and is reversed by the sweeper."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        if self._guard is not None:
            self._guard.cancel()
        await self.arming_pump.close()
        await self.deciding_pump.close()
        await self._aside_pump.close()
        self._outbound.flush()

    def not_ready(self) -> list[str]:
        """Return why payments would fail just now."""
        return ["database"] if not self.arming_pump.open_lanes or not self.deciding_pump.open_lanes else []

    def _on_authorise(self, _subject: str, reply: str, payload: bytes) -> None:
        if not is_edge_inbox(reply):
            # Answered there, core would say under its own name what somebody else wrote.
            self.malformed += 1
            _log.error("reply_subject_refused", subject=AUTHORISE)
            return
        items, unread = self._read_asked(payload)
        for each in unread:
            self._put_aside(AUTHORISE, each)
            if each.id:
                self._answer(reply, AuthoriseReply(each.id, Reason.MESSAGE_REFUSED, "", 0, rrn_of(each.id)))
        if len(self._flights) > FLIGHTS_MAX or self.arming_pump.is_down():
            # Nothing was recorded, so the terminal may be told at once that we cannot serve it.
            for item in items:
                self._answer(reply, _busy(item))
            return
        asked: list[Asked] = []
        for item in items:
            if item.kind == Kind.REFUND:
                if item.received_at_us > self._clock.unix_us() + RECEIVED_AHEAD_MAX_US:
                    self._answer(reply, _busy(item))
                    continue
                self._refunds.refund_asked(item, reply)
            elif item.kind in HOST_MESSAGES:
                asked.append((item, reply))
            else:
                self.malformed += 1
                self._answer(reply, AuthoriseReply(item.id, Reason.MESSAGE_REFUSED, "", 0, rrn_of(item.id)))
        taken = self.arming_pump.add_all(asked)
        for item, _ in asked[taken:]:
            self._answer(reply, _busy(item))

    def _on_host_replies(self, _subject: str, _reply: str, payload: bytes) -> None:
        replies, unread = self._read_told(payload)
        for each in unread:  # Its attempt stays sent: it is timed out and reversed.
            self._put_aside(HOST_REPLIES, each)
        self._told(replies)

    def _on_no_links(self, subject: str) -> None:
        """No link is up, so nothing has left: declined at once, and nothing is owed."""
        ids = self._outbound.taken_by_nobody(subject)
        if ids:
            _log.warning("no_host_link", requests=len(ids))
            self._told([not_sent(attempt_id) for attempt_id in ids])

    def _told(self, replies: list[HostReply]) -> None:
        flights = self._flights
        told: list[Told] = []
        for reply in replies:
            flight = None if reply.late else flights.pop(reply.id, None)
            if flight is not None:
                told.append(Told(flight, reply))
            elif not reply.late and self._refunds.is_waiting_for(reply.id):
                self._refunds.refund_told(reply)
            elif reply.result == HOST_REPLIED:
                self._aside_pump.add(reply)
        self.deciding_pump.add_all(told)

    def _put_aside(self, subject: str, unread: Unread) -> None:
        """Keep for a person what cannot be read; what came beside it goes its way."""
        self.malformed += 1
        _log.error("item_malformed", subject=subject, trace_id=unread.id.hex(), error=unread.error[:200])
        self._aside_pump.add(NotRead(subject, unread))

    def _unsent(self, flight: Flight) -> None:
        """The bus refused a batch: part of it may have left, so these are unknown, not declined."""
        if self._flights.pop(flight.item.id, None) is not None:
            self.deciding_pump.add(Told(flight, no_reply(flight.item.id)))

    async def _guard_flights(self) -> None:
        """Time out what no link has reported on.

        All of them are looked at: deadlines come from the clocks of several edges, and what was put back in the queue
        takes off late, so that the first of them says nothing of the others.
        """
        while True:
            await asyncio.sleep(GUARD_INTERVAL_S)
            try:
                self._time_out_silent()
            except Exception:
                _log.exception("round_broken", round="guard")

    def _time_out_silent(self) -> None:
        flights = self._flights
        oldest_us = self._clock.unix_us() - GUARD_GRACE_US
        expired = [
            Told(flight, no_reply(attempt_id))
            for attempt_id, flight in flights.items()
            if flight.deadline_at_us <= oldest_us
        ]
        for told in expired:
            del flights[told.flight.item.id]
        if expired:
            _log.warning("links_silent", flights=len(expired))
            self.deciding_pump.add_all(expired)


def no_reply(attempt_id: bytes) -> HostReply:
    """Return what a link that never spoke would have said."""
    return HostReply(attempt_id, "", HOST_NO_REPLY, Reason.HOST_NO_REPLY, "", "", 0, 0, 0, b"")


def not_sent(attempt_id: bytes) -> HostReply:
    """Return what a link would say of a request that never left."""
    return HostReply(attempt_id, "", HOST_NOT_SENT, Reason.HOST_UNREACHABLE, "", "", 0, 0, 0, b"")


def _busy(item: Authorise) -> AuthoriseReply:
    return AuthoriseReply(item.id, Reason.SYSTEM_BUSY, "", 0, rrn_of(item.id))


def _lanes(dsn: str, instance: str, purpose: str, count: int, names: tuple[str, ...]) -> list[Lane]:
    texts = {name: getattr(queries, name) for name in names}
    return [Lane(dsn, texts, name=f"guichet-{instance}-{purpose}{n}") for n in range(count)]
