"""A shop that sells in instalments: orders as they stand after their first debit, and runs that collect the rest."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from core.bus import Bus
from core.contracts.reasons import Reason
from core.schedules.collecting.collecting import LEFT_AGE_S, Collecting
from core.transactions.stored_cards.forestalling import ARMED_NO_MORE_S
from core.values.clock import paris_date
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.conftest import HOST_DEADLINE_MS
from tests.integration.core.transactions.world import MovedClock, World, eventually, until

FORGET = """
SET LOCAL session_replication_role = replica;
DELETE FROM order_refund_part;
DELETE FROM card_try_day;
DELETE FROM card_change;
DELETE FROM card_update;
DELETE FROM debit;
DELETE FROM order_event;
DELETE FROM order_notice;
DELETE FROM mail;
DELETE FROM order_cancellation;
DELETE FROM order_refund;
DELETE FROM order_pause;
DELETE FROM instalment;
DELETE FROM settlement;
DELETE FROM purchase_order;
DELETE FROM stored_card;
DELETE FROM collection_run;
DELETE FROM collection_pause;
DELETE FROM webhook_delivery;
DELETE FROM webhook_event;
DELETE FROM webhook_endpoint;
SET LOCAL session_replication_role = origin;
"""

REFUSE = """
CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {condition} THEN RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'not this one'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_one BEFORE {event} FOR EACH ROW EXECUTE FUNCTION refuse_one();
"""
REFUSE_NO_MORE = "DROP FUNCTION refuse_one CASCADE"

ADD_CARD = """
INSERT INTO stored_card (
    token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, network_transaction_id, stored_at, verified_at
) VALUES (uuidv7(), $1, '\\x01', $2, '497010', '0014', $3, 2, 'abcdefghij', now(), now()) RETURNING id
"""
ADD_ORDER = """
INSERT INTO purchase_order (
    company_id, reference, plan_id, currency, amount_minor, fee_minor, email, email_key, customer_name, language, purchased_on,
    made_at, activated_at, card_id, terminal_id, state
)
SELECT $1, $2, p.id, 'EUR', $3, 0, 'odette@example.com', 'odette@example.com', 'Odette', 'fr', $4, now(), now(), $5, $6,
    'in_progress'
