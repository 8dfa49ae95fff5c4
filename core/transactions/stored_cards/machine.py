"""The machine of payments for cards that are kept: the engine's own, in a process and on a bus inbox of the caller's.

A payment is armed, sent, decided and reversed by the statements that serve terminals, so that what holds for those
holds for these: the reversal is armed in the commit that precedes sending, no answer is unknown, and whoever dies in
between leaves nothing or an unknown, which the sweeper reverses.
"""

from collections.abc import Callable
from typing import Any

from core.bus import Bus
from core.contracts.payment import AuthoriseReply
from core.transactions.engine.machine import Machine
from core.transactions.exchanges.exchange import Exchange, Source
from core.transactions.exchanges.exchanges import Exchanges
from core.transactions.stored_cards.payment import StoredPayment
from core.values.clock import Clock

_SOURCE = Source("stored card")


class StoredCardExchanges(Exchanges):
    """Exchanges whose requests say who asks, and which payment was the first of the series."""

    def ask(self, exchange: Exchange[Any]) -> None:
        """Exchanges."""
        payment = exchange.about[0]
        if isinstance(payment, StoredPayment):  # A refund names its payment by nothing of this.
            request = exchange.request
            request.initiator = payment.initiator
            request.network_id = payment.network_id
            request.authentication = payment.authentication
        super().ask(exchange)


class StoredCards:
    """`pay` takes payments; `decided` hears of each that is durable, or refused with nothing recorded.

    Whoever hears nothing reads the attempt where it stands: one that is not there half a minute after its identifier was
    made never will be.
    """

    def __init__(
        self,
        *,
        dsn: str,
        bus: Bus,
        clock: Clock,
        name: str,
        inbox: str,
        committed: Callable[[], None],
        decided: Callable[[AuthoriseReply], None],
        host_deadline_ms: int,
    ) -> None:
        self.machine = Machine(
            dsn=dsn,
            bus=bus,
            clock=clock,
            name=name,
            inbox=inbox,
            answers=_Decided(decided),
            committed=committed,
            host_deadline_ms=host_deadline_ms,
            exchanges=StoredCardExchanges,
        )

    @property
    def under_way(self) -> int:
        """Payments that were taken and are not decided."""
        machine = self.machine
        return machine.arming_pump.waiting + machine.in_flight + machine.deciding_pump.waiting

    async def start(self) -> None:
        """Open connections."""
        await self.machine.start()

    async def stop(self) -> None:
        """Finish what runs; what is in flight stays sent and is reversed by the sweeper."""
        await self.machine.stop()

    def pay(self, payments: list[StoredPayment]) -> int:
        """Take payments; return how many were taken, from the first on."""
        if self.machine.arming_pump.is_down():
            return 0
        return self.machine.arming_pump.add_all([(payment, _SOURCE) for payment in payments])


class _Decided:
    """Gives answers to a function of the same process."""

    def __init__(self, decided: Callable[[AuthoriseReply], None]) -> None:
        self._decided = decided

    def answer(self, source: Source, reply: AuthoriseReply) -> None:  # noqa: ARG002 -- Answering.
        self._decided(reply)

    def tell(self, exchange: Exchange[Any], reply: AuthoriseReply) -> None:
        self._decided(reply)
        for asked_id, _ in exchange.waiters or ():
            self._decided(AuthoriseReply(asked_id, reply.reason, "", 0, reply.rrn))

    def flush(self) -> None:
        """Nothing waits."""
