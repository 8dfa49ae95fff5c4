"""What is to be settled with acquirers."""

from core.contracts import host_matters as ask
from core.roles.doors.door import Door, Doors, Parts
from core.transactions.hosts.handlers import HostMatterHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    matters = HostMatterHandlers(parts.pool, parts.clock)
    return {
        ask.HOST_MATTERS: Door(
            ask.ListHostMatters, True, lambda who, body, _locale: matters.matters(who, body)
        ),
        ask.CLOSE_HOST_MATTER: Door(
            ask.SettleHostMatter, True, lambda who, body, _locale: matters.close(who, body)
        ),
        ask.RETRY_HOST_MATTER: Door(
            ask.SettleHostMatter, True, lambda who, body, _locale: matters.retry(who, body)
        ),
    }
