"""Over which time figures are taken, and whether their projection by minutes can answer."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from core.contracts.transaction_filter import TransactionFilter
from core.values.clock import from_unix_us, to_unix_us

BY_MINUTE_MAX: Final = timedelta(hours=1)
MINUTES_SPAN_MAX: Final = timedelta(days=62)
"""Longer spans of minutes are not summed for a page; their newest rows are."""

_MINUTE_US: Final = 60_000_000


class Period(NamedTuple):
    """From `start` (None: the beginning) to `end`, exclusive."""

    start: datetime | None
    end: datetime

    @property
    def from_us(self) -> int | None:
        """Return the start as the filter of a list has it."""
        return None if self.start is None else to_unix_us(self.start)

    @property
    def by_minute(self) -> bool:
        """Return whether a figure for each minute is worth showing."""
        return self.start is not None and self.end - self.start <= BY_MINUTE_MAX


def period_of(wanted: TransactionFilter, minutes: int | None, now: datetime) -> Period:
    """Return the times of the filter; without any the last minutes, up to the end of the running one."""
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    end = next_minute if wanted.received_to_us is None else from_unix_us(wanted.received_to_us)
    if wanted.received_from_us is not None:
        return Period(from_unix_us(wanted.received_from_us), end)
    if wanted.received_to_us is not None or minutes is None:
        return Period(None, end)
    return Period(end - timedelta(minutes=minutes), end)


def is_of_minutes(wanted: TransactionFilter, period: Period) -> bool:
    """Return whether whole minutes of one store or brand answer the filter: then every transaction counts."""
    if period.from_us is None or period.from_us % _MINUTE_US or to_unix_us(period.end) % _MINUTE_US:
        return False
    other = replace(wanted, received_from_us=None, received_to_us=None, store_id=None, brand=None)
    return other == TransactionFilter() and period.end - from_unix_us(period.from_us) <= MINUTES_SPAN_MAX
