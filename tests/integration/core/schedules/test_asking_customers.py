"""What only the customer can change: their card is not debited again for that instalment, and another one is (SCH-4)."""

from __future__ import annotations

import pytest

from core.contracts.reasons import Reason
from core.schedules.collecting.rules import ASKS_CUSTOMER
from core.schedules.collecting.store import count_due
from tests.integration.core.schedules.shop import Shop


@pytest.mark.parametrize("reason", sorted(ASKS_CUSTOMER))
async def test_where_only_the_customer_can_act_they_are_asked_and_the_card_is_not_tried_again(
    shop: Shop, reason: Reason
) -> None:
    order, (_, second, _) = await shop.order()
    run = await shop.run()
    await shop.decline(run, reason)
    row = await shop.instalment(second)
    assert row["state"] == "upcoming"
    assert await shop.events(order) == ["customer_needed"]
    shop.later(days=6)
    assert await shop.collect(run) == 0
    sent = len(shop.world.host.messages("0200"))
    shop.later(days=1)
    # The dry run says what the run then does.
    (due,) = await count_due(shop.world.pool, shop.today(), shop.calendar.now())
    assert (due["forbidden"], due["count"]) == (reason, 1)
    await shop.collect(run)
    assert len(shop.world.host.messages("0200")) == sent
    assert [(each["state"], each["reason"]) for each in await shop.debits(second)] == [
        ("declined", reason),
        ("not_sent", reason),
    ]
    assert (await shop.instalment(second))["state"] == "unpaid"
    assert await shop.events(order) == ["customer_needed", "instalment_unpaid"]


@pytest.mark.parametrize("reason", sorted(ASKS_CUSTOMER))
async def test_once_the_customer_has_given_another_card_it_is_collected_by_that_one(
    shop: Shop, reason: Reason
) -> None:
    order, (_, second, _) = await shop.order()
    run = await shop.run()
    await shop.decline(run, reason)
    await shop.world.owner.execute(
        "UPDATE purchase_order SET card_id = $2 WHERE id = $1", order, await shop.card()
    )
    shop.later(days=7)
    (due,) = await count_due(shop.world.pool, shop.today(), shop.calendar.now())
    assert (due["forbidden"], due["count"]) == (Reason.NONE, 1)
    assert await shop.collect(run) == 1
    assert (await shop.instalment(second))["state"] == "paid"


@pytest.mark.parametrize(
    ("reason", "state"), [(Reason.EXPIRED_CARD, "paid"), (Reason.STRONG_AUTHENTICATION_REQUIRED, "unpaid")]
)
async def test_a_card_that_its_scheme_renewed_is_expired_no_more(
    shop: Shop, reason: Reason, state: str
) -> None:
    card = await shop.card()
    _, (_, second, _) = await shop.order(card=card)
    run = await shop.run()
    await shop.decline(run, reason)
    await shop.world.owner.execute(
        "INSERT INTO card_update (card_id, says, expiry_before, expiry, told_at) VALUES ($1, 'renewed', '9911', '9912', $2)",
        card,
        shop.later(days=7),
    )
    (due,) = await count_due(shop.world.pool, shop.today(), shop.calendar.now())
    assert due["forbidden"] == (Reason.NONE if state == "paid" else reason)
    await shop.collect(run)
    assert (await shop.instalment(second))["state"] == state
