"""The clock port: time is an argument. `system` is handed out by composition roots only."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class Clock(Protocol):
    """Anything that tells the time; tests hand out one that they move."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""
        ...

    def unix_us(self) -> int:
        """Return microseconds since 1970."""
        ...


def from_unix_us(unix_us: int) -> datetime:
    """Return an aware UTC datetime; exact, no floating point on the way."""
    return EPOCH + timedelta(microseconds=unix_us)


def to_unix_us(moment: datetime) -> int:
    """Return microseconds since 1970 of an aware datetime."""
    return (moment - EPOCH) // _MICROSECOND


def in_utc(moment: datetime) -> datetime:
    """Return a caller's moment in UTC; one without a zone is UTC.

    Behind a zone's offset the calendar ends: what lies beyond it is its first or its last day.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST_DAY if moment.year == 1 else _LAST_DAY


def paris_date(moment: datetime) -> date:
    """Return the calendar date in Paris: the business date of what happens at `moment`."""
    return moment.astimezone(PARIS).date()


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_DAY = datetime(1, 1, 1, tzinfo=UTC)
_LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC)
