"""A conversation as it is said."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response
from litestar.response import Stream

from portals.kit.events import pass_events_on
from portals.kit.visit import Visit

_CHARACTERS_MAX: Final = 40


async def follow(visit: Visit, path: str) -> Response[Any] | Stream:
    """Open the gateway's stream of the conversation that the browser names."""
    query = visit.request.query_params
    parameters = [(name, query.get(name, "")[:_CHARACTERS_MAX]) for name in ("conversation", "after")]
    return await pass_events_on(visit, path, parameters)
