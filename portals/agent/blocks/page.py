"""The journal of blocks: who, what, when, why."""

from __future__ import annotations

from litestar import Response, get

from portals.kit.desk import Desk


@get("/blocks")
async def blocks_page(desk: Desk) -> Response[bytes]:
    """Show the standing blocks, or every one with `?all=1`."""
    everything = desk.request.query_params.get("all") == "1"
    listed = await desk.gateway.get("/v1/blocks", () if everything else [("standing", "true")])
    return desk.page("blocks/blocks.html", blocks=listed["data"], everything=everything)


HANDLERS = (blocks_page,)
