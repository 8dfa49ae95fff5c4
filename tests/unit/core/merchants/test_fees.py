"""Fees are integers with one rounding rule, and a version in force follows from the dates."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.contracts.fees import FeeRow
from core.merchants.fees.rules import (
    TRANSITIONS,
    differences_of,
    fee_of,
    last_month,
    period_problem,
    row_problems,
    shown_state,
)

VISA = FeeRow("visa", "eea", "debit", 35, 5, 0)


@pytest.mark.parametrize(
    ("amount", "rate", "fixed", "minimum", "fee"),
    [
        (10_000, 35, 0, 0, 35),
        (1_000, 35, 0, 0, 4),  # 3.5 cents: half a cent goes up
        (999, 35, 0, 0, 3),
        (1, 35, 5, 0, 5),
        (100, 35, 2, 10, 10),
        (0, 2_000, 0, 0, 0),
        (10**13, 2_000, 100_000, 0, 2 * 10**12 + 100_000),
    ],
)
def test_a_fee_is_rate_then_fixed_then_minimum(
    amount: int, rate: int, fixed: int, minimum: int, fee: int
) -> None:
    assert fee_of(amount, rate_bp=rate, fixed_minor=fixed, minimum_minor=minimum) == fee


@given(st.integers(0, 10**12), st.integers(0, 2_000))
@example(200, 1_675)  # 33.5 cents, which are 34.
@example(2, 1_250)  # 0.25, which are none.
def test_rounding_is_never_off_by_more_than_half_a_cent_and_halves_go_up(amount: int, rate: int) -> None:
    fee = fee_of(amount, rate_bp=rate, fixed_minor=0, minimum_minor=0)
    assert -10_000 <= 2 * (amount * rate - fee * 10_000) < 10_000


@pytest.mark.parametrize(
    ("effective_on", "state"),
    [(date(2026, 12, 1), "approved"), (date(2026, 11, 1), "in_force"), (date(2026, 1, 1), "superseded")],
)
def test_the_date_says_which_approved_version_is_in_force(effective_on: date, state: str) -> None:
    today, since = date(2026, 11, 22), date(2026, 11, 1)
    assert shown_state("approved", effective_on=effective_on, in_force_since=since, today=today) == state


def test_approved_is_only_taken_back_and_nothing_reaches_it_without_being_submitted() -> None:
    assert [act for state, act in TRANSITIONS if state in ("approved", "withdrawn")] == ["withdraw"]
    assert [state for (state, _), after in TRANSITIONS.items() if after == "approved"] == ["submitted"]


def test_a_row_that_stands_twice_is_named() -> None:
    problems = row_problems([VISA, FeeRow("cb", "eea", "debit", 20, 0, 0), VISA])
    assert [(one.field, one.code) for one in problems] == [("rows[2]", "twice")]
    assert [one.code for one in row_problems([])] == ["empty"]


def test_only_rows_that_change_are_differences() -> None:
    dearer = FeeRow("visa", "eea", "debit", 40, 5, 0)
    dropped = FeeRow("amex", "eea", "credit", 150, 0, 0)
    same = FeeRow("cb", "eea", "debit", 20, 0, 0)
    found = differences_of([VISA, dropped, same], [same, dearer])
    assert [(one.brand, one.before, one.after) for one in found] == [
        ("visa", VISA, dearer),
        ("amex", dropped, None),
    ]


def test_last_month_is_whole() -> None:
    assert last_month(date(2026, 3, 31)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert last_month(date(2027, 1, 1)) == (date(2026, 12, 1), date(2026, 12, 31))


def test_a_period_is_bounded_and_runs_forwards() -> None:
    assert period_problem(date(2026, 1, 1), date(2026, 1, 1)) is None
    backwards = period_problem(date(2026, 1, 2), date(2026, 1, 1))
    long = period_problem(date(2026, 1, 1), date(2026, 12, 31))
    assert backwards is not None
    assert long is not None
