"""What a decline says, and what is done next: every reason, every policy, every moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987
from core.schedules.collecting.model import Answer, DebitState, History, Policy
from core.schedules.collecting.rules import FAILURES_MAX, LAST_PAUSE, answer_of, next_of
from core.values.clock import PARIS

FIRST = date(2026, 11, 29)
NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
POLICY = Policy((2, 5, 9), 7)
NEVER_BY_VISA = ("04", "07", "12", "14", "15", "41", "43", "57", "R1")
"""Category 1: docs/collecting.md. 46, R0 and R3 are in no table of ours, so that they are unknown and reversed."""


def after(answer: Answer, *, declines: int = 1, failures: int = 0, now: datetime = NOW) -> datetime | None:
    return next_of(answer, History(FIRST, declines, failures), POLICY, now=now).after


@pytest.mark.parametrize("code", NEVER_BY_VISA)
def test_what_a_scheme_forbids_to_try_again_is_never_tried_again(code: str) -> None:
    assert answer_of("declined", CODES_1987[code].reason) == "hard"
    assert after("hard") is None


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason > Reason.PARTIAL_APPROVAL])
def test_every_decline_of_a_bank_says_something_of_the_card(reason: Reason) -> None:
    assert answer_of("declined", reason) in ("hard", "soft", "customer")


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason < Reason.APPROVED])
def test_what_we_say_ourselves_says_nothing_of_the_card(reason: Reason) -> None:
    assert answer_of("not_sent", reason) == "ours"


@pytest.mark.parametrize("reason", [Reason.HOST_NO_REPLY, Reason.HOST_CODE_UNKNOWN, Reason.PARTIAL_APPROVAL])
def test_what_was_reversed_says_nothing_of_the_card(reason: Reason) -> None:
    assert answer_of("reversed", reason) == "ours"


@pytest.mark.parametrize(
    ("state", "reason", "answer"),
    [
        ("declined", Reason.STRONG_AUTHENTICATION_REQUIRED, "customer"),
        ("declined", Reason.EXPIRED_CARD, "customer"),
        ("not_sent", Reason.EXPIRED_CARD, "customer"),
        ("not_sent", Reason.STOLEN_CARD, "hard"),
        ("declined", Reason.INSUFFICIENT_FUNDS, "soft"),
        ("approved", Reason.APPROVED, "approved"),
    ],
)
def test_what_an_end_says(state: DebitState, reason: Reason, answer: Answer) -> None:
    assert answer_of(state, reason) == answer


def test_it_is_tried_again_when_the_day_of_the_policy_begins_in_paris_then_it_is_unpaid() -> None:
    days = [after("soft", declines=n) for n in (1, 2, 3, 4)]
    assert [day and day.astimezone(PARIS).isoformat() for day in days] == [
        "2026-12-01T00:00:00+01:00",
        "2026-12-04T00:00:00+01:00",
        "2026-12-08T00:00:00+01:00",
        None,
    ]


def test_a_run_that_was_late_tries_again_no_sooner_than_tomorrow() -> None:
    late = NOW + timedelta(days=20)
    again = after("soft", declines=1, now=late)
    assert again is not None
    assert again.astimezone(PARIS).date() == date(2026, 12, 20)


def test_a_day_of_the_policy_in_summer_time_begins_at_midnight_there() -> None:
    policy = Policy((1,), 7)
    again = next_of(
        "soft", History(date(2027, 3, 27), 1, 0), policy, now=datetime(2027, 3, 27, 8, tzinfo=UTC)
    )
    assert again.after == datetime(2027, 3, 27, 23, tzinfo=UTC)
    again = next_of(
        "soft", History(date(2027, 3, 28), 1, 0), policy, now=datetime(2027, 3, 28, 8, tzinfo=UTC)
    )
    assert again.after == datetime(2027, 3, 28, 22, tzinfo=UTC)


def test_the_customer_has_the_days_of_the_policy() -> None:
    wanted = next_of("customer", History(FIRST, 1, 0), POLICY, now=NOW)
    assert wanted.asks_customer
    assert wanted.after == datetime(2026, 12, 5, 23, tzinfo=UTC)
    assert after("customer", now=datetime(2026, 12, 5, 23, tzinfo=UTC)) is None


@given(
    st.lists(st.integers(1, 30), max_size=9, unique=True), st.integers(0, 30), st.integers(0, 3600 * 24 * 60)
)
def test_whatever_the_policy_it_is_tried_at_most_once_a_day_and_as_often_as_it_says(
    days: list[int], customer_days: int, late_s: int
) -> None:
    policy = Policy(tuple(days), customer_days)
    now, tries = NOW + timedelta(seconds=late_s), []
    for declines in range(1, 12):
        tries.append(now.astimezone(PARIS).date())
        again = next_of("soft", History(FIRST, declines, 0), policy, now=now)
        if again.after is None:
            break
        assert again.after > now
        now = again.after
    assert len(tries) == len(set(tries)) == len(days) + 1


@given(st.integers(1, FAILURES_MAX + 5))
def test_what_says_nothing_waits_ever_longer_and_not_for_ever(failures: int) -> None:
    again = after("ours", failures=failures)
    assert (again is None) == (failures >= FAILURES_MAX)
    assert again is None or NOW < again <= NOW + LAST_PAUSE
