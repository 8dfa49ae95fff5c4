"""Two pages are open for one change of card, and a card is typed on each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.contracts.refusals import Refused
from tests.integration.core.schedules.card_changes import CHALLENGE, Changer, open_changer
from tests.integration.core.schedules.shop import Shop


@pytest.fixture
async def changer(shop: Shop) -> AsyncIterator[Changer]:
    async with open_changer(shop) as opened:
        yield opened


async def test_of_two_cards_typed_for_one_change_the_second_is_said_not_to_be_taken(
    shop: Shop, changer: Changer
) -> None:
    order, _ = await shop.order(due_in_days=20)
    first, second = await changer.open(order), await changer.open(order)
    assert first.change.id == second.change.id
    of_first = await changer.type(first, last_four="1111")
    of_second = await changer.type(second, last_four="4444")
    assert (await changer.go_on(first.change.id, of_first.token)).state == "done"
    with pytest.raises(Refused) as refused:
        await changer.go_on(second.change.id, of_second.token)
    assert refused.value.problem.code == "card_change_typed_elsewhere"
    # The same one sent again is no other.
    again = await changer.go_on(first.change.id, of_first.token)
    assert (again.state, again.new_card and again.new_card.last_four) == ("done", "1111")
    assert (await changer.card_of(order))["last_four"] == "1111"
    # Nor while the first one's holder is at their bank.
    order, _ = await shop.order(due_in_days=20)
    changer.bank.says = CHALLENGE
    first, second = await changer.open(order), await changer.open(order)
    of_first, of_second = await changer.type(first), await changer.type(second, last_four="4444")
    assert (await changer.go_on(first.change.id, of_first.token)).state == "to_confirm"
    with pytest.raises(Refused) as refused:
        await changer.go_on(second.change.id, of_second.token)
    assert refused.value.problem.code == "card_change_typed_elsewhere"
    assert (await changer.go_on(first.change.id)).state == "to_confirm"
