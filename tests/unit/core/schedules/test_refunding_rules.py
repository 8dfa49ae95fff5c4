"""Of which payments it is given back what an order owes, and when a refund is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.schedules.refunding.rules import FAILURES_MAX, LAST_PAUSE, Paid, Share, send_after, shares_of

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
FIRST, SECOND, THIRD = b"1" * 16, b"2" * 16, b"3" * 16


def test_one_payment_gives_back_what_it_holds() -> None:
    assert shares_of(1_470, [Paid(FIRST, 4_266)]) == [Share(FIRST, 1_470)]


def test_what_one_payment_does_not_hold_the_next_ones_give_back() -> None:
    payments = [Paid(FIRST, 4_266), Paid(SECOND, 0), Paid(THIRD, 4_265)]
    assert shares_of(5_000, payments) == [Share(FIRST, 4_266), Share(THIRD, 734)]


@given(st.integers(1, 10_000), st.lists(st.integers(0, 5_000), max_size=10))
def test_no_payment_gives_back_more_than_is_left_of_it(amount_minor: int, left: list[int]) -> None:
    payments = [Paid(bytes([place]) * 16, each) for place, each in enumerate(left)]
    shares = shares_of(amount_minor, payments)
    assert sum(share.amount_minor for share in shares) == min(amount_minor, sum(left))
    holds = dict(payments)
    assert all(0 < share.amount_minor <= holds[share.debit_id] for share in shares)
    assert len({share.debit_id for share in shares}) == len(shares)


def test_it_is_tried_again_a_day_after_a_refusal_and_soon_where_no_host_took_it() -> None:
    assert send_after(is_refused=True, failures=1, now=NOW) == NOW + LAST_PAUSE
    assert send_after(is_refused=False, failures=1, now=NOW) == NOW + timedelta(minutes=5)
    assert send_after(is_refused=False, failures=19, now=NOW) == NOW + LAST_PAUSE
    assert send_after(is_refused=False, failures=FAILURES_MAX, now=NOW) is None
