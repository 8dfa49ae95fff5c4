"""Pure decisions of the wall: silence and trading hours, regions of departments, sums."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from core.contracts.terminals import WallCounts, WallGroup
from core.values.regions import REGIONS
from core.values.zones import zone_of

SILENT_MINUTES: Final = 15
TRADING_FROM_HOUR: Final = 8
TRADING_TO_HOUR: Final = 20
_TROUBLE: Final = ("failing", "silent", "blocked")
_NO_REGION: Final = ("", "")
_REGION_OF: Final = {code: (region, name) for region, (name, codes) in REGIONS.items() for code in codes}

RECENT_COUNT_MIN: Final = 5
RECENT_FAILED_MIN: Final = 3
USUAL_COUNT_MIN: Final = 20
WORSE_BY_MIN: Final = 0.15


class Silence(NamedTuple):
    """What the state of a terminal asks of the clock: who was seen since is not silent, and when shops are open."""

    seen_since: datetime
    now: datetime  # for is_trading of each store's time zone, in SQL


def silence_at(now: datetime) -> Silence:
    """Return the moments of silence for every page, list and alert."""
    return Silence(now - timedelta(minutes=SILENT_MINUTES), now)


def is_trading(now: datetime, time_zone: str) -> bool:
    """Return whether shops of a time zone are open: outside these hours a terminal that says nothing is at rest."""
    return TRADING_FROM_HOUR <= now.astimezone(zone_of(time_zone)).hour < TRADING_TO_HOUR


def troubled(counts: WallCounts) -> int:
    """Return how many need somebody."""
    return sum(getattr(counts, name) for name in _TROUBLE)


def total(counts: WallCounts) -> int:
    """Return how many there are."""
    return sum(msgspec.structs.asdict(counts).values())


def group_of(code: str, name: str, counts: WallCounts) -> WallGroup:
    """Return one place with its sums."""
    return WallGroup(code=code, name=name, total=total(counts), troubled=troubled(counts), counts=counts)


def regions_of(cells: Iterable[tuple[str, str, int]]) -> list[WallGroup]:
    """Return regions with their departments of (department, condition, count), each in the order of its code."""
    departments: dict[str, WallCounts] = {}
    for department, condition, count in cells:
        counts = departments.setdefault(department, WallCounts())
        setattr(counts, condition, getattr(counts, condition) + count)
    regions: dict[tuple[str, str], list[WallGroup]] = {}
    for department, counts in sorted(departments.items()):
        regions.setdefault(_REGION_OF.get(department, _NO_REGION), []).append(
            group_of(department, department, counts)
        )
    found: list[WallGroup] = []
    for (code, name), groups in sorted(regions.items(), key=lambda each: each[0][1]):
        region = group_of(code, name, sum_of(groups))
        region.groups = groups
        found.append(region)
    return found


def sum_of(groups: Iterable[WallGroup]) -> WallCounts:
    """Return the counts of several places together."""
    together = WallCounts()
    for group in groups:
        for name, count in msgspec.structs.asdict(group.counts).items():
            setattr(together, name, getattr(together, name) + count)
    return together
