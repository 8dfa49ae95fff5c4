"""What customers of the demonstration bought: each is bought before anything else happens to it, on days on which runs look."""

from __future__ import annotations

from datetime import date

import pytest

from deploy.cli.purchases import BY_AMOUNT, MARK, PURCHASES, RUNS, _days, _last_debit, _purchase
from deploy.sandbox.simulators.script import BY_AMOUNT as SCRIPTED
from deploy.sandbox.simulators.script import BY_PAN

RETRIED_AFTER = (0, 2, 5, 9)
"""Days of the first version of `retry_policy`, the first try itself among them."""


def test_the_days_go_forward_and_every_purchase_is_made_on_one() -> None:
    days = [day for day, _ in _days()]
    assert days == sorted(days, reverse=True)
    assert {each.days_ago for each in PURCHASES} | set(RUNS) <= set(days)
    for each in PURCHASES:
        about = [day for day, bought in _days() if each in bought]
        assert about[0] == each.days_ago
        assert len(about) == 1 + (each.cancelled_after is not None) + (each.settled_after is not None)


def test_what_is_settled_is_unpaid_before_and_has_parts_to_come_today() -> None:
    (order,) = [each for each in PURCHASES if each.settled_after is not None]
    assert order.settled_after is not None
    settled = order.days_ago - order.settled_after
    given_up = order.days_ago - 30 - RETRIED_AFTER[-1]
    assert given_up > settled
    # Monthly parts: the second is not due for 28 days at least.
    assert 0 < settled < 28
    assert order.amount_minor // 2 in SCRIPTED
    # The card of another purchase may not be tried by turns with it.
    cards = [_purchase(each, each.days_ago).card.pan for each in PURCHASES if each.card == BY_AMOUNT]
    assert len(set(cards)) == len(cards)


def test_every_purchase_has_a_number_of_its_own() -> None:
    assert len({each.reference for each in PURCHASES}) == len(PURCHASES)
    assert MARK == "purchases-made"


@pytest.mark.parametrize("bought", [each for each in PURCHASES if each.card == BY_AMOUNT])
def test_what_is_to_be_unpaid_is_declined_by_its_amount_and_looked_at_on_every_try(bought: object) -> None:
    assert bought in PURCHASES
    order = next(each for each in PURCHASES if each is bought)
    part_minor, odd = divmod(order.amount_minor, 2)
    assert (odd, part_minor in SCRIPTED) == (0, True)
    assert _purchase(order, order.days_ago).card.pan not in BY_PAN
    due = order.days_ago - 30
    tries = RETRIED_AFTER if SCRIPTED[part_minor].code == "51" else (0,)
    assert {due - after for after in tries} <= {day for day, _ in _days()}


def test_a_card_that_is_about_to_expire_is_good_for_the_last_debit() -> None:
    (order,) = [each for each in PURCHASES if each.ends_with_last_debit]
    assert _last_debit(order, date(2026, 11, 9)) == date(2027, 1, 8)
