"""The first debit of an order, whose holder is there: armed and sent by the engine, asked for by the desk (SCH-1)."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, Final, Literal, NamedTuple

import asyncpg
import msgspec
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.bus import Bus, BusError, BusRefused, Subscription
from core.cards.api import Authentication, StoredCard, proof_of_holder
from core.contracts.payment import AuthoriseReply
from core.contracts.payment_acts import PAY_FIRST, PayFirst
from core.contracts.subjects import ENGINE_QUEUE, EngineRequest, core_inbox, is_inbox_of
from core.db.rows import Connection
from core.schedules.collecting import store
from core.schedules.collecting.settling import settle
from core.schedules.orders import outcomes as orders
from core.transactions.stored_cards.machine import StoredCards
from core.transactions.stored_cards.payment import StoredPayment
from core.values.clock import Clock, from_unix_us, paris_date
from core.values.ids import AttemptIds

UNDER_WAY_MAX: Final = 512
ANSWER_TIMEOUT_S: Final = 12.0
"""The host has seven seconds; then the debit is unknown, and its reversal is on its way."""

FirstState = Literal["approved", "declined", "reversed", "under_way"]
"""Reversed: nobody knew, it was taken back, and the order waits for another try. Under way: nobody knows yet."""

_log = structlog.get_logger("core.collecting")
_encode = msgspec.msgpack.Encoder().encode


class FirstDebit(NamedTuple):
    """How the first debit of an order stands; `reason` is that of its transaction."""

    state: FirstState
    id: bytes | None = None
    reason: int = 0


class HolderRequest(NamedTuple):
    """What the machine is asked while a card's holder is there. `read` finds the payment; None: it is over, or never was."""

    request: EngineRequest
    read: Callable[[Connection, Any], Awaitable[StoredPayment | None]]


async def _read_first(connection: Connection, asked: PayFirst) -> StoredPayment | None:
    return await store.read_claimed(
        connection, UUID(asked.debit_id), sensitive=asked.sensitive, authentication=asked.authentication
    )


