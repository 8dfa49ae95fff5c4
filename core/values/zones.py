"""Where it is what time: a store lives by the clock of its place.

Source: the IANA time zone database; INSEE codes of the departments and territories overseas.
"""

from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

METROPOLE: Final = "Europe/Paris"

_OVERSEAS: Final = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}


TIME_ZONES: Final = (METROPOLE, *_OVERSEAS.values())
"""Every time zone that a store can have."""


def time_zone_of(department: str) -> str:
    """Return the time zone that a store of a department has unless somebody says otherwise."""
    return _OVERSEAS.get(department, METROPOLE)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return the rules of a time zone; those of the metropole for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(METROPOLE)


def hour_there(moment: datetime, time_zone: str, reader: str = METROPOLE) -> datetime | None:
    """Return the moment by the clock of a store where that differs from the reader's, None where both say the same.

    The rule for every moment that belongs to a store: docs/figures.md, "Hours and days".
    """
    there = moment.astimezone(zone_of(time_zone))
    return None if there.utcoffset() == moment.astimezone(zone_of(reader)).utcoffset() else there


def date_there(moment: datetime, time_zone: str) -> date:
    """Return the calendar date of a place: the business date of what happens there at `moment`."""
    return moment.astimezone(zone_of(time_zone)).date()
