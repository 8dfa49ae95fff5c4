"""Customers are told of each thing once, and only while it is so (NOT-1, SCH-3, SCH-4)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from core.contracts.reasons import Reason
from core.schedules.notices.telling import TellingRound
from core.schedules.orders.api import Actor, Wanted, claim, mark_paid, mark_unpaid, take_off
from core.schedules.orders.store import hold, read
from tests.integration.core.schedules.shop import Shop
from tests.integration.core.webhooks.directory import add_endpoint

MAILS = "SELECT template, facts::text AS facts, recipient, about_kind, about_id FROM mail ORDER BY id"


def telling(shop: Shop) -> TellingRound:
    return TellingRound(shop.world.pool, shop.calendar)


async def mails(shop: Shop) -> list[tuple[str, dict[str, str]]]:
    rows = await shop.world.owner.fetch(MAILS)
    return [(row["template"], msgspec.json.decode(row["facts"], type=dict[str, str])) for row in rows]


async def templates(shop: Shop) -> list[str]:
    return [template for template, _ in await mails(shop)]


async def give_up(shop: Shop, instalment: UUID) -> None:
    """Let an instalment be unpaid after its last try."""
    async with shop.world.pool.acquire() as connection, connection.transaction():
        await claim(connection, [instalment.bytes])
        await mark_unpaid(connection, [instalment.bytes], at=shop.calendar.now())


async def test_a_debit_is_announced_once_with_its_day_its_amount_and_its_card(shop: Shop) -> None:
    order, (_, second, _) = await shop.order(due_in_days=4)
    round_ = telling(shop)
    await round_.round()
    assert await templates(shop) == [], "its day is not near yet"
    shop.later(days=1)
    await round_.round()
    await telling(shop).round()
    ((template, facts),) = await mails(shop)
    assert (template, facts["number"], facts["amount"]) == ("debit_coming", "2", "42,65\u00a0€")
    assert "0014" in facts["card"]
    assert "décembre\u00a02099" in facts["card"]
    assert facts["link"].startswith("/schedules/ord_")
    row = await shop.world.owner.fetchrow(MAILS)
    assert row is not None
    assert (row["recipient"], row["about_kind"], row["about_id"]) == ("odette@example.com", "order", order)
    assert (await shop.instalment(second))["announced_for"] is not None


async def test_a_day_that_is_moved_is_announced_again_and_the_old_one_never_after_it(shop: Shop) -> None:
    _, (_, second, _) = await shop.order(due_in_days=2)
    await telling(shop).round()
    await shop.world.owner.execute("UPDATE instalment SET due_on = due_on + 1 WHERE id = $1", second)
    await telling(shop).round()
    days = [facts["day"] for _, facts in await mails(shop)]
    assert len(days) == 2
    assert days[0] != days[1]


async def test_what_is_near_is_announced_while_its_order_is_held(shop: Shop) -> None:
    """Who holds an order asks for its instalments next; the announcement has one of them and refers to the order."""
    order, (_, second, _) = await shop.order(due_in_days=2)
    async with shop.world.pool.acquire() as connection, connection.transaction():
        await hold(connection, [order.bytes])
        async with asyncio.timeout(5):
            await telling(shop).round()
        await read(connection, [order.bytes])
    assert (await shop.instalment(second))["announced_for"] is not None
    await telling(shop).round()
    assert await templates(shop) == ["debit_coming"]


async def test_what_is_due_today_or_is_past_is_not_announced_any_more(shop: Shop) -> None:
    await shop.order(due_in_days=0)
    await shop.order(due_in_days=-3)
    await telling(shop).round()
    assert await templates(shop) == []


async def test_no_debit_is_announced_that_an_expired_or_refused_card_will_not_have(shop: Shop) -> None:
    ended = await shop.card(expiry=f"{shop.today() - timedelta(days=32):%y%m}")
    await shop.order(due_in_days=2, card=ended)
    refused = await shop.card()
    await shop.world.owner.execute("UPDATE stored_card SET refused_at = now() WHERE id = $1", refused)
    await shop.order(due_in_days=2, card=refused)
    good, _ = await shop.order(due_in_days=2)
    await telling(shop).round()
    told = await shop.world.owner.fetch("SELECT about_id FROM mail WHERE template = 'debit_coming'")
    assert [row["about_id"] for row in told] == [good]


async def test_what_was_collected_has_its_receipt_once(shop: Shop) -> None:
    await shop.order()
    run = await shop.run()
    await shop.collect(run)
    await asyncio.gather(*(telling(shop).round() for _ in range(3)))
    ((template, facts),) = await mails(shop)
    assert (template, facts["amount"]) == ("debit_paid", "42,65\u00a0€")
    assert "42,65\u00a0€ à régler" in facts["left"]


async def test_a_debit_that_failed_says_when_it_is_tried_again(shop: Shop) -> None:
    await shop.order()
    run = await shop.run()
    await shop.decline(run, Reason.INSUFFICIENT_FUNDS)
    await telling(shop).round()
    ((template, facts),) = await mails(shop)
    assert template == "debit_failed"
    again = shop.today() + timedelta(days=2)
    assert facts["again"].endswith(str(again.year))
    assert facts["again"].startswith("1er" if again.day == 1 else str(again.day))


@pytest.mark.parametrize(
    "reason", [Reason.INSUFFICIENT_FUNDS, Reason.STRONG_AUTHENTICATION_REQUIRED, Reason.STOLEN_CARD]
)
async def test_of_what_was_cancelled_while_its_debit_was_declined_nobody_is_told(
    shop: Shop, reason: Reason
) -> None:
    await add_endpoint(shop.world.owner, shop.world.directory.company.bytes)
    order, instalments = await shop.order(paid=2)

    async def cancel() -> None:
        wanted = Wanted("cancellation", None, "sold out", Actor("integrator", uuid4().bytes), uuid4().hex)
        owner = shop.world.owner
        async with owner.transaction():
            await take_off(owner, order.bytes, wanted, cancellation_id=uuid4().bytes, at=shop.calendar.now())

    await shop.decline(await shop.run(), reason, meanwhile=cancel)
    last = await shop.instalment(instalments[2])
    assert (last["state"], last["amount_minor"]) == ("cancelled", 0)
    assert await shop.events(order) == ["cancelled"]
    assert await shop.value("SELECT array_agg(kind) FROM webhook_event") == ["order.cancelled"]
    assert await shop.value("SELECT array_agg(kind) FROM order_notice") == ["order_changed"]


async def test_nobody_is_told_of_a_failure_that_was_made_good_meanwhile(shop: Shop) -> None:
    await shop.order()
    run = await shop.run()
    await shop.decline(run, Reason.INSUFFICIENT_FUNDS)
    shop.later(days=2)
    await shop.collect(run)
    await telling(shop).round()
    assert await templates(shop) == ["debit_paid"]


@pytest.mark.parametrize(
    ("reason", "template"),
    [
        (Reason.STRONG_AUTHENTICATION_REQUIRED, "authentication_needed"),
        (Reason.EXPIRED_CARD, "card_expired_at_bank"),
    ],
)
async def test_the_customer_is_asked_where_only_they_can_act(
    shop: Shop, reason: Reason, template: str
) -> None:
    await shop.order()
    run = await shop.run()
    await shop.decline(run, reason)
    await telling(shop).round()
    assert await templates(shop) == [template]


async def test_a_card_past_its_last_month_was_not_sent_and_is_said_so_until_its_scheme_renews_it(
    shop: Shop,
) -> None:
    ended = f"{shop.today() - timedelta(days=32):%y%m}"
    renewed = await shop.card(expiry=ended)
    await shop.order(card=await shop.card(expiry=ended))
    await shop.order(card=renewed)
    await shop.collect(await shop.run())
    await shop.world.owner.execute("UPDATE stored_card SET expiry = '9912' WHERE id = $1", renewed)
    await telling(shop).round()
    assert await templates(shop) == ["card_expired"]


async def test_another_card_is_asked_for_where_theirs_is_not_good_on_the_day_of_the_next_try(
    shop: Shop,
) -> None:
    # The last day of a month, so that a debit is tried again in the next one.
    today = shop.today()
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    shop.later(days=(first - timedelta(days=1) - today).days)
    await shop.order(6_398, 6_398, card=await shop.card(expiry=f"{shop.today():%y%m}"))
    await shop.decline(await shop.run(), Reason.INSUFFICIENT_FUNDS)
    await telling(shop).round()
    assert await templates(shop) == ["debit_failed_card_ends"]


async def test_what_never_reached_a_bank_is_no_matter_of_the_customer(shop: Shop) -> None:
    await shop.order()
    run = await shop.run()
    await shop.decline(run, Reason.HOST_UNREACHABLE)
    await telling(shop).round()
    assert await templates(shop) == []


async def test_an_unpaid_one_is_told_at_once_and_reminded_on_its_days(shop: Shop) -> None:
    _, (_, second, _) = await shop.order()
    await give_up(shop, second)
    round_ = telling(shop)
    await round_.round()
    assert await templates(shop) == ["instalment_unpaid"]
    for _ in range(25):
        shop.later(days=1)
        await round_.round()
    assert await templates(shop) == ["instalment_unpaid", *["unpaid_reminder"] * 3]


async def test_a_reminder_is_never_sent_once_it_is_paid(shop: Shop) -> None:
    _, (_, second, _) = await shop.order()
    await give_up(shop, second)
    await telling(shop).round()
    await mark_paid(shop.world.pool, [second.bytes], at=shop.calendar.now())
    for _ in range(25):
        shop.later(days=1)
        await telling(shop).round()
    assert await templates(shop) == ["instalment_unpaid", "debit_paid"]


async def test_a_reminder_waits_for_who_pays_just_now(shop: Shop) -> None:
    """The payment holds the order: the reminder is left, and finds it paid the next time."""
    _, (_, second, _) = await shop.order()
    await give_up(shop, second)
    await telling(shop).round()
    shop.later(days=3)
    async with shop.world.pool.acquire() as connection, connection.transaction():
        await mark_paid(connection, [second.bytes], at=shop.calendar.now())
        await telling(shop).round()
    assert await templates(shop) == ["instalment_unpaid"]
    await telling(shop).round()
    assert await templates(shop) == ["instalment_unpaid", "debit_paid"]


async def test_a_calendar_that_leaps_brings_one_reminder_and_not_three(shop: Shop) -> None:
    _, (_, second, _) = await shop.order()
    await give_up(shop, second)
    await telling(shop).round()
    shop.later(days=21)
    await telling(shop).round()
    assert await templates(shop) == ["instalment_unpaid", "unpaid_reminder"]


async def test_a_card_that_ends_before_the_last_debit_is_told_of_once(shop: Shop) -> None:
    card = await shop.card(expiry=f"{shop.today():%y%m}")
    await shop.order(due_in_days=5, card=card)
    await shop.order(due_in_days=5, card=await shop.card())
    await shop.order(1_000, 1_000, due_in_days=0, card=await shop.card(expiry=f"{shop.today():%y%m}"))
    await telling(shop).round()
    await telling(shop).round()
    told = await mails(shop)
    assert [facts["reference"] for template, facts in told if template == "card_expiring"] == [
        await shop.value("SELECT reference FROM purchase_order WHERE card_id = $1", card)
    ]


async def test_a_round_that_is_killed_has_told_nothing_and_the_next_one_tells_all(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.order()
    await shop.collect(await shop.run())

    async def killed(*_asked: Any, **_facts: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr("core.schedules.notices.store.decide", killed)
        with pytest.raises(ConnectionResetError):
            await telling(shop).round()
    assert await templates(shop) == []
    await telling(shop).round()
    assert await templates(shop) == ["debit_paid"]
