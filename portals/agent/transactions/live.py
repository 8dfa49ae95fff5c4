"""The live feed, passed on from the gateway to the browser chunk by chunk; nothing is kept here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
from litestar import Response, get
from litestar.response import Stream

from portals.agent.transactions.filters import read_filters
from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayDown, GatewayProblem
from portals.kit.kit import LIVE_PATH, Kit
from portals.kit.visit import Visit

_EVENT_ID_LENGTH_MAX = 64


@get(LIVE_PATH, opt=OPEN)
async def live_feed(visit: Visit) -> Response[Any] | Stream:
    """Open the gateway's stream with the user's token; the filters are those of the page.

    The gateway bounds what a slow reader may owe it: reading one chunk only after the last one left keeps
    this process's memory flat.
    """
    if visit.visitor is None:
        return visit.json({"code": "session_ended"}, status=401)
    query = visit.request.query_params
    last_event_id = visit.request.headers.get("last-event-id") or query.get("last_event_id") or None
    stack = AsyncExitStack()
    try:
        upstream = await stack.enter_async_context(
            visit.gateway.events(
                read_filters(query.multi_items()).live_parameters(),
                last_event_id=last_event_id[:_EVENT_ID_LENGTH_MAX] if last_event_id else None,
            )
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
                kit.metrics.live_bytes.n += len(chunk)
                yield chunk
        except (httpx.HTTPError, GatewayDown):
            # The browser sees the end of the stream and resumes from the last event it had.
            return
        finally:
            kit.metrics.live_streams -= 1


HANDLERS = (live_feed,)
