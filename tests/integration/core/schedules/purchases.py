"""A company and its orders, made as a merchant's program makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg

from core.contracts.orders import BuyerFields, MakeOrder, OrderAmount, OrderView
from core.identity.api import Integrator
from core.schedules.orders.merchant import MerchantOrderHandlers
from tests.integration.core.webhooks.directory import add_company
from tests.support.clocks import FixedClock

BOUGHT_AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


class Shop(NamedTuple):
    """A merchant's program, the clock by which it buys, and what serves it."""

    caller: Integrator
    clock: FixedClock
    handlers: MerchantOrderHandlers
    pool: asyncpg.Pool

    async def buy(self, reference: str, *, amount_minor: int = 12_796, parts: int = 3) -> OrderView:
        """Make an order by a plan without a fee."""
        request = MakeOrder(
            plan=f"free-{parts}",
            amount=OrderAmount(amount_minor, "EUR"),
            reference=reference,
            customer=BuyerFields(email="odette@example.com", name="Odette Martin"),
            idempotency_key=reference,
        )
        await self.handlers.make(self.caller, request)
        return await self.read(reference)

    async def read(self, reference: str) -> OrderView:
        """Return an order as it stands."""
        order_id: Any = await self.pool.fetchval(
            "SELECT id FROM purchase_order WHERE reference = $1", reference
        )
        return await self.handlers._one(self.pool, self.caller, order_id.bytes)


async def open_shop(pool: asyncpg.Pool, siren: str = "123456782") -> Shop:
    """Return the program of a new company."""
    await pool.execute(
        "INSERT INTO plan (code, name_fr, name_en, parts, step_unit, step_count, currency, amount_min_minor,"
        " amount_max_minor, fee_minor, valid_from, made_at)"
        " SELECT 'free-' || n, 'Sans frais', 'Without a fee', n, 'days', 30, 'EUR', n, 300000, 0, '2026-01-01', now()"
        " FROM unnest('{2,3,4,10}'::int[]) AS n ON CONFLICT DO NOTHING"
    )
    company_id = await add_company(pool, siren)
    clock = FixedClock(BOUGHT_AT)
    caller = Integrator(company_id, bytes(15) + b"\x01", "Maison SA", siren, "shop")
    return Shop(caller, clock, MerchantOrderHandlers(pool, clock, loopback=False), pool)
