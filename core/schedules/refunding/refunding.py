"""Sends back what orders owe, through the machine of refunds (SCH-5).

It may be killed at any step and started again, and run in several processes at once:

| step | in one transaction | killed after it |
|---|---|---|
| 1 share | parts of what is owed, each of a payment that was collected | the next round sends them |
| 2 arm and ask | by the machine: the refund reserved on its payment | the sweeper reverses what was sent, as nobody knows |
| 3 settle | what the attempt says: the part, and what was owed | nothing is left |

Each part has the identifier of its transaction from the beginning, so that sending it again finds it recorded. Nothing else is
sent of what is owed while nobody knows of a part of it.
"""

import secrets
from typing import Any, Final

import asyncpg
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.db.queries import load_beside
from core.db.rows import Connection
from core.schedules.orders import outcomes as orders
from core.schedules.orders.store import RUN, Event, add_events, hold
from core.schedules.refunding.rules import Paid, send_after, shares_of
from core.transactions.bookings.refunds import OfDebit, Refunds
from core.values.clock import Clock, from_unix_us
from core.values.ids import AttemptIds

SHARED_MAX: Final = 50
SENT_MAX: Final = 50
SETTLED_MAX: Final = 200

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
            async with self._pool.acquire() as connection, connection.transaction():
                await hold(connection, [row["order_id"].bytes])
                await self._share(connection, row["id"], row["order_id"])
        return len(owed)

    async def _share(self, connection: Connection, refund_id: UUID, order_id: UUID) -> None:
        left: Any = await connection.fetchrow(_SQL.left_of_refund, refund_id)
        if left["is_sent"] or left["left_minor"] <= 0:
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
            return
        for share in shares:
            made_at_us = self._clock.unix_us()
            await connection.execute(
                _SQL.add_part,
                UUID(self._ids.next(made_at_us)),
                refund_id,
                UUID(share.debit_id),
                share.amount_minor,
                from_unix_us(made_at_us // 1000 * 1000),
            )

    async def send_shared(self) -> int:
        """Arm parts that are not, and ask their hosts."""
        parts = await self._pool.fetch(_SQL.parts_to_send, SENT_MAX)
        for row in parts:
            await self._refunds.refund_debit(
                OfDebit(
                    row["id"].bytes,
                    row["debit_id"].bytes,
                    row["debit_date"],
                    row["amount_minor"],
                    row["currency"],
                    row["stan"],
                    row["business_date"],
                )
            )
        self.sent += len(parts)
        return len(parts)

    async def settle_decided(self) -> int:
        """Let what the attempts of parts say be so."""
        decided = await self._pool.fetch(_SQL.parts_decided, SETTLED_MAX)
        for row in decided:
            async with self._pool.acquire() as connection, connection.transaction():
                await hold(connection, [row["order_id"].bytes])
                await self._settle(connection, row["id"])
        return len(decided)

    async def _settle(self, connection: Connection, part_id: UUID) -> None:
        now = self._clock.now()
        part = await connection.fetchrow(_SQL.end_part, part_id, now)
        if part is None:
            return
        refund_id: UUID = part["refund_id"]
        if part["state"] == "approved":
            if await connection.fetchval(_SQL.is_refunded, refund_id):
                await orders.mark_refunds_sent(connection, [refund_id.bytes], at=self._calendar.now())
            return
        failures: Any = await connection.fetchval(_SQL.failures_of_refund, refund_id)
        is_refused = part["state"] == "declined"
        after = send_after(is_refused=is_refused, failures=failures, now=now)
        await connection.execute(_SQL.send_refund_after, refund_id, after)
        if is_refused or after is None:
            facts = {"reason": part["reason"], "amount": part["amount_minor"]}
            event = Event(
                part["order_id"].bytes, self._calendar.now(), "refund_refused", RUN, part_id.bytes, facts
            )
            await add_events(connection, [event])
