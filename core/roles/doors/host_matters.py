"""What is to be settled with acquirers."""

from core.contracts import host_matters as ask
from core.roles.doors.door import Doors, Parts, served
from core.transactions.hosts.handlers import HostMatterHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    matters = HostMatterHandlers(parts.pool, parts.clock)
    return served((ask.LIST, matters.matters), (ask.CLOSE, matters.close), (ask.RETRY, matters.retry))
