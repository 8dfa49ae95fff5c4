"""The engine: subjects in, two pumps, subjects out."""

from collections.abc import Callable
from operator import attrgetter

import structlog

from core.bus import Bus, ItemsReader, Subscription, Unread
from core.contracts.payment import AUTHORISE, HOST_REPLIED, Authorise, AuthoriseReply, HostReply, are_plain
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from core.contracts.subjects import ENGINE_QUEUE, core_inbox, is_edge_inbox
from core.db.lane import Lane, Pump
from core.transactions.bookings.store import queries as bookings
from core.transactions.engine.arming import RECEIVED_AHEAD_MAX_US, Arming, Payment, QueuedAttempt
from core.transactions.engine.deciding import Deciding, NotRead, keep_aside
from core.transactions.engine.store import queries
from core.transactions.exchanges.answers import Answers
from core.transactions.exchanges.exchange import HostOutcome, Source
from core.transactions.exchanges.exchanges import Exchanges
from core.transactions.exchanges.requests import HOST_MESSAGES
from core.values.clock import Clock
from core.values.ids import rrn_of

ARMING_LANES = 1
DECIDING_LANES = 1
BATCH_MAX = 256
WAITING_MAX = 16_384
"""Items before a pump; above it an attempt is refused as busy, with nothing recorded."""

EXCHANGES_OPEN_MAX = 65_536

HOST_REPLIES = "core.in.host"
"""What the answers of hosts are called where they are kept; each engine has an inbox of its own."""

_log = structlog.get_logger("core.engine")

_ARMING_STATEMENTS = (
    "arm_attempts",
    "find_attempts",
    "find_repeated",
    "find_known",
    "keep_repeat_times",
    "list_marks",
    "show_marked",
    "read_labels",
    "keep_dead_letter",
)
_DECIDING_STATEMENTS = (
    "decide_attempts",
    "time_out_attempts",
    "read_outcomes",
    "note_late_replies",
    "keep_dead_letter",
)


