"""Whatever course an order takes, its customer is told of each thing once, and of nothing that is not so."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.contracts.orders import OrderId, OrderView
from core.contracts.refusals import Refused
from core.schedules.notices.telling import TellingRound
from core.values.clock import paris_date
from core.values.money import money_text
from tests.integration.core.schedules import test_marking as course
from tests.integration.core.schedules.purchases import Shop, open_shop
from tests.support.servers import TestDatabase

STEPS = st.tuples(
    st.sampled_from(
        [
            "claim",
            "pay",
            "decline",
            "give_up",
            "collect",
            "fail",
            "ahead",
            "cancel",
            "refund",
            "send_back",
            "days",
            "tell",
        ]
    ),
    st.integers(1, 4),
)
KEEP_CARD = """
WITH k AS (
    INSERT INTO stored_card (
        token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, stored_at, verified_at
    ) SELECT uuidv7(), company_id, 'x', 1, '497010', '0014', '9912', 2, now(), now() FROM purchase_order WHERE id = $1
    RETURNING id
) UPDATE purchase_order SET card_id = k.id FROM k WHERE purchase_order.id = $1 AND card_id IS NULL AND activated_at IS NOT NULL
"""
MAILS = "SELECT id, template, facts::text AS facts FROM mail WHERE about_id = $1 AND NOT id = ANY($2::uuid[]) ORDER BY id"
STANDS = "SELECT number, state, due_on, amount_minor FROM instalment WHERE order_id = $1"


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    pool = await asyncpg.create_pool(database.dsn, min_size=1, max_size=4)
    yield await open_shop(pool)
    await pool.close()


async def tell(shop: Shop, order: OrderView, read: list[UUID]) -> list[tuple[str, dict[str, str]]]:
    """Have a round tell; look at each mail that it wrote beside the rows as they stand."""
    await TellingRound(shop.pool, shop.clock).round()
    order_id = UUID(bytes=OrderId.read(order.id))
    rows = await shop.pool.fetch(MAILS, order_id, read)
    read += [row["id"] for row in rows]
    stands = {row["number"]: row for row in await shop.pool.fetch(STANDS, order_id)}
    state: Any = await shop.pool.fetchval("SELECT state FROM purchase_order WHERE id = $1", order_id)
    told = [(row["template"], msgspec.json.decode(row["facts"], type=dict[str, str])) for row in rows]
    for template, facts in told:
        assert state not in ("awaiting_payment", "abandoned"), template
        one = stands[int(facts["number"])] if "number" in facts else None
        if one is not None:
            assert facts["amount"] == money_text(one["amount_minor"], "EUR", "fr"), template
        match template:
            case "order_confirmed":
                assert state != "cancelled"
            case "debit_coming":
                assert one is not None
                assert one["state"] == "upcoming"
                assert one["due_on"] > paris_date(shop.clock.now())
            case "debit_paid":
                assert one is not None
                assert one["state"] == "paid"
            case "instalment_unpaid":
                assert one is not None
                assert one["state"] == "unpaid"
            case "unpaid_reminder":
                assert one is not None
                assert (one["state"], state) == ("unpaid", "unpaid")
            case _:
                assert template in ("order_changed", "refund_sent")
    return told


async def test_each_thing_is_told_once_and_nothing_that_is_not_so(shop: Shop) -> None:
    @given(st.lists(STEPS, max_size=16))
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def sequences(steps: list[tuple[str, int]]) -> None:
        drawn.append(steps)

    drawn: list[list[tuple[str, int]]] = []
    sequences()
    for made, steps in enumerate(drawn):
        order = await shop.buy(f"N-{made}", amount_minor=10_003, parts=4)
        order_id = UUID(bytes=OrderId.read(order.id))
        told: list[tuple[str, dict[str, str]]] = []
        read: list[UUID] = []
        for place, (name, number) in enumerate([("claim", 1), ("pay", 1), *steps]):
            match name:
                case "tell":
                    told += await tell(shop, order, read)
                case "days":
                    shop.clock.present += timedelta(days=9 * number)
                case _:
                    much = number * 1_700 if name in ("cancel", "refund") else number
                    with suppress(Refused):
                        await course._step(shop, order, (name, much), place)
                    await shop.pool.execute(KEEP_CARD, order_id)
        told += await tell(shop, order, read)
        assert await tell(shop, order, read) == [], "a second round has nothing to tell"
        times = Counter((template, facts.get("number"), facts.get("day")) for template, facts in told)
        changed = [key for key in times if key[0] == "order_changed"]
        again = [key for key in times if key[0] in ("unpaid_reminder", "refund_sent", "order_changed")]
        assert all(count == 1 for key, count in times.items() if key not in again), steps
        paid = await shop.pool.fetchval(
            "SELECT count(*) FROM instalment WHERE order_id = $1 AND state = 'paid' AND number > 1", order_id
        )
        sent = await shop.pool.fetchval(
            "SELECT count(*) FROM order_refund WHERE order_id = $1 AND sent_at IS NOT NULL", order_id
        )
        taken_off = await shop.pool.fetchval(
            "SELECT count(*) FROM order_cancellation WHERE order_id = $1", order_id
        )
        templates = Counter(template for template, _ in told)
        assert templates["debit_paid"] == paid, steps
        assert templates["refund_sent"] == sent, steps
        assert sum(times[key] for key in changed) == taken_off, steps
