"""When a channel is open: weeks, holidays, special days, midnight, nights on which the clock moves (S2.43 to S2.47)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conversations.hours.rules import (
    DAY_MINUTES,
    Opening,
    Period,
    SpecialDay,
    Week,
    clock_of,
    minute_of,
    opening_at,
    overlapping,
)
from core.values.clock import PARIS

NINE, SIX, EIGHT = 540, 1_080, 1_200
# As the guide says: Monday to Friday 9 to 20, Saturday 9 to 18.
WEEK = Week(
    date(2026, 11, 1),
    tuple(Period(day, NINE, SIX if day == 6 else EIGHT) for day in range(1, 7)),
    closed_on_holidays=True,
)
HOLIDAYS = {date(2026, 12, 25): "Noël", date(2027, 1, 1): "Jour de l'an"}


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def at(text: str, *weeks: Week, special: dict[date, SpecialDay] | None = None) -> Opening:
    return opening_at(paris(text), weeks or (WEEK,), special or {}, HOLIDAYS.get)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-12-01 09:00", "2026-12-01 20:00"),
        ("2026-12-01 19:59", "2026-12-01 20:00"),
        ("2026-12-05 17:59", "2026-12-05 18:00"),  # Saturday
    ],
)
def test_it_is_open_until_the_hour_of_the_guide(moment: str, until: str) -> None:
    assert at(moment) == Opening(True, until=paris(until), why="open")


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-12-01 08:59", "2026-12-01 09:00"),
        ("2026-12-01 20:00", "2026-12-02 09:00"),
        ("2026-12-05 18:00", "2026-12-07 09:00"),  # Saturday evening: Monday
        ("2026-12-06 12:00", "2026-12-07 09:00"),  # Sunday
    ],
)
def test_when_it_is_closed_the_next_opening_is_said(moment: str, opens: str) -> None:
    assert at(moment) == Opening(False, opens_at=paris(opens), why="hours")


def test_a_public_holiday_is_closed_and_named_and_the_next_opening_is_after_it() -> None:
    # Friday 25 December: Saturday is open again.
    christmas = Opening(False, opens_at=paris("2026-12-26 09:00"), why="holiday", label="Noël")
    assert at("2026-12-25 10:00") == christmas
    assert at("2026-12-24 20:30").opens_at == paris("2026-12-26 09:00")
    all_year = WEEK._replace(closed_on_holidays=False)
    assert at("2026-12-25 10:00", all_year).is_open


def test_a_special_day_goes_before_its_weekday_and_before_a_holiday() -> None:
    special = {
        date(2026, 12, 24): SpecialDay(NINE, 840, "Veille de Noël"),
        date(2026, 12, 25): SpecialDay(600, 720, "Permanence de Noël"),
        date(2026, 12, 28): SpecialDay(None, None, "Inventaire"),
    }
    assert at("2026-12-24 13:59", special=special).until == paris("2026-12-24 14:00")
    closed = at("2026-12-24 14:00", special=special)
    assert (closed.opens_at, closed.label) == (paris("2026-12-25 10:00"), "Veille de Noël")
    assert at("2026-12-28 10:00", special=special) == Opening(
        False, opens_at=paris("2026-12-29 09:00"), why="special", label="Inventaire"
    )


def test_new_hours_hold_from_their_day_on() -> None:
    shorter = WEEK._replace(
        valid_from=date(2026, 12, 2), periods=tuple(Period(day, 600, 720) for day in range(1, 6))
    )
    assert at("2026-12-01 19:00", WEEK, shorter).is_open
    assert at("2026-12-01 21:00", WEEK, shorter).opens_at == paris("2026-12-02 10:00")
    assert not at("2026-12-02 13:00", shorter, WEEK).is_open


def test_open_through_midnight_is_one_opening() -> None:
    night = Week(
        date(2026, 11, 1), (Period(5, SIX, DAY_MINUTES), Period(6, 0, 120)), closed_on_holidays=False
    )
    assert at("2026-12-04 23:59", night).until == paris("2026-12-05 02:00")
    assert at("2026-12-05 00:00", night).until == paris("2026-12-05 02:00")


def test_what_never_closes_has_no_end_and_what_never_opens_no_beginning() -> None:
    always = Week(
        date(2026, 1, 1), tuple(Period(day, 0, DAY_MINUTES) for day in range(1, 8)), closed_on_holidays=False
    )
    assert at("2026-12-01 03:00", always) == Opening(True, why="open")
    assert at("2026-12-01 03:00", WEEK._replace(periods=())) == Opening(False, why="hours")
    assert opening_at(paris("2026-12-01 03:00"), (), {}, HOLIDAYS.get) == Opening(False, why="hours")


def test_hours_are_those_of_the_clock_on_the_wall_on_both_sides_of_a_change() -> None:
    # On 25 October 2026 the clock goes back: nine is 7:00 UTC before and 8:00 UTC after.
    week = WEEK._replace(valid_from=date(2026, 1, 1))
    saturday, monday = at("2026-10-24 08:00", week), at("2026-10-24 19:00", week)
    assert (saturday.opens_at, monday.opens_at) == (
        datetime(2026, 10, 24, 7, 0, tzinfo=UTC),
        datetime(2026, 10, 26, 8, 0, tzinfo=UTC),
    )


def test_a_night_on_which_the_clock_moves_is_as_long_as_it_is() -> None:
    night = Week(date(2026, 1, 1), (Period(7, 60, 240),), closed_on_holidays=False)  # Sundays 1:00 to 4:00
    back = at("2026-10-25 01:00", night)
    assert back.until == datetime(2026, 10, 25, 3, 0, tzinfo=UTC)  # four hours
    # In the second of the two hours from 2 to 3 it is still open.
    second = opening_at(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), (night,), {}, HOLIDAYS.get)
    assert second.is_open
    forward = at("2026-03-29 01:00", night)
    assert forward.until == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)  # two hours


def test_an_opening_that_the_clock_jumps_over_is_none() -> None:
    skipped = Week(date(2026, 1, 1), (Period(7, 150, 180),), closed_on_holidays=False)  # 2:30 to 3:00
    assert at("2026-03-29 00:00", skipped).opens_at == paris("2026-04-05 02:30")


@settings(max_examples=60, deadline=None)
@given(
    after_minutes=st.integers(0, 14_400),
    periods=st.lists(
        st.tuples(st.integers(1, 7), st.integers(0, 1439), st.integers(1, 1440)).filter(
            lambda p: p[1] < p[2]
        ),
        max_size=10,
    ),
)
def test_whatever_the_week_what_is_said_of_the_future_comes_true(
    after_minutes: int, periods: list[tuple[int, int, int]]
) -> None:
    week = Week(date(2026, 1, 1), tuple(Period(*each) for each in periods), closed_on_holidays=True)
    # Ten days around the night on which the clock goes back.
    now = datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=after_minutes)

    def said(moment: datetime) -> Opening:
        return opening_at(moment, (week,), {}, HOLIDAYS.get)

    found = said(now)
    if found.is_open and found.until is not None:
        assert said(found.until - timedelta(seconds=1)).is_open
        assert not said(found.until).is_open
    elif not found.is_open and found.opens_at is not None:
        assert said(found.opens_at).is_open
        assert not said(found.opens_at - timedelta(seconds=1)).is_open


def test_periods_of_a_day_may_not_overlap_and_read_as_a_clock() -> None:
    assert overlapping([Period(1, 540, 720), Period(1, 720, 1_200), Period(2, 540, 1_200)]) is None
    assert overlapping([Period(1, 700, 1_200), Period(1, 540, 720)]) == Period(1, 700, 1_200)
    assert [minute_of(text) for text in ("00:00", "09:05", "24:00")] == [0, 545, 1_440]
    assert [clock_of(minute) for minute in (0, 545, 1_440)] == ["00:00", "09:05", "24:00"]
