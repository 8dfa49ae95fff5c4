"""When a channel is open: a pure function of the moment, its weeks, its special days and the holidays (S2.43 to S2.47).

Hours are those of the clock on the wall in Paris. Each is turned into a moment by itself, so that a night on which the
clock moves is as long as it is.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from core.values.clock import PARIS

DAY_MINUTES: Final = 1_440
AHEAD_DAYS: Final = 60
"""As far as a next opening is looked for."""
PERIODS_OF_A_DAY_MAX: Final = 4


class Period(NamedTuple):
    """Open on a weekday (1 is Monday) from one minute of the day to another, which is not part of it."""

    weekday: int
    opens_minute: int
    closes_minute: int


class Week(NamedTuple):
    """The weekly hours from a day on."""

    valid_from: date
    periods: tuple[Period, ...]
    closed_on_holidays: bool


class SpecialDay(NamedTuple):
    """A day that is not as its weekday: closed where it has no minutes."""

    opens_minute: int | None
    closes_minute: int | None
    label: str


Why = Literal["open", "hours", "holiday", "special"]
HolidayOf = Callable[[date], str | None]
"""The name of the public holiday of a day, None on any other."""


class Opening(NamedTuple):
    """Whether a channel is open at a moment. `until` and `opens_at` None: not within what is looked ahead.

    `why` says what decides of today, `label` the name of the holiday or of the special day.
    """

    is_open: bool
    until: datetime | None = None
    opens_at: datetime | None = None
    why: Why = "hours"
    label: str = ""


class _Day(NamedTuple):
    spans: list[tuple[datetime, datetime]]
    why: Why
    label: str


def opening_at(
    now: datetime,
    weeks: Sequence[Week],
    special_days: dict[date, SpecialDay],
    holiday_of: HolidayOf,
) -> Opening:
    """Return whether a channel is open at `now`, until when, or when it opens next."""
    today = now.astimezone(PARIS).date()
    decided = _day(today, weeks, special_days, holiday_of)
    ahead = (
        span
        for days in range(AHEAD_DAYS + 1)
        for span in _day(today + timedelta(days=days), weeks, special_days, holiday_of).spans
    )
    until: datetime | None = None
    for opens, closes in ahead:
        if until is not None:
            # Open through midnight is one opening.
            if opens > until:
                return Opening(True, until=until, why="open")
            until = max(until, closes)
        elif opens <= now < closes:
            until = closes
        elif opens > now:
            return Opening(False, opens_at=opens, why=decided.why, label=decided.label)
    if until is None:
        return Opening(False, why=decided.why, label=decided.label)
    last = _moment(today + timedelta(days=AHEAD_DAYS), DAY_MINUTES)
    return Opening(True, until=None if until >= last else until, why="open")


def week_of(day: date, weeks: Sequence[Week]) -> Week | None:
    """Return the hours that hold on a day: the last version that has begun."""
    begun = [week for week in weeks if week.valid_from <= day]
    return max(begun, key=lambda week: week.valid_from, default=None)


def overlapping(periods: Sequence[Period]) -> Period | None:
    """Return a period that begins before an earlier one of its day ends, None when there is none."""
    ordered = sorted(periods)
    for before, after in pairwise(ordered):
        if before.weekday == after.weekday and after.opens_minute < before.closes_minute:
            return after
    return None


def minute_of(text: str) -> int:
    """Return the minute of the day of `HH:MM`; `24:00` is the end of it."""
    return int(text[:2]) * 60 + int(text[3:])


def clock_of(minute: int) -> str:
    """Return `HH:MM` of a minute of the day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _day(
    day: date, weeks: Sequence[Week], special_days: dict[date, SpecialDay], holiday_of: HolidayOf
) -> _Day:
    special = special_days.get(day)
    if special is not None:
        if special.opens_minute is None or special.closes_minute is None:
            return _Day([], "special", special.label)
        return _Day(_span(day, special.opens_minute, special.closes_minute), "special", special.label)
    week = week_of(day, weeks)
    if week is None:
        return _Day([], "hours", "")
    if week.closed_on_holidays and (holiday := holiday_of(day)) is not None:
        return _Day([], "holiday", holiday)
    return _Day(
        [
            span
            for each in sorted(week.periods)
            if each.weekday == day.isoweekday()
            for span in _span(day, each.opens_minute, each.closes_minute)
        ],
        "hours",
        "",
    )


def _span(day: date, opens_minute: int, closes_minute: int) -> list[tuple[datetime, datetime]]:
    """Return one opening; none where the clock jumps over the whole of it."""
    opens, closes = _moment(day, opens_minute), _moment(day, closes_minute)
    return [(opens, closes)] if opens < closes else []


def _moment(day: date, minute: int) -> datetime:
    """Return the moment at which the clock in Paris shows a minute of a day.

    Of a time that comes twice it is the first; one that is left out is as long after midnight as it says.
    """
    if minute == DAY_MINUTES:
        day, minute = day + timedelta(days=1), 0
    return datetime.combine(day, time(minute // 60, minute % 60), PARIS).astimezone(UTC)
