"""One search over everything, and journals."""

from core.contracts import searching as ask
from core.roles.doors.door import Door, Doors, Parts
from core.searching.handlers import SearchHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    search = SearchHandlers(parts.pool, parts.clock)
    return {
        ask.SEARCH: Door(ask.SearchEverything, True, lambda who, body, _locale: search.search(who, body)),
    }
