"""`guichet verify` holds the cards of orders against the changes that put them there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.verify.schedules import check_cards
from tests.integration.core.schedules.card_changes import Changer, open_changer
from tests.integration.core.schedules.shop import Shop


@pytest.fixture
async def changer(shop: Shop) -> AsyncIterator[Changer]:
    async with open_changer(shop) as opened:
        yield opened


async def test_verify_sees_an_order_whose_card_is_not_that_of_its_last_change(
    shop: Shop, changer: Changer
) -> None:
    order, _ = await shop.order(due_in_days=20)
    assert (await changer.change(order)).state == "done"
    assert (await changer.change(order, last_four="5454")).state == "done"
    found = await check_cards(shop.world.owner)
    assert (found.checked, found.breaches) == (2, 0)
    await shop.world.owner.execute(
        "UPDATE purchase_order SET card_id = $2 WHERE id = $1", order, await shop.card()
    )
    assert (await check_cards(shop.world.owner)).breaches == 1


async def test_verify_asks_for_no_verification_of_a_card_of_a_month_that_was_put_away(
    shop: Shop, changer: Changer
) -> None:
    owner, (order, _) = shop.world.owner, await shop.order(due_in_days=20)
    for last_four in ("4242", "5454"):
        assert (await changer.change(order, last_four=last_four)).state == "done"
    first = await owner.fetchval(
        "DELETE FROM attempt WHERE id = (SELECT verification_id FROM card_change ORDER BY id LIMIT 1) RETURNING id"
    )
    assert (await check_cards(owner)).breaches == 1
    await owner.execute(
        "UPDATE card_change SET business_date = business_date - 70 WHERE verification_id = $1", first
    )
    assert (await check_cards(owner)).breaches == 0