class FirstDebitServer:
    """Serves `core.acts.pay_first` and the like in an engine: the machine of payments, one at a time."""

    def __init__(
        self,
        *,
        dsn: str,
        pool: asyncpg.Pool,
        bus: Bus,
        clock: Clock,
        instance: str,
        host_deadline_ms: int,
        others: Sequence[HolderRequest] = (),
    ) -> None:
        self._pool = pool
        self._bus = bus
        name = f"{instance}-first"
        self._cards = StoredCards(
            dsn=dsn,
            bus=bus,
            clock=clock,
            name=name,
            inbox=core_inbox(name),
            committed=lambda: None,
            decided=self._on_decided,
            host_deadline_ms=host_deadline_ms,
        )
        self._waiting: dict[bytes, str] = {}  # reply subjects by payment
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions: list[Subscription] = []
        self._served = {one.request.subject: one for one in (HolderRequest(PAY_FIRST, _read_first), *others)}
        self._decoders = {
            subject: msgspec.msgpack.Decoder(one.request.asked) for subject, one in self._served.items()
        }

    async def start(self) -> None:
        """Open connections, then take requests."""
        await self._cards.start()
        self._subscriptions = [
            self._bus.subscribe(subject, self._on_request, queue=ENGINE_QUEUE) for subject in self._served
        ]

    async def stop(self) -> None:
        """Take nothing more; what is in flight is settled by the runs."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        await self._cards.stop()

    def _on_request(self, subject: str, reply: str, payload: bytes) -> None:
        one = self._served[subject]
        is_full = len(self._tasks) + len(self._waiting) >= UNDER_WAY_MAX
        if not is_inbox_of(one.request.asker, reply) or is_full:
            return
        try:
            asked = self._decoders[subject].decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # Not kept: it may hold a security code.
            _log.error("request_malformed", subject=subject, error=type(error).__name__)
            return
        task = asyncio.get_running_loop().create_task(self._pay(one, asked, reply))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pay(self, one: HolderRequest, asked: Any, reply: str) -> None:
        try:
            payment = await one.read(self._pool, asked)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # Nothing was armed: a round of the worker ends it.
            _log.warning("payment_not_read", subject=one.request.subject, error=type(error).__name__)
            return
        if payment is None:
            return
        self._waiting[payment.id] = reply
        if not self._cards.pay([payment]):
            self._waiting.pop(payment.id, None)

    def _on_decided(self, reply: AuthoriseReply) -> None:
        subject = self._waiting.pop(reply.id, None)
        if subject is not None:
            try:
                self._bus.publish(subject, _encode(reply))
            except BusRefused:
                _log.warning("answer_not_sent", subject=subject)


class FirstDebits:
    """The door for whoever sells: `begin` or `add` in a transaction of its own, then `pay`."""

    def __init__(self, pool: asyncpg.Pool, bus: Bus, clock: Clock, calendar: Clock) -> None:
        self._pool = pool
        self._bus = bus
        self._clock = clock
        self._calendar = calendar
        self._ids = AttemptIds(secrets.randbits(62))

    async def begin(
        self, connection: Connection, order_id: bytes, instalment_id: bytes
    ) -> tuple[bytes, date] | None:
        """Write the debit of an order that is locked and has a card and a terminal; None where one stands already."""
        if not await orders.claim(connection, [instalment_id]):
            return None
        return await self.add(connection, order_id, instalment_id)

    async def add(
        self, connection: Connection, order_id: bytes, instalment_id: bytes, *, card_id: bytes | None = None
    ) -> tuple[bytes, date]:
        """Write the debit of an instalment that is claimed, by another card than the order's where one is given.

        Raises: ValueError, where none can be written; the claim must not stand then.
        """
        made_at_us = self._clock.unix_us()
        debit_id = self._ids.next(made_at_us)
        added = await connection.fetchrow(
            store.SQL.add_first_debit,
            UUID(debit_id),
            UUID(order_id),
            from_unix_us(made_at_us // 1000 * 1000),
            paris_date(self._calendar.now()),
            UUID(instalment_id),
            None if card_id is None else UUID(card_id),
        )
        if added is None:
            raise ValueError("an instalment that was claimed has no debit")
        return debit_id, added["business_date"]

    async def pay(
        self, debit_id: bytes, business_date: date, card: StoredCard, authentication: Authentication
    ) -> None:
        """Finish it with what the card's holder proved, who is there."""
        proof = await proof_of_holder(self._bus, card, authentication)
        await self.finish(
            debit_id, business_date, sensitive=proof.sensitive, authentication=proof.authentication
        )

    async def finish(
        self, debit_id: bytes, business_date: date, *, sensitive: bytes, authentication: str
    ) -> None:
        """Have it paid, and let its order follow. Nothing is raised where no answer comes: `stands` says how it is."""
        asked = _encode(PayFirst(debit_id, sensitive, authentication))
        try:
            await self._bus.request(PAY_FIRST.subject, asked, ANSWER_TIMEOUT_S)
        except BusError as error:
            _log.warning("first_debit_unanswered", error=type(error).__name__)
        async with self._pool.acquire() as connection, connection.transaction():
            await settle(connection, [(UUID(debit_id), business_date)], now=self._calendar.now())

    async def stands(self, connection: Connection, order_id: bytes) -> FirstDebit | None:
        """Return how the last try stands, None where there was none."""
        row = await connection.fetchrow(store.SQL.last_first_debit, UUID(order_id))
        if row is None:
            return None
        state: FirstState = (
            "approved"
            if row["state"] == "approved"
            else "under_way"
            if row["state"] == "open"
            else "declined"
        )
        if row["state"] == "reversed":
            state = "reversed"
        return FirstDebit(state, row["id"].bytes, row["reason"])
