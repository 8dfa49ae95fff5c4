"""Bus subjects of what is booked one by one: request in, transaction, reply out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import structlog

from core.bus import Bus, BusRefused, Subscription
from core.contracts.agent_actions import CANCEL_SUBJECT, REFUND_SUBJECT, CancelByAgent, RefundByAgent
from core.contracts.host_messages import HOST_SAYS, HostSays
from core.contracts.payment import Book, Reverse, Totals
from core.contracts.subjects import BOOK, ENGINE_QUEUE, REVERSE, TOTALS
from core.transactions.bookings.advices import book
from core.transactions.bookings.refunds import Refunds
from core.transactions.bookings.reversals import reverse
from core.transactions.bookings.totals import compare
from core.transactions.hosts.keeping import keep

UNDER_WAY_MAX = 2_048
"""Requests at once; above it they are not taken, and their terminals repeat."""

_log = structlog.get_logger("core.bookings")
_encode = msgspec.msgpack.Encoder().encode


class Door:
    """Serves reversals, advices, completions, totals, what hosts say, and what agents ask of the engine."""

    def __init__(
        self, bus: Bus, pool: asyncpg.Pool, refunds: Refunds, *, committed: Callable[[], None]
    ) -> None:
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
        self._serve(REVERSE, Reverse, lambda asked: reverse(self._pool, asked))
        self._serve(BOOK, Book, lambda asked: book(self._pool, asked))
        self._serve(TOTALS, Totals, lambda asked: compare(self._pool, asked))
        self._serve(REFUND_SUBJECT, RefundByAgent, self._refunds.refund_by_agent)
        self._serve(HOST_SAYS, HostSays, lambda asked: keep(self._pool, asked))
        self._serve(CANCEL_SUBJECT, CancelByAgent, self._refunds.cancel_by_agent)

    async def stop(self) -> None:
        """Take nothing more, and finish what is under way."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)

    def _serve(self, subject: str, shape: type[Any], work: Callable[[Any], Awaitable[Any]]) -> None:
        decode = msgspec.msgpack.Decoder(shape).decode

        def on_message(_subject: str, reply: str, payload: bytes) -> None:
            if len(self._tasks) >= UNDER_WAY_MAX:
                self.refused += 1
                return
            try:
                asked = decode(payload)
            except msgspec.DecodeError as error:
                self.failed += 1
                _log.error("request_malformed", subject=subject, error=type(error).__name__)
                return
            task = asyncio.get_running_loop().create_task(self._answer(subject, reply, work(asked)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._subscriptions.append(self._bus.subscribe(subject, on_message, queue=ENGINE_QUEUE))

    async def _answer(self, subject: str, reply: str, work: Awaitable[Any]) -> None:
        try:
            answer = await work
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # Nothing is told; whether it committed is found by its key when the asker repeats.
            self.failed += 1
            _log.warning("booking_unknown", subject=subject, error=type(error).__name__)
            return
        except Exception:
            # A message that no statement can take: its asker times out, the others flow.
            self.failed += 1
            _log.exception("booking_broken", subject=subject)
            return
        self._committed()
        self.done += 1
        try:
            self._bus.publish(reply, _encode(answer))
        except BusRefused:
            _log.warning("answer_not_sent", subject=subject)
