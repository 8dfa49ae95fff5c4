"""In what parts an unpaid may be settled, on which days, and by which card (REG-1, S2.36 to S2.38)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.schedules.settlements.rules import (
    card_problem,
    counts_for,
    debited_on,
    later_parts,
    needed_until,
    parts_for,
)

TODAY = date(2027, 1, 31)


def test_s2_38_159_18_is_settled_once_or_in_two_or_three_equal_parts() -> None:
    found = {
        count: [part.amount_minor for part in parts_for(15_918, count, today=TODAY)] for count in (1, 2, 3)
    }
    assert found == {1: [15_918], 2: [7_959, 7_959], 3: [5_306, 5_306, 5_306]}


def test_parts_are_monthly_and_the_first_is_paid_today() -> None:
    days = [part.due_on for part in parts_for(10_000, 3, today=TODAY)]
    assert days == [TODAY, date(2027, 2, 28), date(2027, 3, 31)]


@given(st.integers(1, 10**9), st.sampled_from((1, 2, 3)))
def test_the_sum_of_the_parts_is_what_is_unpaid_and_the_odd_cents_go_first(
    amount_minor: int, count: int
) -> None:
    if count not in counts_for(amount_minor):
        assert amount_minor < count
        return
    amounts = [part.amount_minor for part in parts_for(amount_minor, count, today=TODAY)]
    assert sum(amounts) == amount_minor
    assert amounts[0] - amounts[-1] in range(count)
    assert len({*amounts[1:]}) <= 1


@given(st.integers(0, 20_000), st.integers(1, 20_000), st.sampled_from((1, 2, 3)))
def test_later_parts_are_of_what_is_left_whatever_was_cancelled_meanwhile(
    owed_minor: int, first_minor: int, count: int
) -> None:
    parts = later_parts(owed_minor, count, first_minor=first_minor, first_on=TODAY)
    rest_minor = max(0, owed_minor - first_minor) if count > 1 else 0
    assert sum(part.amount_minor for part in parts) == rest_minor
    assert len(parts) < count
    assert all(part.amount_minor > 0 for part in parts)


@pytest.mark.parametrize(
    ("good_until", "is_refused", "problem"),
    [
        (date(2027, 4, 30), False, None),
        (date(2027, 3, 31), False, None),
        (date(2027, 2, 28), False, "ends_too_soon"),
        (date(2027, 1, 30), False, "expired"),
        (None, False, "expired"),
        (date(2030, 1, 31), True, "refused"),
    ],
)
def test_a_card_is_good_through_its_last_month_and_not_once_its_bank_refused_for_good(
    good_until: date | None, is_refused: bool, problem: str | None
) -> None:
    last_on = parts_for(300, 3, today=TODAY)[-1].due_on
    assert card_problem(good_until=good_until, is_refused=is_refused, today=TODAY, last_on=last_on) == problem


@pytest.mark.parametrize(
    ("last_due_on", "until"),
    [(None, date(2027, 3, 31)), (date(2027, 3, 30), date(2027, 3, 31)), (date(2027, 4, 1), date(2027, 4, 1))],
)
def test_a_card_that_takes_the_order_over_is_needed_for_all_that_is_to_come(
    last_due_on: date | None, until: date
) -> None:
    assert needed_until(parts_for(300, 3, today=TODAY), last_due_on) == until


def test_a_pause_puts_off_the_parts_after_the_first_and_until_when_a_card_is_needed() -> None:
    until = date(2027, 3, 15)
    parts = parts_for(300, 3, today=TODAY)
    first, second, third = (each.due_on for each in parts)
    assert first < second < until < third
    assert debited_on([first, second, third], until) == [first, until, third]
    assert needed_until(parts[:2], None, until) == until
    assert needed_until(parts[:1], None, until) == first
