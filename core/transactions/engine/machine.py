"""The machine of payments: what is asked goes in, is armed, asked of its host, decided, and told.

Two pumps with a lane each, and the exchanges between them. The engine feeds one with what terminals ask; whoever pays by
cards that are kept feeds one of their own, in whatever process of core they work.
"""

from collections.abc import Callable
from operator import attrgetter

import structlog

from core.bus import Bus, Unread
from core.contracts.payment import HOST_REPLIED, HostReply
from core.db.lane import Lane, Pump
from core.transactions.bookings.store import queries as bookings
from core.transactions.engine.arming import Arming, Payment, QueuedAttempt
from core.transactions.engine.deciding import Deciding, NotRead, keep_aside
from core.transactions.engine.store import queries
from core.transactions.exchanges.answers import Answering
from core.transactions.exchanges.exchange import HostOutcome
from core.transactions.exchanges.exchanges import Exchanges
from core.values.clock import Clock

ARMING_LANES = 1
DECIDING_LANES = 1
BATCH_MAX = 256
WAITING_MAX = 16_384
"""Items before a pump; above it an attempt is refused as busy, with nothing recorded."""

EXCHANGES_OPEN_MAX = 65_536

HOST_REPLIES = "core.in.host"
"""What the answers of hosts are called where they are kept; each process has an inbox of its own."""

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


class Machine:
    """Arms, asks and decides what is added to `arming_pump`; `answers` hears what became of it, `inbox` the hosts.

    `name` tells its lanes from others of the process.
    """

    def __init__(
        self,
        *,
        dsn: str,
        bus: Bus,
        clock: Clock,
        name: str,
        inbox: str,
        answers: Answering,
        committed: Callable[[], None],
        host_deadline_ms: int,
        exchanges: type[Exchanges] = Exchanges,
    ) -> None:
        self._answers = answers
        self.exchanges = exchanges(
            bus,
            clock,
            inbox=inbox,
            key_of=attrgetter("id"),
            unawaited=self._keep_late,
            unread=lambda each: self._put_aside(HOST_REPLIES, each),
        )
        self.deciding = Deciding(clock=clock, answers=answers, committed=committed)
        self.deciding_pump: Pump[HostOutcome[Payment]] = Pump(
            _lanes(dsn, name, "decide", DECIDING_LANES, _DECIDING_STATEMENTS),
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
            _lanes(dsn, name, "arm", ARMING_LANES, _ARMING_STATEMENTS),
            self.arming,
            batch_max=BATCH_MAX,
            waiting_max=WAITING_MAX,
        )
        self._aside_pump: Pump[HostReply | NotRead] = Pump(
            _lanes(dsn, name, "aside", 1, ("note_late_replies", "keep_dead_letter")),
            keep_aside,
            batch_max=BATCH_MAX,
            waiting_max=EXCHANGES_OPEN_MAX,
        )
        self.malformed = 0

    @property
    def in_flight(self) -> int:
        """Attempts sent to a host and not yet answered."""
        return len(self.exchanges)

    async def start(self) -> None:
        """Open the lanes, then hear hosts."""
        await self.arming_pump.open()
        await self.deciding_pump.open()
        await self._aside_pump.open()
        self.exchanges.start()

    async def stop(self) -> None:
        """Finish what runs; what is in flight stays sent and is reversed by the sweeper."""
        self.exchanges.stop()
        await self.arming_pump.close()
        await self.deciding_pump.close()
        await self._aside_pump.close()
        self._answers.flush()

    def not_ready(self) -> list[str]:
        """Return why payments would fail just now."""
        return ["database"] if not self.arming_pump.open_lanes or not self.deciding_pump.open_lanes else []

    def _keep_late(self, reply: HostReply) -> None:
        """Keep what a host says of an attempt that is decided, or was sent by a process that has ended."""
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
