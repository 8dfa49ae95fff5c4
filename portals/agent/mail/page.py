"""The journal of mail: what left, what waits, what failed; one with its words; send again."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.addresses import page_of
from portals.kit.desk import Desk
from portals.kit.forms import Form
from portals.kit.records import path_part

PAGE_ROWS = 50
STATES = ("waiting", "sent", "failed")
_FILTERS = ("state", "template", "query", "about", "cursor")


@get("/mail")
async def mail_page(desk: Desk) -> Response[bytes]:
    """Show the journal, narrowed by the address."""
    query = desk.request.query_params
    chosen = {name: query[name].strip()[:400] for name in _FILTERS if query.get(name, "").strip()}
    listed = await desk.gateway.get("/v1/mail", [("limit", str(PAGE_ROWS)), *chosen.items()])
    return desk.page(
        "mail/mails.html",
        mails=listed["data"],
        waiting=listed["waiting"],
        untried_since=listed["untried_since"],
        templates=listed["templates"],
        next_cursor=listed.get("next_cursor"),
        chosen=chosen,
        states=STATES,
        page_of=page_of,
    )


@get("/mail/{mail_id:str}")
async def one_mail(desk: Desk, mail_id: str) -> Response[bytes]:
    """Show one mail with its words."""
    return await _show(desk, mail_id)


@post("/mail/{mail_id:str}/resend")
async def resend(desk: Desk, mail_id: str) -> Response[bytes]:
    """Send a mail again."""
    form = await desk.form()
    path = f"/mail/{path_part(mail_id)}"
    if await form.post(f"/v1{path}/resend", {}) is None:
        return await _show(desk, mail_id, form)
    return desk.go(f"{path}?resent=1")


async def _show(desk: Desk, mail_id: str, form: Form | None = None) -> Response[bytes]:
    detail = await desk.gateway.get(f"/v1/mail/{path_part(mail_id)}")
    return desk.page(
        "mail/mail.html",
        x=detail["mail"],
        subject=detail["subject"],
        text=detail["text"],
        resent=desk.request.query_params.get("resent") == "1",
        form=form,
        page_of=page_of,
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (mail_page, one_mail, resend)
