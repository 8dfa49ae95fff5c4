"""One search over everything, and journals."""

from core.contracts import searching as ask
from core.roles.doors.door import Door, Doors, Parts
from core.searching.handlers import SearchHandlers
from core.searching.journals.handlers import JournalHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    search = SearchHandlers(parts.pool, parts.clock)
    journals = JournalHandlers(parts.pool, parts.clock)
    return {
        ask.SEARCH: Door(ask.SearchEverything, True, lambda who, body, _locale: search.search(who, body)),
        ask.JOURNAL: Door(ask.ReadJournal, True, lambda who, body, _locale: journals.journal(who, body)),
    }
