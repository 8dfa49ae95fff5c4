"""Which of its times tells a message from the next one, and what two messages show of each other."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.transactions.bookings.rules import Times, is_earlier, is_one_time, time_shown

DAY = date(2026, 11, 29)
TIMES = st.sampled_from(
    ["", "0000000000", "0101000000", "1129000000", "1129120000", "1129120001", "0601120000"]
)
MESSAGES = st.builds(Times, TIMES, TIMES, st.sampled_from([DAY, date(2026, 11, 28)]))


@pytest.mark.parametrize(
    ("transmitted", "local", "shown"),
    [
        ("1129110000", "1129120000", "local"),
        ("1129110000", "0000000000", "transmitted"),
        ("1129110000", "0101000000", "transmitted"),
        ("1129110000", "0601120000", "transmitted"),
        ("0101000000", "0101000000", None),
        ("", "1332999999", None),
    ],
)
def test_a_clock_that_was_never_set_or_has_stopped_tells_nothing(
    transmitted: str, local: str, shown: str | None
) -> None:
    assert time_shown(Times(transmitted, local, DAY)) == shown


def test_a_clock_that_began_anew_still_shows_one_message_twice() -> None:
    began_anew = Times("0601120000", "0601120000", DAY)
    assert is_one_time(began_anew, began_anew)
    assert not is_one_time(began_anew, began_anew._replace(local="0601120001", transmitted="0601120001"))


@given(MESSAGES, MESSAGES)
def test_two_messages_show_the_same_of_each_other_and_one_of_them_at_most_came_first(
    one: Times, other: Times
) -> None:
    assert is_one_time(one, other) == is_one_time(other, one)
    assert not (is_earlier(one, other) and is_earlier(other, one))
    assert not (is_earlier(one, other) and is_one_time(one, other))
