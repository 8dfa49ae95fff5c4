"""A conversation as it is said, passed on from the gateway to the browser chunk by chunk; nothing is kept here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Final

import httpx
from litestar import Response
from litestar.response import Stream

from portals.kit.gateway import GatewayDown, GatewayProblem
from portals.kit.kit import Kit
from portals.kit.visit import Visit

_CHARACTERS_MAX: Final = 40


async def follow(visit: Visit, path: str) -> Response[Any] | Stream:
    """Open the gateway's stream of a conversation with the token of who asks."""
    if visit.visitor is None:
        return visit.json({"code": "session_ended"}, status=401)
    query = visit.request.query_params
    parameters = [(name, query.get(name, "")[:_CHARACTERS_MAX]) for name in ("conversation", "after")]
    last = visit.request.headers.get("last-event-id", "")[:_CHARACTERS_MAX]
    stack = AsyncExitStack()
    try:
        upstream = await stack.enter_async_context(
            visit.gateway.events(parameters, last_event_id=last or None, path=path)
        )
    except GatewayProblem as problem:
        return visit.json({"code": problem.code}, status=problem.status)
    except GatewayDown:
        return visit.json({"code": "gateway_down"}, status=503)
    return Stream(
        _pass_on(upstream, stack, visit.kit),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _pass_on(upstream: httpx.Response, stack: AsyncExitStack, kit: Kit) -> AsyncIterator[bytes]:
    async with stack:
        kit.metrics.live_streams += 1
        try:
            async for chunk in kit.streams.until_closed(upstream.aiter_raw()):
                yield chunk
        except (httpx.HTTPError, GatewayDown):
            # The browser sees the end of the stream and resumes from the last message it had.
            return
        finally:
            kit.metrics.live_streams -= 1
