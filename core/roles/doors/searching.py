"""One search over everything, and journals."""

from core.contracts import searching as ask
from core.roles.doors.door import Doors, Parts, served
from core.searching.handlers import SearchHandlers
from core.searching.journals.handlers import JournalHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    return served(
        (ask.SEARCH, SearchHandlers(parts.pool, parts.clock).search),
        (ask.JOURNAL, JournalHandlers(parts.pool, parts.clock).journal),
    )
