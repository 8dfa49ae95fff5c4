"""Internal requests."""

from core.contracts import requests as ask
from core.roles.doors.door import Doors, Parts, served
from core.support.api import RequestCreation, RequestHandlers, RequestTypes


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    requests = RequestHandlers(parts.pool, parts.clock)
    creation = RequestCreation(parts.pool, parts.clock)
    types = RequestTypes(parts.pool, parts.clock)
    return served(
        (ask.LIST, requests.requests),
        (ask.ONE, requests.request),
        (ask.CREATE, creation.create),
        (ask.ASSIGN, requests.assign),
        (ask.COMMENT, requests.comment),
        (ask.MOVE, requests.move),
        (ask.CLOSE, requests.close),
        (ask.REOPEN, requests.reopen),
        (ask.CHANGE, requests.change),
        (ask.TYPES, types.types),
        (ask.SAVE_TYPE, types.save),
    )
