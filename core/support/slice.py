"""What support brings to the processes: requests, macros, and requests whose assignee has left."""

from typing import Final

from core.contracts import macros
from core.contracts import requests as ask
from core.db.queries import load_beside
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, serves
from core.support.api import RequestCreation, RequestHandlers, RequestTypes, unassign_from_disabled, who_sees
from core.support.macros.handlers import MacroHandlers
from core.support.requests import home

GIVE_BACK_EVERY_S: Final = 60.0
_SQL: Final = load_beside(__file__)


def _jobs(parts: Parts) -> list[Job]:
    return [
        Job("requests_given_back", GIVE_BACK_EVERY_S, lambda: unassign_from_disabled(parts.pool, parts.clock))
    ]


def _operations(parts: Parts) -> list[Served]:
    requests = RequestHandlers(parts.pool, parts.clock)
    creation = RequestCreation(parts.pool, parts.clock)
    types = RequestTypes(parts.pool, parts.clock)
    handlers = MacroHandlers(parts.pool, parts.clock)
    return [
        serves(ask.LIST, requests.requests),
        serves(ask.ONE, requests.request),
        serves(ask.CREATE, creation.create),
        serves(ask.ASSIGN, requests.assign),
        serves(ask.COMMENT, requests.comment),
        serves(ask.MOVE, requests.move),
        serves(ask.CLOSE, requests.close),
        serves(ask.REOPEN, requests.reopen),
        serves(ask.CHANGE, requests.change),
        serves(ask.TYPES, types.types),
        serves(ask.SAVE_TYPE, types.save),
        serves(macros.LIST, handlers.list_macros),
        serves(macros.ADD, handlers.add),
        serves(macros.CHANGE, handlers.change),
        serves(macros.REMOVE, handlers.remove),
        serves(macros.PREVIEW, handlers.preview),
        serves(macros.RUN, handlers.run),
    ]


SLICE: Final = Slice(
    "support",
    operations=_operations,
    home={"mine_requests": home.my_requests, "team_requests": home.team_requests},
    jobs=_jobs,
    names=Names(frozenset({"request", "macro"}), _SQL.record_names, who_sees),
)
