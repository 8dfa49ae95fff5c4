"""Which of its times tells a message from the next one, and what two messages show of each other."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.transactions.bookings.clocks import Times, how_said_again, is_earlier, is_one_time, time_shown

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


MINUTES = timedelta(minutes=2)
BEGAN_ANEW = Times("0601120000", "0601120000", DAY)
RUNNING = Times("1129091500", "1129101500", DAY)
STOPPED = Times("1129091500", "1129070800", DAY)


@pytest.mark.parametrize("repeat", [False, True])
def test_a_clock_that_began_anew_shows_one_message_twice_within_minutes(repeat: bool) -> None:
    again = how_said_again(BEGAN_ANEW, BEGAN_ANEW, repeat=repeat, apart=MINUTES)
    assert again == "same"
    ticked = BEGAN_ANEW._replace(local="0601120001", transmitted="0601120001")
    assert is_one_time(BEGAN_ANEW, ticked) is False


@pytest.mark.parametrize("sent", ["0601120000", ""])
@pytest.mark.parametrize("hours", [1, 20])
def test_of_a_clock_that_may_stand_still_nobody_knows_hours_later(sent: str, hours: int) -> None:
    shown = BEGAN_ANEW._replace(transmitted=sent)
    assert how_said_again(shown, shown, repeat=False, apart=timedelta(hours=hours)) == "unclear"
    assert how_said_again(shown, shown, repeat=True, apart=timedelta(hours=hours, seconds=1)) == "late"


@pytest.mark.parametrize(
    ("ours", "apart", "repeat", "how"),
    [
        (RUNNING, timedelta(days=3), False, "same"),  # the same bytes
        (RUNNING._replace(transmitted="1129091540"), MINUTES, False, "same"),  # sent again at once
        (
            RUNNING._replace(transmitted="1129101500"),
            MINUTES,
            False,
            "same",
        ),  # its clock ran when it was first sent
        (RUNNING._replace(transmitted="1130091500"), MINUTES, False, "same"),
        (RUNNING._replace(transmitted="1130091500"), timedelta(days=1), True, "same"),
        (RUNNING._replace(transmitted=""), timedelta(days=1), False, "same"),
        (RUNNING._replace(local="1129101501"), MINUTES, False, "other"),
        (RUNNING._replace(local="1129101501"), MINUTES, True, "same"),
        (RUNNING._replace(local="1129151500"), timedelta(hours=5), True, "late"),
        (RUNNING._replace(local="1129231500"), timedelta(hours=13), True, "unclear"),
        (RUNNING._replace(local="0000000000", transmitted=""), MINUTES, False, "unclear"),
    ],
)
def test_what_is_alike_is_one_message_by_its_times_or_two_or_nobody_knows(
    ours: Times, apart: timedelta, repeat: bool, how: str
) -> None:
    assert how_said_again(ours, RUNNING, repeat=repeat, apart=apart) == how
    assert how_said_again(RUNNING, ours, repeat=repeat, apart=apart) == how


@pytest.mark.parametrize("sent", ["1129101500", "1130091500"])
def test_a_clock_that_never_showed_the_time_of_a_sending_may_stand_still(sent: str) -> None:
    again = STOPPED._replace(transmitted=sent)
    assert how_said_again(again, STOPPED, repeat=False, apart=MINUTES) == "unclear"
    assert how_said_again(STOPPED, again, repeat=False, apart=MINUTES) == "unclear"
    assert how_said_again(again, STOPPED, repeat=True, apart=MINUTES) == "same"


@pytest.mark.parametrize("ahead_minutes", [-570, -240, 60, 330, 660, 840])
def test_a_local_time_is_that_of_its_sending_in_any_zone(ahead_minutes: int) -> None:
    sent = datetime(2026, 11, 29, 15, 30, 10)  # noqa: DTZ001 -- As a terminal writes it.
    local = sent + timedelta(minutes=ahead_minutes, seconds=-40)
    first = Times(f"{sent:%m%d%H%M%S}", f"{local:%m%d%H%M%S}", local.date())
    again = first._replace(transmitted=f"{sent + timedelta(hours=3):%m%d%H%M%S}")
    assert how_said_again(again, first, repeat=False, apart=timedelta(hours=3)) == "same"


def test_a_midnight_that_is_no_time_gives_way_to_the_time_of_sending() -> None:
    one = Times("1129091500", "1129000000", DAY)
    other = one._replace(transmitted="1129100500")
    assert how_said_again(one, other, repeat=False, apart=timedelta(hours=1)) == "other"
    assert how_said_again(one, one, repeat=False, apart=timedelta(hours=1)) == "same"


def test_what_says_nothing_of_its_time_is_no_repeat_of_itself() -> None:
    unsaid = Times("", "0000000000", DAY)
    assert how_said_again(unsaid, unsaid, repeat=False, apart=timedelta(seconds=1)) == "unclear"


@given(MESSAGES, MESSAGES)
def test_two_messages_show_the_same_of_each_other_and_one_of_them_at_most_came_first(
    one: Times, other: Times
) -> None:
    assert is_one_time(one, other) == is_one_time(other, one)
    assert not (is_earlier(one, other) and is_earlier(other, one))
    assert not (is_earlier(one, other) and is_one_time(one, other))
