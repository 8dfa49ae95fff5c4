"""Internal requests."""

from core.contracts import requests as ask
from core.contracts.desk_requests import Nothing
from core.roles.doors.door import Door, Doors, Parts
from core.support.api import RequestCreation, RequestHandlers, RequestTypes


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    requests = RequestHandlers(parts.pool, parts.clock)
    creation = RequestCreation(parts.pool, parts.clock)
    types = RequestTypes(parts.pool, parts.clock)
    return {
        ask.REQUESTS: Door(ask.ListRequests, True, requests.requests),
        ask.REQUEST: Door(ask.RequestKey, True, requests.request),
        ask.REQUEST_CREATE: Door(ask.CreateRequest, True, creation.create),
        ask.REQUEST_ASSIGN: Door(ask.AssignRequest, True, requests.assign),
        ask.REQUEST_COMMENT: Door(ask.CommentRequest, True, requests.comment),
        ask.REQUEST_MOVE: Door(ask.MoveRequest, True, requests.move),
        ask.REQUEST_CHANGE: Door(ask.ChangeRequest, True, requests.change),
        ask.REQUEST_TYPES: Door(Nothing, True, types.types),
        ask.REQUEST_TYPE_PUT: Door(ask.PutRequestType, True, types.put),
    }