FROM plan AS p WHERE p.code = '3x'
RETURNING id
"""
ADD_INSTALMENT = """
INSERT INTO instalment (order_id, number, due_on, amount_minor, state, paid_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
ROW = "SELECT * FROM instalment WHERE id = $1"
DEBITS = "SELECT * FROM debit WHERE instalment_id = $1 ORDER BY id"


@dataclass
class Shop:
    """One company's shop in the world."""

    SETTLED_BY_OTHERS: ClassVar[timedelta] = timedelta(seconds=LEFT_AGE_S + 1)

    world: World
    terminal: UUID
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    calendar: MovedClock = field(default_factory=MovedClock)
    runs: list[tuple[Collecting, Bus]] = field(default_factory=list)

    async def value(self, statement: str, *arguments: Any) -> Any:
        """Return what a statement says."""
        return await self.world.owner.fetchval(statement, *arguments)

    def today(self) -> date:
        """Return the civil date of the calendar."""
        return paris_date(self.calendar.now())

    async def card(self, *, expiry: str = "9912") -> UUID:
        """Keep a card."""
        return await self.value(ADD_CARD, self.world.directory.company, next(self.numbers), expiry)

    async def order(
        self, *amounts_minor: int, due_in_days: int = 0, card: UUID | None = None, paid: int = 1
    ) -> tuple[UUID, list[UUID]]:
        """Make an active order: `paid` instalments are paid, the next ones are due from `due_in_days` on, 30 days apart."""
        amounts = amounts_minor or (4_266, 4_265, 4_265)
        number = next(self.numbers)
        today = self.today()
        order = await self.value(
            ADD_ORDER,
            self.world.directory.company,
            f"R{number}",
            sum(amounts),
            today,
            card or await self.card(),
            self.terminal,
        )
        instalments = []
        for place, amount in enumerate(amounts):
            is_paid = place < paid
            due = today + timedelta(days=due_in_days + 30 * (place - paid))
            instalments.append(
                await self.value(
                    ADD_INSTALMENT,
                    order,
                    place + 1,
                    due,
                    amount,
                    "paid" if is_paid else "upcoming",
                    self.calendar.now() if is_paid else None,
                )
            )
        return order, instalments

    async def awaiting(self, *, card: UUID | None = None) -> tuple[UUID, UUID]:
        """Make an order that waits for its first debit; return it and its first instalment."""
        order, instalments = await self.order(paid=0)
        await self.world.owner.execute(
            "UPDATE purchase_order SET activated_at = NULL, state = 'awaiting_payment' WHERE id = $1", order
        )
        await self.world.owner.execute(
            "UPDATE stored_card SET network_transaction_id = NULL, verified_at = NULL WHERE id = "
            "(SELECT card_id FROM purchase_order WHERE id = $1)",
            order,
        )
        return order, instalments[0]

    async def run(self, name: str = "run1") -> Collecting:
        """Start a run in a process of its own, which the test moves step by step."""
        bus = await Bus.connect(self.world.nats.url("worker"), name=name, inbox_prefix="_INBOX.worker")
        collecting = Collecting(
            dsn=self.world.database.dsn,
            bus=bus,
            clock=self.world.clock,
            calendar=self.calendar,
            instance=name,
            host_deadline_ms=HOST_DEADLINE_MS,
        )
        await collecting.start()
        await bus.flush()
        self.runs.append((collecting, bus))
        return collecting

    async def close_runs(self) -> None:
        """End the runs of a test."""
        for collecting, bus in self.runs:
            await collecting.stop()
            await bus.close()
        self.runs.clear()
        self.calendar.offset = timedelta(0)

    async def collect(self, collecting: Collecting) -> int:
        """Claim all that is due, and settle it once it is decided."""
        claimed = await collecting.collect()
        if claimed:
            await self.settle(collecting)
        return claimed

    async def decline(
        self,
        collecting: Collecting,
        reason: Reason,
        meanwhile: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Have the host decline the next request for a reason, and collect what is due; `meanwhile` while it thinks."""
        self.world.host.script.append(behaviour.HOLD)
        await collecting.collect()
        await until(lambda: bool(self.world.host.held))
        if meanwhile is not None:
            await meanwhile()
        self.world.host.held.clear()
        request = self.world.host.messages("0200")[-1]
        self.world.host.book.pop(request.rrn)
        self.world.host.say(f"core.in.worker.{collecting._name}.host", request, 1, reason, code="05")
        await self.settle(collecting)

    async def settle(self, collecting: Collecting) -> None:
        """Settle what this run has claimed, once it is decided."""

        async def nothing_under_way() -> bool:
            if collecting._decided:
                await collecting.settle_decided()
            return not collecting._under_way and not collecting._decided

        await eventually(nothing_under_way)

    async def instalment(self, instalment: UUID) -> asyncpg.Record:
        """Return one as it stands."""
        row = await self.world.owner.fetchrow(ROW, instalment)
        assert row is not None
        return row

    async def debits(self, instalment: UUID) -> list[asyncpg.Record]:
        """Return the debits of an instalment, the first one first."""
        return await self.world.owner.fetch(DEBITS, instalment)

    async def order_state(self, order: UUID) -> str:
        """Return the state that lists show."""
        return await self.value("SELECT state FROM purchase_order WHERE id = $1", order)

    async def events(self, order: UUID) -> list[str]:
        """Return what happened to an order."""
        rows = await self.world.owner.fetch(
            "SELECT kind FROM order_event WHERE order_id = $1 ORDER BY id", order
        )
        return [row["kind"] for row in rows]

    async def age(self, clock: MovedClock, seconds: int = LEFT_AGE_S + ARMED_NO_MORE_S + 1) -> None:
        """Let what was claimed be older."""
        clock.offset += timedelta(seconds=seconds)
        await self.world.owner.execute(
            "UPDATE debit SET claimed_at = claimed_at - $1 * interval '1 second'", seconds
        )

    @asynccontextmanager
    async def refusing(self, event: str, condition: str) -> AsyncIterator[None]:
        """Have the database refuse what is written ("INSERT ON debit") of some rows: whatever is wrong with them."""
        await self.world.owner.execute(REFUSE.format(event=event, condition=condition))
        try:
            yield
        finally:
            await self.world.owner.execute(REFUSE_NO_MORE)

    def later(self, **how: int) -> datetime:
        """Move the calendar on; return its moment."""
        self.calendar.offset += timedelta(**how)
        return self.calendar.now()


async def open_shop(world: World) -> Shop:
    """Give the store of the world an e-commerce service and a virtual point of sale."""
    service = await world.owner.fetchval(
        "INSERT INTO service (store_id, kind, acquirer_id, active) VALUES ($1, 'ecommerce', 1, true) RETURNING id",
        world.directory.store,
    )
    terminal: Any = await world.owner.fetchval(
        "INSERT INTO terminal (store_id, service_id, terminal, activated_at) VALUES ($1, $2, 'V0000001', now()) RETURNING id",
        world.directory.store,
        service,
    )
    return Shop(world, terminal)


async def forget(world: World) -> None:
    """Begin with empty books."""
    async with world.owner.transaction():
        await world.owner.execute(FORGET)
