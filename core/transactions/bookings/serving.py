"""Bus subjects of what is booked one by one: request in, transaction, reply out."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from core.bus import Bus, BusRefused, Subscription, Unread, unread_of
from core.contracts.host_messages import HOST_SAYS, HostSaysKept
from core.contracts.payment import (
    ADMINISTRATIVE_ADVICE,
    BOOK,
    REFUSED_FACT,
    REVERSE,
    TOTALS,
    AuthoriseReply,
    TotalsReply,
)
from core.contracts.payment_acts import CARRY_OUT, CarryOut
from core.contracts.subjects import ENGINE_QUEUE, EngineRequest, is_inbox_of
from core.db.passing import is_passing
from core.terminals.api import keep_administrative_advice
from core.transactions.acts import store as acts
from core.transactions.acts.model import CANCEL
from core.transactions.bookings.advices import book
from core.transactions.bookings.dead_letters import keep_dead_letter, keep_refused_fact, refusal
from core.transactions.bookings.refunds import Refunds
from core.transactions.bookings.reversals import reverse
from core.transactions.bookings.totals import compare
from core.transactions.engine.arming import RECEIVED_AHEAD_MAX_US
from core.transactions.hosts.keeping import keep
from core.values.clock import Clock

UNDER_WAY_MAX = 2_048
"""Requests at once; above it they are not taken, and their terminals repeat."""

_log = structlog.get_logger("core.bookings")
_encode = msgspec.msgpack.Encoder().encode


class Bookings:
    """Serves reversals, advices, completions, totals, what hosts say, and carries out what people did."""

    def __init__(
        self,
        bus: Bus,
        pool: asyncpg.Pool,
        refunds: Refunds,
        *,
        clock: Clock,
        committed: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._bus = bus
        self._pool = pool
        self._refunds = refunds
        self._committed = committed
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions: list[Subscription] = []
        self.done = 0
        self.refused = 0
        self.failed = 0

    async def start(self) -> None:
        """Take messages."""
        for request, work in WORK.items():
            self._serve(request, partial(work, self._pool))
        self._serve(CARRY_OUT, self._carry_out)

    async def stop(self) -> None:
        """Take nothing more, and finish what is under way."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)

    async def _carry_out(self, asked: CarryOut) -> AuthoriseReply:
        async with self._pool.acquire() as connection:
            act = await acts.find(connection, asked.act_id)
        if act is None:
            return refusal(asked)
        if act.kind == CANCEL:
            return await self._refunds.cancel_by_agent(act)
        return await self._refunds.refund_by_agent(act)

    def _serve(self, request: EngineRequest, work: Callable[[Any], Awaitable[Any]]) -> None:
        subject = request.subject
        refused = REFUSED[request.reply]
        decode = msgspec.msgpack.Decoder(request.asked).decode

        def on_message(_subject: str, reply: str, payload: bytes) -> None:
            if not is_inbox_of(request.asker, reply):
                self.failed += 1
                _log.error("reply_subject_refused", subject=subject)
                return
            if len(self._tasks) >= UNDER_WAY_MAX:
                self.refused += 1
                return
            try:
                asked = decode(payload)
                if self._is_ahead(asked):
                    raise msgspec.ValidationError("received_at_us is still to come")
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                self.failed += 1
                _log.error("request_malformed", subject=subject, error=str(error)[:200])
                answering = self._refuse(subject, reply, unread_of(payload, error), refused)
            else:
                answering = self._answer(subject, reply, payload, work(asked), lambda: refused(asked))
            task = asyncio.get_running_loop().create_task(answering)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._subscriptions.append(self._bus.subscribe(subject, on_message, queue=ENGINE_QUEUE))

    def _is_ahead(self, asked: Any) -> bool:
        received_at_us: int = getattr(asked, "received_at_us", 0)
        return received_at_us > self._clock.unix_us() + RECEIVED_AHEAD_MAX_US

    async def _refuse(self, subject: str, reply: str, unread: Unread, refused: Callable[[Any], Any]) -> None:
        """Keep what no work can be done on, and tell its terminal."""
        if await keep_dead_letter(self._pool, subject, unread.raw, unread.error) and unread.id:
            self._say(subject, reply, refused(unread))

    async def _answer(
        self,
        subject: str,
        reply: str,
        payload: bytes,
        work: Awaitable[Any],
        refused: Callable[[], Any],
    ) -> None:
        try:
            answer = await work
        except Exception as error:
            self.failed += 1
            if is_passing(error):
                # Nothing is told; whether it committed is found by its key when the asker repeats.
                _log.warning("booking_unknown", subject=subject, error=type(error).__name__)
                return
            # It would fail as often as it is repeated: kept for a person, and its terminal is told.
            _log.exception("booking_refused_by_database", subject=subject)
            if not await keep_dead_letter(self._pool, subject, payload, error):
                return
            answer = refused()
        self._committed()
        self.done += 1
        self._say(subject, reply, answer)

    def _say(self, subject: str, reply: str, answer: Any) -> None:
        try:
            self._bus.publish(reply, _encode(answer))
        except BusRefused:
            _log.warning("answer_not_sent", subject=subject)


WORK: Final[dict[EngineRequest, Callable[[asyncpg.Pool, Any], Awaitable[Any]]]] = {
    REVERSE: reverse,
    BOOK: book,
    REFUSED_FACT: keep_refused_fact,
    TOTALS: compare,
    ADMINISTRATIVE_ADVICE: keep_administrative_advice,
    HOST_SAYS: keep,
}
"""What does each that is asked one by one; acts of people need the exchanges besides."""


def _unkept(_says: Any) -> HostSaysKept:
    return HostSaysKept(known=False, kept=False)


def _uncounted(asked: Any) -> TotalsReply:
    return TotalsReply(asked.id, in_balance=False, **dict.fromkeys(TotalsReply.__struct_fields__[2:], 0))


REFUSED: Final[dict[type[Any], Callable[[Any], Any]]] = {
    AuthoriseReply: refusal,
    TotalsReply: _uncounted,
    HostSaysKept: _unkept,
}
"""What is answered, by its type, to what was not done."""
