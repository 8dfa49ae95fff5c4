"""Orders: exact sums, odd cents first, civil dates, and schedules that follow from what is left to pay."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.orders import InstalmentState, OrderState
from core.schedules.orders.model import Balance, Due, Facts
from core.schedules.orders.rules import (
    TooSmallToPart,
    balance_of,
    cancellable_minor,
    days_for,
    due_dates,
    fee_of,
    new_schedule,
    parts_of,
    refundable_minor,
    state_of,
)

amounts = st.integers(1, 10**9)
counts = st.sampled_from((2, 3, 4, 10))


def order(
    amount_minor: int, parts: int, *, paid: int = 0, fee_minor: int = 0, cancelled_minor: int = 0
) -> Facts:
    """Return an order, active when something of it is paid."""
    schedule = new_schedule(
        amount_minor=amount_minor,
        fee_minor=fee_minor,
        purchased_on=date(2026, 8, 4),
        parts=parts,
        step_unit="days",
        step_count=30,
    )
    dues = tuple(
        Due(part.number, part.amount_minor, part.fee_minor, "paid" if part.number <= paid else "upcoming")
        for part in schedule
    )
    return Facts(amount_minor, fee_minor, cancelled_minor, 0, paid > 0, False, dues)


def standing(facts: Facts, number: int, state: InstalmentState) -> Facts:
    """Return the order with one instalment in another state."""
    dues = tuple(due._replace(state=state) if due.number == number else due for due in facts.dues)
    return facts._replace(dues=dues)


def amounts_of(balance: Balance) -> list[int]:
    return [due.amount_minor for due in balance.dues]


def test_the_purchase_of_the_guide_is_parted_as_it_shows() -> None:
    schedule = new_schedule(
        amount_minor=12_796,
        fee_minor=0,
        purchased_on=date(2019, 8, 4),
        parts=3,
        step_unit="days",
        step_count=30,
    )
    assert [(part.due_on.isoformat(), part.amount_minor) for part in schedule] == [
        ("2019-08-04", 4_266),
        ("2019-09-03", 4_265),
        ("2019-10-03", 4_265),
    ]


@given(amounts, counts)
def test_parts_add_up_and_the_odd_cents_go_to_the_first(amount_minor: int, count: int) -> None:
    first, *others = parts_of(amount_minor, count)
    assert first + sum(others) == amount_minor
    assert len({*others}) == 1
    assert 0 <= first - others[0] < count


def test_what_is_too_small_to_part_is_refused() -> None:
    with pytest.raises(TooSmallToPart) as refused:
        order(5, 10)
    assert refused.value.least_minor == 10
    assert [due.amount_minor for due in order(10, 10).dues] == [1] * 10


def test_the_fee_is_paid_with_the_first_instalment() -> None:
    assert [(due.amount_minor, due.fee_minor) for due in order(12_796, 3, fee_minor=192).dues] == [
        (4_458, 192),
        (4_265, 0),
        (4_265, 0),
    ]
    assert fee_of(12_796, fee_bp=150, fee_minor=None) == 192
    assert fee_of(12_767, fee_bp=150, fee_minor=None) == 192, "191.505 is rounded to the nearest"
    assert fee_of(12_796, fee_bp=None, fee_minor=990) == 990


@pytest.mark.parametrize(
    ("bought", "unit", "count", "dates"),
    [
        ("2027-01-31", "months", 1, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        ("2028-01-31", "months", 1, ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        ("2026-11-30", "months", 3, ["2026-11-30", "2027-02-28", "2027-05-30", "2027-08-30"]),
        # Summer time ends on 25 October 2026: thirty days are thirty dates, whatever their hours.
        ("2026-10-10", "days", 30, ["2026-10-10", "2026-11-09", "2026-12-09", "2027-01-08"]),
    ],
)
def test_a_step_of_months_keeps_the_day_of_the_purchase(
    bought: str, unit: Literal["days", "months"], count: int, dates: list[str]
) -> None:
    found = due_dates(date.fromisoformat(bought), count=4, step_unit=unit, step_count=count)
    assert [each.isoformat() for each in found] == dates


def test_a_date_beyond_the_calendar_is_refused() -> None:
    for unit in ("days", "months"):
        with pytest.raises(OverflowError):
            due_dates(date(9999, 12, 20), count=2, step_unit=unit, step_count=12)


def test_a_cancelled_part_is_taken_off_what_is_still_to_be_paid() -> None:
    balance = balance_of(order(12_796, 3, paid=1, cancelled_minor=3_000))
    assert (amounts_of(balance), balance.refund_minor) == ([4_266, 2_765, 2_765], 0)


def test_what_was_overpaid_is_owed_back_and_nothing_remains() -> None:
    balance = balance_of(order(12_796, 3, paid=1, cancelled_minor=10_000))
    assert (amounts_of(balance), balance.refund_minor) == ([4_266, 0, 0], 1_470)
    assert [due.state for due in balance.dues] == ["paid", "cancelled", "cancelled"]


def test_whoever_takes_everything_off_takes_the_fee_off_with_it() -> None:
    facts = order(12_796, 3, paid=1, fee_minor=192)
    assert balance_of(facts._replace(cancelled_minor=12_796)).refund_minor == 4_458
    assert balance_of(facts._replace(cancelled_minor=12_795)).refund_minor == 4_458 - 192 - 1


def test_what_is_on_its_way_is_not_changed_and_is_owed_back_once_it_is_paid() -> None:
    facts = standing(order(10_000, 2, paid=1), 2, "in_progress")._replace(cancelled_minor=3_000)
    assert balance_of(facts) == Balance(facts.dues, 0)
    assert balance_of(standing(facts, 2, "paid")).refund_minor == 3_000
    assert amounts_of(balance_of(standing(facts, 2, "unpaid"))) == [5_000, 2_000]


def test_what_is_paid_ahead_of_the_others_leaves_them_as_they_are() -> None:
    facts = order(11, 3)
    assert [due.amount_minor for due in facts.dues] == [5, 3, 3]
    ahead: tuple[InstalmentState, ...] = ("in_progress", "paid")
    for state in ahead:
        moved = standing(facts, 2, state)
        assert amounts_of(balance_of(moved)) == [5, 3, 3]


def test_a_refund_leaves_what_is_to_be_paid_as_it_is() -> None:
    facts = order(12_796, 3, paid=1)
    assert refundable_minor(facts) == 4_266
    given_back = facts._replace(cancelled_minor=1_000, refunded_minor=1_000)
    assert (amounts_of(balance_of(given_back)), balance_of(given_back).refund_minor) == (
        [4_266, 4_265, 4_265],
        0,
    )
    assert refundable_minor(given_back) == 3_266
    assert refundable_minor(order(12_796, 3)) == 0


@pytest.mark.parametrize(
    ("states", "cancelled_minor", "expected"),
    [
        (["upcoming"] * 3, 0, "awaiting_payment"),
        (["cancelled"] * 3, 9_000, "cancelled"),
        (["paid", "upcoming", "upcoming"], 0, "in_progress"),
        (["paid", "in_progress", "upcoming"], 0, "in_progress"),
        (["paid", "unpaid", "upcoming"], 0, "unpaid"),
        (["paid", "paid", "unpaid"], 0, "unpaid"),
        (["paid", "paid", "paid"], 0, "settled"),
        (["paid", "cancelled", "cancelled"], 6_000, "settled"),
        (["paid", "cancelled", "cancelled"], 9_000, "cancelled"),
    ],
)
def test_the_state_of_a_schedule_follows_from_its_facts(
    states: list[InstalmentState], cancelled_minor: int, expected: OrderState
) -> None:
    facts = order(9_000, 3, cancelled_minor=cancelled_minor)._replace(is_active="paid" in states)
    for number, state in enumerate(states, start=1):
        facts = standing(facts, number, state)
    assert state_of(facts) == expected


def test_a_schedule_that_is_being_settled_says_so_and_an_abandoned_one_too() -> None:
    facts = standing(order(9_000, 3, paid=1), 2, "unpaid")
    taken, paid, to_come = (
        facts.dues[1]._replace(counts=False),
        Due(4, 1_500, 0, "paid", is_part=True),
        Due(5, 1_500, 0, "upcoming", is_part=True),
    )
    settling = facts._replace(dues=(facts.dues[0], taken, facts.dues[2], paid, to_come))
    assert state_of(settling) == "being_settled"
    assert balance_of(settling).dues == settling.dues
    # Once it is paid, what is left is the plan's own; and once anything fails, all of it is unpaid.
    assert state_of(standing(settling, 5, "paid")) == "in_progress"
    failed = balance_of(standing(settling, 3, "unpaid"))
    assert [due.state for due in failed.dues] == ["paid", "unpaid", "unpaid", "paid", "unpaid"]
    abandoned = order(9_000, 3)._replace(is_abandoned=True)
    assert (state_of(abandoned), cancellable_minor(abandoned)) == ("abandoned", 0)


def test_nothing_is_owed_or_to_come_of_what_was_abandoned() -> None:
    balance = balance_of(order(9_000, 3, fee_minor=150)._replace(is_abandoned=True))
    assert [(due.amount_minor, due.fee_minor, due.state) for due in balance.dues] == [(0, 0, "cancelled")] * 3
    assert balance.refund_minor == 0


@given(amounts, counts, st.integers(0, 10_000), st.data())
def test_the_sum_is_exact_after_whatever_is_cancelled_and_computing_again_changes_nothing(
    amount_minor: int, parts: int, fee_minor: int, data: st.DataObject
) -> None:
    facts = order(max(amount_minor, parts), parts, fee_minor=fee_minor)
    states: list[InstalmentState] = ["upcoming", "in_progress", "paid", "unpaid"]
    for number in range(1, parts + 1):
        facts = standing(facts, number, data.draw(st.sampled_from(states)))
    facts = facts._replace(cancelled_minor=data.draw(st.integers(0, facts.amount_minor)))
    balance = balance_of(facts)
    after = facts._replace(dues=balance.dues, refunded_minor=balance.refund_minor)
    assert balance_of(after) == Balance(balance.dues, 0)
    kept = after.paid_minor - after.refunded_minor
    still_due = sum(due.amount_minor for due in balance.dues if due.state in ("upcoming", "unpaid"))
    moving = sum(due.amount_minor for due in balance.dues if due.state == "in_progress")
    assert kept <= after.owed_minor
    assert kept + still_due + moving == max(after.owed_minor, kept + moving)
    for before, due in zip(facts.dues, balance.dues, strict=True):
        assert due.amount_minor >= due.fee_minor >= 0
        assert (due.amount_minor == 0) == (due.state == "cancelled")
        if before.state in ("paid", "in_progress"):
            assert due == before


@pytest.mark.parametrize(
    ("number", "today", "first", "last"),
    [
        (2, "2026-08-10", "2026-08-11", "2026-09-18"),
        (2, "2026-09-30", "2026-10-01", "2026-09-18"),  # no day is left
        (3, "2026-08-10", "2026-09-04", "2026-10-18"),
    ],
)
def test_an_instalment_moves_between_its_neighbours_from_tomorrow_on(
    number: int, today: str, first: str, last: str
) -> None:
    days = due_dates(date(2026, 8, 4), count=3, step_unit="days", step_count=30)
    found = days_for(
        number, days, planned=days[number - 1], today=date.fromisoformat(today), later_days_max=15
    )
    assert [each.isoformat() for each in found] == [first, last]


def test_an_instalment_stays_before_the_one_after_it_though_its_plan_allows_more() -> None:
    days = [date(2026, 8, 4), date(2026, 9, 3), date(2026, 9, 10)]
    assert days_for(2, days, planned=days[1], today=date(2026, 8, 10), later_days_max=15)[1] == date(
        2026, 9, 9
    )
