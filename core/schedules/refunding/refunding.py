"""Sends back what orders owe, through the machine of refunds (SCH-5).

It may be killed at any step and started again, and run in several processes at once:

| step | in one transaction | killed after it |
|---|---|---|
| 1 share | parts of what is owed, each of a payment that was collected | the next round sends them |
| 2 arm and ask | by the machine: the refund reserved on its payment | the sweeper reverses what was sent, as nobody knows |
| 3 settle | what the attempt says: the part, and what was owed | nothing is left |

Each part has the identifier of its transaction from the beginning, so that sending it again finds it recorded. Nothing else is
sent of what is owed while nobody knows of a part of it. What cannot be shared or sent is put off and seen on its order, and
stops none of the others.
"""

import secrets
from typing import Any, Final

import asyncpg
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.contracts.reasons import Reason
from core.db.passing import is_passing
from core.db.queries import load_beside
from core.db.rows import Connection
from core.schedules.orders import outcomes as orders
from core.schedules.orders.store import RUN, Event, add_events, hold
from core.schedules.refunding.rules import LAST_PAUSE, Paid, send_after, shares_of
from core.transactions.bookings.refunds import OfDebit, Refunds
from core.values.clock import Clock, from_unix_us
from core.values.ids import AttemptIds

SHARED_MAX: Final = 50
SENT_MAX: Final = 50
SETTLED_MAX: Final = 200

_FIRST: Final = UUID(bytes(16))
_SQL: Final = load_beside(__file__)
_log = structlog.get_logger("core.refunding")


