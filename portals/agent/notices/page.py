"""The bell: what the agent was told, newest first."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.enums import MediaType
from litestar.types import ControllerRouterHandler

from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayDown, GatewayProblem, Json
from portals.kit.lists import ListPage
from portals.kit.visit import Visit

COUNT_SHOWN_MAX = 99


LIST = ListPage(
    "/notices", "notices.title", none=("notices.none", "notices.none_text"), template="notices/notices.html"
)


@get("/notices")
async def notices_page(visit: Visit) -> Response[bytes]:
    """Show the notices of whoever asks."""
    shown = await LIST.read(visit)
    for notice in shown.data:
        notice["text"] = _text(visit, notice)
    return LIST.draw(visit, shown)


@get("/notices/bell", opt=OPEN)
async def bell(visit: Visit) -> Response[bytes]:
    """Return the bell's count; whatever goes wrong, the page that asks is left alone."""
    unread = 0
    if visit.visitor is not None:
        try:
            unread = int((await visit.gateway.get("/v1/notices/unread"))["unread"])
        except (GatewayProblem, GatewayDown):
            return Response(b"", status_code=204)
    shown = str(unread) if unread <= COUNT_SHOWN_MAX else f"{COUNT_SHOWN_MAX}+"
    said = visit.words("notices.unread", n=unread)
    text = f'<b aria-hidden="true">{shown}</b><span class="hidden">{said}</span>' if unread else ""
    return Response(text.encode(), media_type=MediaType.HTML)


@post("/notices/read")
async def read_notices(visit: Visit) -> Response[bytes]:
    """Mark one, or all, and go on to the page that the notice is about."""
    form = await visit.form()
    await visit.gateway.post("/v1/notices/read", {"ids": [form["id"]] if form["id"] else None})
    return visit.go(form["link"]) if form["link"] else visit.done("/notices", "done.notices_read")


def _text(visit: Visit, notice: Json) -> str:
    """Return a notice in words; a kind that is newer than this portal shows its title."""
    facts = {str(name): str(value) for name, value in notice["facts"].items()}
    words = visit.words.get(f"notice.{notice['kind']}", "")
    if not words:
        return facts.get("title") or str(notice["kind"])
    try:
        return words.format(**facts)
    except (KeyError, IndexError):
        return facts.get("title") or str(notice["kind"])


HANDLERS: tuple[ControllerRouterHandler, ...] = (notices_page, bell, read_notices)
