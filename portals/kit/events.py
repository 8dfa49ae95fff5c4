"""The gateway's streams of events, passed on to the browser chunk by chunk; nothing is kept here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Final

from litestar import Response
from litestar.response import Stream

from portals.kit.gateway import GatewayDown, GatewayProblem, Parameters, Upstream
from portals.kit.kit import Kit
from portals.kit.visit import Visit

_EVENT_ID_CHARACTERS_MAX: Final = 64


async def pass_events_on(visit: Visit, path: str, parameters: Parameters) -> Response[Any] | Stream:
    """Open a stream of the gateway with the token of who asks, from the event on that the browser had last.

    The gateway bounds what a slow reader may owe it: reading one chunk only after the last one left keeps
    this process's memory flat.
    """
    if visit.visitor is None:
        return visit.json({"code": "session_ended"}, status=401)
    request = visit.request
    last = request.headers.get("last-event-id") or request.query_params.get("last_event_id") or ""
    stack = AsyncExitStack()
    try:
        upstream = await stack.enter_async_context(
            visit.gateway.events(path, parameters, last_event_id=last[:_EVENT_ID_CHARACTERS_MAX] or None)
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


async def _pass_on(upstream: Upstream, stack: AsyncExitStack, kit: Kit) -> AsyncIterator[bytes]:
    async with stack:
        kit.metrics.live_streams += 1
        try:
            async for chunk in kit.streams.until_closed(upstream.chunks()):
                kit.metrics.live_bytes.n += len(chunk)
                yield chunk
        except GatewayDown:
            # The browser sees the end of the stream and resumes from the last event it had.
            return
        finally:
            kit.metrics.live_streams -= 1