class Refunding:
    """`round` is called by the worker, again and again. What is sent is dated by `clock`, schedules by `calendar`."""

    def __init__(self, pool: asyncpg.Pool, refunds: Refunds, clock: Clock, calendar: Clock) -> None:
        self._pool = pool
        self._refunds = refunds
        self._clock = clock
        self._calendar = calendar
        self._ids = AttemptIds(secrets.randbits(62))
        self._sent_after = self._settled_after = _FIRST
        self.sent = 0

    async def round(self) -> int:
        """Settle what is decided, share what is owed, send what was shared; return how much there was to do."""
        settled = await self.settle_decided()
        shared = await self.share_owed()
        return settled + shared + await self.send_shared()

    async def share_owed(self) -> int:
        """Write of which payments is given back what is owed."""
        owed = await self._pool.fetch(_SQL.refunds_to_share, self._clock.now(), SHARED_MAX)
        for row in owed:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    await hold(connection, [row["order_id"].bytes])
                    await self._share(connection, row["id"], row["order_id"])
            except Exception as error:
                if is_passing(error):
                    raise
                _log.exception("refund_not_shared", refund=row["id"].hex)
                await self._put_off(row["id"], row["order_id"])
        return len(owed)

    async def _share(self, connection: Connection, refund_id: UUID, order_id: UUID) -> None:
        left: Any = await connection.fetchrow(_SQL.left_of_refund, refund_id, self._clock.now())
        if not left["is_due"] or left["left_minor"] <= 0:
            return
        payments = [
            Paid(row["id"].bytes, row["left_minor"])
            for row in await connection.fetch(_SQL.payments_of_order, order_id)
        ]
        shares = shares_of(left["left_minor"], payments)
        if sum(share.amount_minor for share in shares) < left["left_minor"]:
            # More is owed than was collected: no refund of ours puts that right.
            _log.error("refund_above_collected", refund=refund_id.hex)
            await connection.execute(_SQL.send_refund_after, refund_id, None)
            reason = Reason.REFUND_ABOVE_CAPTURED
            await self._tell_refused(connection, order_id, refund_id, left["left_minor"], reason)
            return
        for share in shares:
            made_at_us = self._clock.unix_us()
            added = await connection.fetchval(
                _SQL.add_part,
                UUID(self._ids.next(made_at_us)),
                refund_id,
                UUID(share.debit_id),
                share.amount_minor,
                from_unix_us(made_at_us // 1000 * 1000),
            )
            if added is None:
                raise ValueError("a part was not written: its payment has one, or no terminal")

    async def _put_off(self, refund_id: UUID, order_id: UUID) -> None:
        """Try one again a day later that could not be shared, so that others come first; people see it on the order."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            await hold(connection, [order_id.bytes])
            left: Any = await connection.fetchrow(_SQL.left_of_refund, refund_id, now)
            if left["is_due"]:
                await connection.execute(_SQL.send_refund_after, refund_id, now + LAST_PAUSE)
                reason = Reason.MESSAGE_REFUSED
                await self._tell_refused(connection, order_id, refund_id, left["left_minor"], reason)

    async def send_shared(self) -> int:
        """Arm parts that are not, and ask their hosts."""
        parts = await self._pool.fetch(_SQL.parts_to_send, self._sent_after, SENT_MAX)
        for row in parts:
            self._sent_after = row["id"]
            try:
                await self._send(row)
            except Exception as error:
                if is_passing(error):
                    raise
                # Whether it was armed is not known: it stays as it is, and the others come first.
                _log.exception("refund_not_sent", trace_id=row["id"].hex)
        if len(parts) < SENT_MAX:
            self._sent_after = _FIRST
        self.sent += len(parts)
        return len(parts)

    async def _send(self, part: asyncpg.Record) -> None:
        reason = await self._refunds.refund_debit(
            OfDebit(
                part["id"].bytes,
                part["debit_id"].bytes,
                part["debit_date"],
                part["amount_minor"],
                part["currency"],
                part["stan"],
                part["business_date"],
            )
        )
        if reason in (Reason.ORIGINAL_NOT_FOUND, Reason.REPEAT_DIFFERS):
            await self._end_unarmed(part["id"], part["order_id"], reason)

    async def _end_unarmed(self, part_id: UUID, order_id: UUID, reason: Reason) -> None:
        """End a part that nobody can arm: its payment is not there, or its number is another one's. What is recorded stays."""
        async with self._pool.acquire() as connection, connection.transaction():
            await hold(connection, [order_id.bytes])
            part = await connection.fetchrow(_SQL.end_unarmed_part, part_id, reason, self._clock.now())
            if part is not None:
                _log.error("refund_never_armed", trace_id=part_id.hex, reason=reason.name.lower())
                await self._try_later(connection, part_id, part, is_refused=True)

    async def settle_decided(self) -> int:
        """Let what the attempts of parts say be so."""
        decided = await self._pool.fetch(_SQL.parts_decided, self._settled_after, SETTLED_MAX)
        for row in decided:
            self._settled_after = row["id"]
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    await hold(connection, [row["order_id"].bytes])
                    await self._settle(connection, row["id"])
            except Exception as error:
                if is_passing(error):
                    raise
                _log.exception("refund_not_settled", trace_id=row["id"].hex)
        if len(decided) < SETTLED_MAX:
            self._settled_after = _FIRST
        return len(decided)

    async def _settle(self, connection: Connection, part_id: UUID) -> None:
        part = await connection.fetchrow(_SQL.end_part, part_id, self._clock.now())
        if part is None:
            return
        if part["state"] != "approved":
            await self._try_later(connection, part_id, part, is_refused=part["state"] == "declined")
        elif await connection.fetchval(_SQL.is_refunded, part["refund_id"]):
            await orders.mark_refunds_sent(connection, [part["refund_id"].bytes], at=self._calendar.now())

    async def _try_later(
        self, connection: Connection, part_id: UUID, part: asyncpg.Record, *, is_refused: bool
    ) -> None:
        """Say when what a part did not give back is tried again; people see what was refused, and what nothing is tried of."""
        failures: Any = await connection.fetchval(_SQL.failures_of_refund, part["refund_id"])
        after = send_after(is_refused=is_refused, failures=failures, now=self._clock.now())
        await connection.execute(_SQL.send_refund_after, part["refund_id"], after)
        if is_refused or after is None:
            await self._tell_refused(
                connection, part["order_id"], part_id, part["amount_minor"], part["reason"]
            )

    async def _tell_refused(
        self, connection: Connection, order_id: UUID, about: UUID, amount_minor: int, reason: int
    ) -> None:
        facts = {"reason": reason, "amount": amount_minor}
        event = Event(order_id.bytes, self._calendar.now(), "refund_refused", RUN, about.bytes, facts)
        await add_events(connection, [event])
