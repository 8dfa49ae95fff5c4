"""A reversal and what it means are compared by one rule, whichever of the two comes first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.states import ReversalFinding, State
from core.transactions.bookings.marks import Mark, judge_marked
from core.transactions.bookings.rules import Candidate, Said, find_named

DAY = date(2026, 11, 29)
SENT = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
ONE = Candidate(
    id=bytes(16),
    business_date=DAY,
    state=State.APPROVED,
    amount_minor=1_250,
    approved_minor=1_250,
    approved_first_minor=1_250,
    currency="EUR",
    card_fingerprint=4_242,
    approval_code="",
    transmitted_at="1129100000",
    local_time="1129060000",
    own_reference="",
    received_at=SENT,
    time_zone="America/Guadeloupe",
)
SAID = st.builds(
    Said,
    sent_at=st.sampled_from(
        ["", "1129100000", "1129060000", "1129110000", "1129103000", "1129095900", "1128100000"]
    ),
    day=st.just(DAY),
    reference=st.just(""),
    amount_minor=st.sampled_from([None, 1_250, 1_251]),
    currency=st.sampled_from(["", "EUR", "USD"]),
    card_fingerprint=st.sampled_from([None, 4_242, 7_777]),
    approval_code=st.sampled_from(["", "21"]),
)
FOUND = {
    (ReversalFinding.NAMED, True): "taken_back",
    (ReversalFinding.DISAGREES, True): "unlike",
    (ReversalFinding.NONE_STOOD, True): "like",
    (ReversalFinding.NONE_STOOD, False): "other",
}


@given(SAID, st.sampled_from([-5, 5, 300]))
def test_what_comes_after_its_reversal_is_judged_as_what_came_before_it(said: Said, seconds: int) -> None:
    second = find_named(said, [ONE], arrived_at=SENT + timedelta(minutes=1))
    first = judge_marked(Mark(said, (SENT - timedelta(seconds=seconds),), False), ONE, repeat=True)
    assert first == FOUND[second.finding, second.place is not None]


@pytest.mark.parametrize("after_s", [0, 60, 119])
@pytest.mark.parametrize("clock", ["of UTC", "of the place", "none"])
def test_what_was_sent_after_the_reversal_is_another_message(clock: str, after_s: int) -> None:
    said = Said("1129090000", DAY, "", 1_250, "EUR", 4_242, "")
    shown = {
        "of UTC": ONE,
        "of the place": ONE._replace(transmitted_at=ONE.local_time),
        "none": ONE._replace(transmitted_at="1129000000", local_time="0101120000"),
    }[clock]
    one = shown._replace(received_at=SENT + timedelta(seconds=after_s))
    came = SENT - timedelta(minutes=3)
    assert judge_marked(Mark(said, (came,), False), one, repeat=True) == "like", "it was sent before, too"
    expected = "like" if clock == "none" else "other"
    assert judge_marked(Mark(said, (came,), False), one, repeat=False) == expected
    assert judge_marked(Mark(said, (came, SENT), False), one, repeat=False) == "like", "said again since"


@pytest.mark.parametrize("sent_at", ["1129000000", "0101000000", "0611120000"])
@pytest.mark.parametrize(
    ("minutes", "changes", "verdict"),
    [
        (5, {}, "taken_back"),
        (5, {"currency": "USD"}, "unlike"),
        (60, {}, "like"),
        (60, {"currency": "USD"}, "other"),
        (60 * 24 * 5, {}, "other"),
    ],
)
def test_midnight_and_a_clock_that_stopped_tell_one_message_from_no_other(
    sent_at: str, minutes: int, changes: dict[str, str], verdict: str
) -> None:
    one = ONE._replace(transmitted_at=sent_at, local_time=sent_at, **changes)
    said = Said(sent_at, DAY - timedelta(days=3), "", 1_250, "EUR", 4_242, "")
    mark = Mark(said, (SENT - timedelta(minutes=minutes),), False)
    assert judge_marked(mark, one, repeat=False) == verdict


def test_what_a_reversal_may_have_meant_that_repeats_another_one_is_refused_nothing() -> None:
    said = Said("", DAY, "", 1_250, "EUR", 4_242, "")
    mark = Mark(said, (SENT - timedelta(minutes=1),), True)
    assert judge_marked(mark, ONE, repeat=False) == "repeated"
    assert judge_marked(mark, ONE._replace(currency="USD"), repeat=False) == "other"
