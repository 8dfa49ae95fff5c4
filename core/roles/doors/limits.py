"""Limits of what one person may do alone."""

from core.contracts import limits as ask
from core.contracts.desk_requests import Nothing
from core.roles.doors.door import Door, Doors, Parts
from core.transactions.limits.handlers import LimitHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    limits = LimitHandlers(parts.pool, parts.clock)
    return {
        ask.APPROVAL_LIMITS: Door(Nothing, True, lambda who, body, _locale: limits.limits(who, body)),
        ask.SET_APPROVAL_LIMIT: Door(ask.SetLimit, True, lambda who, body, _locale: limits.set(who, body)),
    }
