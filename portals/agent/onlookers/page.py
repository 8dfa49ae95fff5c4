"""Who else has this record open: asked by the script of the page, answered as the line to show."""

from __future__ import annotations

from litestar import Response, post
from litestar.enums import MediaType

from portals.kit.formats import parse_time
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.visit import Visit


@post("/onlookers", status_code=200)
async def look(visit: Visit) -> Response[bytes]:
    """Say that the agent looks at a record; answer with who else does, as HTML, empty for nobody."""
    form = await visit.form()
    body = {
        "id": form["id"][:40],
        "editing": form["editing"] == "1",
        "gone": form["gone"] == "1",
    }
    try:
        others = (await visit.gateway.post("/v1/onlookers", body))["data"]
    except GatewayProblem as problem:
        # A line that nobody asked for must not replace a page: the record's own requests say what is wrong.
        return visit.answer(Response(b"", status_code=problem.status, media_type=MediaType.HTML))
    return visit.page(
        "onlookers/line.html", others=[{**other, "for": _for(visit, other)} for other in others]
    )


def _for(visit: Visit, other: Json) -> str:
    """Return how long somebody has had the record open, in minutes."""
    since = parse_time(other.get("since"))
    minutes = 0 if since is None else max(0, int((visit.now - since).total_seconds()) // 60)
    return visit.words("onlookers.for_minutes", n=minutes) if minutes else visit.words("onlookers.for_moment")


HANDLERS = (look,)
