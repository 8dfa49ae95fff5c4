"""What became of debits stands once in schedules, whatever comes twice, at once or late."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.contracts.orders import (
    ActorKind,
    CancelMerchantOrder,
    InstalmentId,
    OrderAmount,
    OrderId,
    OrderView,
    PayMerchantOrderAhead,
    RefundMerchantOrder,
)
from core.contracts.refusals import Refused
from core.contracts.webhooks import TryOwnWebhookEndpoint, WebhookEndpointId
from core.identity.api import Seal
from core.schedules.orders.api import (
    Actor,
    Wanted,
    abandon,
    activate,
    claim,
    mark_paid,
    mark_refunds_sent,
    mark_unpaid,
    owed_refunds,
    release,
    take_off,
)
from core.schedules.orders.waiting import GIVEN_UP_AFTER, abandon_waiting
from core.verify.schedules import check_instalments, check_schedules
from core.webhooks.api import WebhookSettings
from core.webhooks.callers import of_program
from core.webhooks.handlers import EndpointHandlers
from core.webhooks.store import body_of
from tests.integration.core.schedules.purchases import Shop, open_shop
from tests.integration.core.webhooks.directory import add_endpoint
from tests.support.servers import TestDatabase

WEBHOOKS_PAGE: Final = Path(__file__).resolve().parents[4] / "docs" / "webhooks.md"
WHY = "an article was sent back"


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    pool = await asyncpg.create_pool(database.dsn, min_size=1, max_size=4)
    yield await open_shop(pool)
    await pool.close()


def ids(order: OrderView, *numbers: int) -> list[InstalmentId]:
    return [InstalmentId.read(each.id) for each in order.instalments if each.number in numbers]


def shown(order: OrderView) -> list[tuple[int, str]]:
    return [(each.amount.amount, each.state) for each in order.instalments]


async def begin(shop: Shop, order: OrderView) -> None:
    """Pay the first instalment."""
    async with shop.pool.acquire() as connection, connection.transaction():
        assert await claim(connection, ids(order, 1))
        assert await activate(connection, OrderId.read(order.id), at=shop.clock.now(), card_id=None)


async def cancel(shop: Shop, order: OrderView, amount_minor: int | None, key: str = "") -> None:
    amount = None if amount_minor is None else OrderAmount(amount_minor, "EUR")
    request = CancelMerchantOrder(
        id=OrderId.read(order.id),
        reason=WHY,
        amount=amount,
        idempotency_key=key or f"cancel {order.reference}",
    )
    await shop.handlers.cancel(shop.caller, request)


async def test_an_order_begins_once_with_its_first_debit(shop: Shop) -> None:
    order = await shop.buy("A-1")
    order_id, now = OrderId.read(order.id), shop.clock.now()
    assert await activate(shop.pool, order_id, at=now, card_id=None) is None, "its debit was not sent"
    await begin(shop, order)
    assert await activate(shop.pool, order_id, at=now, card_id=None) is None
    read = await shop.read("A-1")
    assert (read.state, shown(read)[0]) == ("in_progress", (4_266, "paid"))
    kinds = await shop.pool.fetch("SELECT kind, count(*) FROM order_event GROUP BY kind ORDER BY kind")
    assert [tuple(row) for row in kinds] == [("activated", 1), ("instalment_paid", 1), ("made", 1)]


async def test_an_instalment_is_claimed_by_one_and_paid_once(shop: Shop) -> None:
    order = await shop.buy("A-2")
    await begin(shop, order)
    second = ids(order, 2)
    claims = await asyncio.gather(*(claim(shop.pool, second) for _ in range(4)))
    assert sorted(len(each) for each in claims) == [0, 0, 0, 1]
    marked = [await mark_paid(shop.pool, second, at=shop.clock.now()) for _ in range(2)]
    assert [len(each) for each in marked] == [1, 0]
    assert await release_and_read(shop, order, 2) == (4_265, "paid")
    assert not await mark_paid(shop.pool, ids(order, 3), at=shop.clock.now()), "no debit of it was sent"


async def release_and_read(shop: Shop, order: OrderView, number: int) -> tuple[int, str]:
    await release(shop.pool, ids(order, number), at=shop.clock.now())
    return shown(await shop.read(order.reference))[number - 1]


async def test_a_debit_that_was_declined_may_be_tried_again_and_then_is_unpaid(shop: Shop) -> None:
    order = await shop.buy("A-3")
    await begin(shop, order)
    await claim(shop.pool, ids(order, 2))
    assert await release_and_read(shop, order, 2) == (4_265, "upcoming")
    await claim(shop.pool, ids(order, 2))
    assert len(await mark_unpaid(shop.pool, ids(order, 2), at=shop.clock.now())) == 1
    assert (await shop.read("A-3")).state == "unpaid"
    assert len(await mark_paid(shop.pool, ids(order, 2), at=shop.clock.now())) == 1, "it was settled"
    assert (await shop.read("A-3")).state == "in_progress"
    await claim(shop.pool, ids(order, 3))
    await mark_paid(shop.pool, ids(order, 3), at=shop.clock.now())
    assert (await shop.read("A-3")).state == "settled"


async def test_what_is_cancelled_while_a_debit_is_on_its_way_is_owed_back_once_it_is_paid(shop: Shop) -> None:
    order = await shop.buy("A-4", amount_minor=10_000, parts=2)
    await begin(shop, order)
    await claim(shop.pool, ids(order, 2))
    await cancel(shop, order, 3_000)
    assert shown(await shop.read("A-4")) == [(5_000, "paid"), (5_000, "in_progress")]
    assert await owed_refunds(shop.pool, limit=10) == []
    await mark_paid(shop.pool, ids(order, 2), at=shop.clock.now())
    (owed,) = await owed_refunds(shop.pool, limit=10)
    assert (owed.amount_minor, owed.order_id) == (3_000, OrderId.read(order.id))
    assert [await mark_refunds_sent(shop.pool, [owed.id], at=shop.clock.now()) for _ in range(2)] == [1, 0]
    read = await shop.read("A-4")
    assert (read.refunded.amount, read.owed_back.amount, read.state) == (3_000, 0, "settled")


async def test_what_is_cancelled_while_a_debit_is_declined_lessens_what_is_tried_again(shop: Shop) -> None:
    order = await shop.buy("A-5", amount_minor=10_000, parts=2)
    await begin(shop, order)
    await claim(shop.pool, ids(order, 2))
    await cancel(shop, order, 3_000)
    await release(shop.pool, ids(order, 2), at=shop.clock.now())
    assert shown(await shop.read("A-5")) == [(5_000, "paid"), (2_000, "upcoming")]


async def test_a_claim_and_a_cancellation_at_once_leave_one_amount(shop: Shop) -> None:
    orders = [await shop.buy(f"B-{place}", amount_minor=10_000, parts=2) for place in range(8)]
    for order in orders:
        await begin(shop, order)
    claims = await asyncio.gather(
        claim(shop.pool, [each for order in orders for each in ids(order, 2)]),
        *(cancel(shop, order, 3_000) for order in orders),
    )
    sent = dict(claims[0] or [])
    for order in orders:
        read = await shop.read(order.reference)
        (second,) = ids(order, 2)
        amount, state = shown(read)[1]
        assert state == ("in_progress" if second in sent else "upcoming")
        assert amount == sent.get(second, 2_000)
    assert (await check_schedules(await _connection(shop))).breaches == 0


async def _connection(shop: Shop) -> asyncpg.Connection:
    return shop.pool  # pyright: ignore[reportReturnType]


async def test_an_order_that_waited_a_day_is_given_up_unless_it_is_being_paid(shop: Shop) -> None:
    waiting, being_paid = await shop.buy("C-1"), await shop.buy("C-2")
    await claim(shop.pool, ids(being_paid, 1))
    assert await abandon_waiting(shop.pool, shop.clock) == 0
    shop.clock.present += GIVEN_UP_AFTER + timedelta(seconds=1)
    assert await abandon_waiting(shop.pool, shop.clock) == 1
    assert ((await shop.read("C-1")).state, (await shop.read("C-2")).state) == (
        "abandoned",
        "awaiting_payment",
    )
    assert await abandon(shop.pool, [OrderId.read(waiting.id)], at=shop.clock.now()) == 0
    await claim(shop.pool, ids(waiting, 1))
    assert await activate(shop.pool, OrderId.read(waiting.id), at=shop.clock.now(), card_id=None) is None


async def test_nothing_is_owed_of_an_order_that_was_given_up(shop: Shop) -> None:
    waiting = await shop.buy("C-3", amount_minor=9_000, parts=3)
    assert (waiting.remaining.amount, waiting.next_due_on) == (9_000, waiting.purchased_on)
    shop.clock.present += GIVEN_UP_AFTER + timedelta(seconds=1)
    assert await abandon_waiting(shop.pool, shop.clock) == 1
    given_up = await shop.read("C-3")
    assert (given_up.remaining.amount, given_up.next_due_on) == (0, None)
    assert shown(given_up) == [(0, "cancelled")] * 3
    assert await claim(shop.pool, ids(waiting, 1, 2, 3)) == []
    assert (await check_schedules(await _connection(shop))).breaches == 0


async def test_merchants_are_told_of_each_thing_once(shop: Shop) -> None:
    await add_endpoint(shop.pool, shop.caller.company_id)
    order = await shop.buy("D-1")
    await begin(shop, order)
    await claim(shop.pool, ids(order, 2))
    for _ in range(2):
        await mark_unpaid(shop.pool, ids(order, 2), at=shop.clock.now())
    for _ in range(2):
        await cancel(shop, order, None, "all of it")
    (owed,) = await owed_refunds(shop.pool, limit=10)
    await mark_refunds_sent(shop.pool, [owed.id], at=shop.clock.now())
    told = await shop.pool.fetch(
        "SELECT kind, facts ->> 'reference' AS reference FROM webhook_event ORDER BY id"
    )
    assert [(row["kind"], row["reference"]) for row in told] == [
        ("instalment.paid", "D-1"),
        ("order.activated", "D-1"),
        ("instalment.unpaid", "D-1"),
        ("order.cancelled", "D-1"),
        ("refund.sent", "D-1"),
    ]


async def test_the_bodies_that_the_page_for_programmers_shows_are_those_of_an_order(shop: Shop) -> None:
    endpoint_id = await add_endpoint(shop.pool, shop.caller.company_id)
    order = await shop.buy("4711")
    await begin(shop, order)
    await claim(shop.pool, ids(order, 2))
    shop.clock.present = datetime(2027, 1, 12, 6, 30, 4, 812_000, tzinfo=UTC)
    await mark_unpaid(shop.pool, ids(order, 2), at=shop.clock.now())
    shop.clock.present = datetime(2027, 1, 13, 14, 5, 52, 60_000, tzinfo=UTC)
    await cancel(shop, order, 10_000)
    (owed,) = await owed_refunds(shop.pool, limit=10)
    shop.clock.present += timedelta(minutes=20)
    await mark_refunds_sent(shop.pool, [owed.id], at=shop.clock.now())
    testing = EndpointHandlers(
        shop.pool, shop.clock, WebhookSettings(Seal(b"k" * 32, "webhook secret"), False)
    )
    await of_program(testing.try_it)(
        shop.caller, TryOwnWebhookEndpoint(id=WebhookEndpointId(endpoint_id), idempotency_key="try")
    )
    told = await shop.pool.fetch("SELECT kind, at, facts::text AS facts FROM webhook_event ORDER BY id")
    bodies = [body_of(kind=row["kind"], at=row["at"], facts=row["facts"].encode()) for row in told]
    shown_there = re.findall(r"```json\n(.+?)```", WEBHOOKS_PAGE.read_text(), re.DOTALL)
    assert {_but_for_ids(json.loads(each)) for each in shown_there} == {
        _but_for_ids(json.loads(each)) for each in bodies
    }


def _but_for_ids(body: object) -> str:
    """Return a body with the kind of each identifier alone: they are drawn anew each time."""
    return re.sub(r'"([a-z]{3})_[0-9a-z]{26}"', r'"\1_"', json.dumps(body, sort_keys=True))


async def test_nobody_is_told_that_what_was_cancelled_is_unpaid(shop: Shop) -> None:
    await add_endpoint(shop.pool, shop.caller.company_id)
    order = await shop.buy("D-2")
    await begin(shop, order)
    await claim(shop.pool, ids(order, 2))
    await cancel(shop, order, None)
    await mark_unpaid(shop.pool, ids(order, 2), at=shop.clock.now())
    assert shown(await shop.read("D-2"))[1:] == [(0, "cancelled")] * 2
    told = "SELECT count(*) FROM webhook_event WHERE kind = 'instalment.unpaid'"
    assert await shop.pool.fetchval(told) == 0
    assert await shop.pool.fetchval("SELECT count(*) FROM order_event WHERE kind = 'instalment_unpaid'") == 0


async def test_a_key_is_its_agent_s_and_that_of_a_program_its_company_s(shop: Shop) -> None:
    order = await shop.buy("D-3")
    await begin(shop, order)

    async def take(kind: ActorKind, by: int) -> bytes:
        wanted = Wanted("cancellation", 1_000, WHY, Actor(kind, UUID(int=by).bytes), "1")
        async with shop.pool.acquire() as connection, connection.transaction():
            taken = await take_off(
                connection,
                OrderId.read(order.id),
                wanted,
                cancellation_id=uuid4().bytes,
                at=shop.clock.now(),
            )
        return taken.id

    asked: list[tuple[ActorKind, int]] = [
        ("agent", 1),
        ("agent", 2),
        ("agent", 1),
        ("integrator", 3),
        ("integrator", 4),
    ]
    made = [await take(kind, by) for kind, by in asked]
    assert made[0] == made[2]
    assert made[3] == made[4], "its company has another key by now"
    assert len({*made}) == 3
    assert (await shop.read("D-3")).cancelled.amount == 3_000


STEPS = st.one_of(
    st.tuples(st.sampled_from(["collect", "fail"]), st.integers(2, 4)),
    st.tuples(st.sampled_from(["claim", "pay", "decline", "give_up", "ahead"]), st.integers(2, 4)),
    st.tuples(st.sampled_from(["cancel", "refund"]), st.sampled_from((1, 999, 2_503, 4_001, 7_502, 9_000))),
    st.tuples(st.sampled_from(["send_back", "day"]), st.just(1)),
)


async def _step(shop: Shop, order: OrderView, step: tuple[str, int], place: int) -> None:
    name, number = step
    order_id, at, key = OrderId.read(order.id), shop.clock.now(), f"{order.reference} {place}"
    amount = OrderAmount(number, "EUR")
    match name:
        case "claim":
            await claim(shop.pool, ids(order, number))
        case "pay" if number == 1:
            await activate(shop.pool, order_id, at=at, card_id=None)
        case "pay":
            await mark_paid(shop.pool, ids(order, number), at=at)
        case "decline":
            await release(shop.pool, ids(order, number), at=at)
        case "give_up":
            await mark_unpaid(shop.pool, ids(order, number), at=at)
        case "collect":
            await claim(shop.pool, ids(order, number))
            await mark_paid(shop.pool, ids(order, number), at=at)
        case "fail":
            await claim(shop.pool, ids(order, number))
            await mark_unpaid(shop.pool, ids(order, number), at=at)
        case "ahead":
            asked = PayMerchantOrderAhead(id=order_id, numbers=[number], idempotency_key=key)
            await shop.handlers.pay_ahead(shop.caller, asked)
        case "cancel":
            await cancel(shop, order, number, key)
        case "refund":
            asked = RefundMerchantOrder(id=order_id, reason=WHY, amount=amount, idempotency_key=key)
            await shop.handlers.refund(shop.caller, asked)
        case "send_back":
            owed = await owed_refunds(shop.pool, limit=10)
            await mark_refunds_sent(shop.pool, [each.id for each in owed], at=at)
        case _:
            shop.clock.present += timedelta(days=1)


async def test_whatever_happens_to_an_order_its_sums_are_exact_and_nothing_is_charged_twice(
    shop: Shop,
) -> None:
    @given(st.lists(STEPS, min_size=4, max_size=14))
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def sequences(steps: list[tuple[str, int]]) -> None:
        drawn.append(steps)

    drawn: list[list[tuple[str, int]]] = []
    sequences()
    for made, steps in enumerate(drawn):
        order = await shop.buy(f"E-{made}", amount_minor=10_003, parts=4)
        charged: dict[int, int] = {}
        # Nothing that is drawn does anything to an order that nobody has begun to pay.
        for place, step in enumerate([("claim", 1), ("pay", 1), *steps]):
            before = await shop.read(order.reference)
            try:
                await _step(shop, order, step, place)
            except Refused:
                assert await shop.read(order.reference) == before, "a refusal changes nothing"
            now = await shop.read(order.reference)
            for each in now.instalments:
                if each.state == "paid":
                    assert charged.setdefault(each.number, each.amount.amount) == each.amount.amount, steps
            kept = sum(charged.values()) - now.refunded.amount - now.owed_back.amount
            rest = now.remaining.amount
            left = now.amount.amount - now.cancelled.amount
            moving = sum(each.amount.amount for each in now.instalments if each.state == "in_progress")
            assert kept <= left, steps
            assert kept + rest == max(left, kept + moving), steps
    for check in (check_schedules, check_instalments):
        finding = await check(await _connection(shop))
        assert (finding.breaches, finding.found) == (0, [])
