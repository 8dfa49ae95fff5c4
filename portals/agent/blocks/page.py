"""The journal of blocks: who, what, when, why."""

from __future__ import annotations

from litestar import Response, get

from portals.kit.lists import Column, Filter, ListPage
from portals.kit.visit import Visit

_ALWAYS = (
    Column("target", "blocks.target", "cell"),
    Column("kind", "blocks.kind", "cell"),
    Column("reason", "action.reason"),
    Column("by", "blocks.by", path="blocked_by.name"),
    Column("since", "blocks.since", "exact", "blocked_at", "target.time_zone"),
)


def _blocks(columns: tuple[Column, ...], none: str) -> ListPage:
    return ListPage(
        "/blocks",
        "blocks.title",
        columns,
        rows=100,
        scrolls=True,
        leads_on=False,
        filters=(Filter("all", options=("1",)),),
        none=(none, "blocks.none_text"),
        asks=lambda _, kept: [] if kept else [("standing", "true")],
        template="blocks/blocks.html",
    )


LIST = _blocks(_ALWAYS, "blocks.none")
ALL = _blocks((*_ALWAYS, Column("lifted", "blocks.lifted", "cell")), "blocks.none_ever")


@get("/blocks")
async def blocks_page(visit: Visit) -> Response[bytes]:
    """Show the standing blocks, or every one with `?all=1`."""
    return await (ALL if visit.request.query_params.get("all") == "1" else LIST).show(visit)


HANDLERS = (blocks_page,)