class Engine:
    """Serves `core.engine.authorise`, and holds the exchanges with hosts of this process.

    `refund` takes the refunds of terminals, which are rare and decided one by one.
    """

    def __init__(
        self,
        *,
        dsn: str,
        bus: Bus,
        clock: Clock,
        instance: str,
        answers: Answers,
        committed: Callable[[], None],
        refund: Callable[[Authorise, Source], None],
        host_deadline_ms: int,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._refund = refund
        self._answers = answers
        self.exchanges = Exchanges(
            bus,
            clock,
            inbox=core_inbox(instance),
            key_of=attrgetter("id"),
            unawaited=self._keep_late,
            unread=lambda each: self._put_aside(HOST_REPLIES, each),
        )
        self.deciding = Deciding(clock=clock, answers=answers, committed=committed)
        self.deciding_pump: Pump[HostOutcome[Payment]] = Pump(
            _lanes(dsn, instance, "decide", DECIDING_LANES, _DECIDING_STATEMENTS),
            self.deciding,
            batch_max=BATCH_MAX,
            waiting_max=EXCHANGES_OPEN_MAX,
        )
        self.arming = Arming(
            clock=clock,
            exchanges=self.exchanges,
            answers=answers,
            settle=self.deciding_pump.add_all,
            requeue=lambda asked: self.arming_pump.add(asked),  # noqa: PLW0108 -- Made below.
            host_deadline_ms=host_deadline_ms,
        )
        self.arming_pump: Pump[QueuedAttempt] = Pump(
            _lanes(dsn, instance, "arm", ARMING_LANES, _ARMING_STATEMENTS),
            self.arming,
            batch_max=BATCH_MAX,
            waiting_max=WAITING_MAX,
        )
        self._aside_pump: Pump[HostReply | NotRead] = Pump(
            _lanes(dsn, instance, "aside", 1, ("note_late_replies", "keep_dead_letter")),
            keep_aside,
            batch_max=BATCH_MAX,
            waiting_max=EXCHANGES_OPEN_MAX,
        )
        self._read_asked = ItemsReader(
            Authorise, fits=are_plain, withheld=Authorise.__struct_fields__.index("sensitive")
        ).read
        self._subscription: Subscription | None = None
        self.malformed = 0

    @property
    def in_flight(self) -> int:
        """Attempts sent to a host and not yet answered."""
        return len(self.exchanges)

    async def start(self) -> None:
        """Open the lanes, then take messages."""
        await self.arming_pump.open()
        await self.deciding_pump.open()
        await self._aside_pump.open()
        self.exchanges.start()
        self._subscription = self._bus.subscribe(AUTHORISE.subject, self._on_authorise, queue=ENGINE_QUEUE)

    async def stop(self) -> None:
        """Take nothing more and finish what runs; what is in flight stays sent and is reversed by the sweeper."""
        if self._subscription is not None:
            self._subscription.unsubscribe()
        self.exchanges.stop()
        await self.arming_pump.close()
        await self.deciding_pump.close()
        await self._aside_pump.close()
        self._answers.flush()

    def not_ready(self) -> list[str]:
        """Return why payments would fail just now."""
        return ["database"] if not self.arming_pump.open_lanes or not self.deciding_pump.open_lanes else []

    def _on_authorise(self, _subject: str, reply: str, payload: bytes) -> None:
        if not is_edge_inbox(reply):
            # Answered there, core would say under its own name what somebody else wrote.
            self.malformed += 1
            _log.error("reply_subject_refused", subject=AUTHORISE.subject)
            return
        source = Source("terminal", reply)
        items, unread = self._read_asked(payload)
        for each in unread:
            self._put_aside(AUTHORISE.subject, each)
            if each.id:
                self._refuse(source, each.id, Reason.MESSAGE_REFUSED)
        if len(self.exchanges) > EXCHANGES_OPEN_MAX or self.arming_pump.is_down():
            # Nothing was recorded, so the terminal may be told at once that we cannot serve it.
            for item in items:
                self._refuse(source, item.id, Reason.SYSTEM_BUSY)
            return
        asked: list[QueuedAttempt] = []
        for item in items:
            if item.kind == Kind.REFUND:
                if item.received_at_us > self._clock.unix_us() + RECEIVED_AHEAD_MAX_US:
                    self._refuse(source, item.id, Reason.SYSTEM_BUSY)
                    continue
                self._refund(item, source)
            elif item.kind in HOST_MESSAGES:
                asked.append((item, source))
            else:
                self.malformed += 1
                self._refuse(source, item.id, Reason.MESSAGE_REFUSED)
        taken = self.arming_pump.add_all(asked)
        for item, _ in asked[taken:]:
            self._refuse(source, item.id, Reason.SYSTEM_BUSY)

    def _refuse(self, source: Source, asked_id: bytes, reason: Reason) -> None:
        self._answers.answer(source, AuthoriseReply(asked_id, reason, "", 0, rrn_of(asked_id)))

    def _keep_late(self, reply: HostReply) -> None:
        """Keep what a host says of an attempt that is decided, or was sent by an engine that has ended."""
        if reply.result == HOST_REPLIED:
            self._aside_pump.add(reply)

    def _put_aside(self, subject: str, unread: Unread) -> None:
        """Keep for a person what cannot be read; what came beside it goes its way."""
        self.malformed += 1
        _log.error("item_malformed", subject=subject, trace_id=unread.id.hex(), error=unread.error[:200])
        self._aside_pump.add(NotRead(subject, unread))


def _lanes(dsn: str, instance: str, purpose: str, count: int, names: tuple[str, ...]) -> list[Lane]:
    texts = {name: getattr(bookings if name == "list_marks" else queries, name) for name in names}
    return [Lane(dsn, texts, name=f"guichet-{instance}-{purpose}{n}") for n in range(count)]
