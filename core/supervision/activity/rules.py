"""Pure arithmetic of activity: hours, and percentiles from counts within bounds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from core.values.clock import PARIS

BOUNDS_MS: Final = (100, 250, 500, 1000, 2000, 5000)
"""Upper bounds of the cumulative counts, as the projection keeps them."""

HOUR: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=7)


def week_before(moment: datetime) -> datetime:
    """Return the same hour a week earlier by the clocks of Paris: shops open by those, also when they were changed."""
    return (moment.astimezone(PARIS) - _WEEK).astimezone(UTC)


def percentile_ms(share: float, timed: int, within: Sequence[int]) -> float | None:
    """Return the milliseconds within which a share of the decisions came, interpolated between two bounds.

    Above the last bound the last bound is said: it took at least so long. None when nothing was timed.
    """
    if timed <= 0:
        return None
    wanted = share * timed
    below_ms, below = 0, 0
    for bound_ms, count in zip(BOUNDS_MS, within, strict=True):
        if count >= wanted:
            inside = (wanted - below) / (count - below) if count > below else 0.0
            return round(below_ms + inside * (bound_ms - below_ms), 1)
        below_ms, below = bound_ms, count
    return float(BOUNDS_MS[-1])


def hours_between(start: datetime, end: datetime) -> list[datetime]:
    """Return every whole hour from the one that holds `start` up to `end`."""
    first = start.replace(minute=0, second=0, microsecond=0)
    return [first + HOUR * number for number in range(max(0, -((first - end) // HOUR)))]
