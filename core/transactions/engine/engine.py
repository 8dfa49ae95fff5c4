"""The engine: the machine of payments, fed with what terminals ask on the bus."""

from collections.abc import Callable

import structlog

from core.bus import Bus, ItemsReader, Subscription
from core.contracts.payment import AUTHORISE, Authorise, AuthoriseReply, are_plain
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from core.contracts.subjects import ENGINE_QUEUE, core_inbox, is_edge_inbox
from core.transactions.engine.arming import RECEIVED_AHEAD_MAX_US, QueuedAttempt
from core.transactions.engine.machine import EXCHANGES_OPEN_MAX, Machine
from core.transactions.exchanges.answers import Answers
from core.transactions.exchanges.exchange import Source
from core.transactions.exchanges.requests import HOST_MESSAGES
from core.values.clock import Clock
from core.values.ids import rrn_of

_log = structlog.get_logger("core.engine")


class Engine(Machine):
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
        super().__init__(
            dsn=dsn,
            bus=bus,
            clock=clock,
            name=instance,
            inbox=core_inbox(instance),
            answers=answers,
            committed=committed,
            host_deadline_ms=host_deadline_ms,
        )
        self._bus = bus
        self._clock = clock
        self._refund = refund
        self._read_asked = ItemsReader(
            Authorise, fits=are_plain, withheld=Authorise.__struct_fields__.index("sensitive")
        ).read
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Open the lanes, then take messages."""
        await super().start()
        self._subscription = self._bus.subscribe(AUTHORISE.subject, self._on_authorise, queue=ENGINE_QUEUE)

    async def stop(self) -> None:
        """Take nothing more and finish what runs; what is in flight stays sent and is reversed by the sweeper."""
        if self._subscription is not None:
            self._subscription.unsubscribe()
        await super().stop()

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
