"""The journal of mail: what left, what waits, what failed; one with its words; send again; how mails to customers read."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.enums import MediaType
from litestar.types import ControllerRouterHandler

from portals.agent.addresses import page_of
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.guard import POLICY
from portals.kit.lists import Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import MAIL_STATES, ORDER_MAIL_SAMPLES, ORDER_MAILS

_FRAMED_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"

LIST = ListPage(
    "/mail",
    "mail.title",
    (
        Column("when", "mail.when", "ago", "created_at"),
        Column("state", "mail.filter_state", "cell"),
        Column("what", "mail.what", "cell"),
        Column("to", "mail.to", path="recipient"),
        Column("about", "mail.about", "cell"),
    ),
    css="mails",
    filters=(
        Filter("query", "words", "mail.filter_query"),
        Filter("state", "choice", "mail.filter_state", MAIL_STATES, "mail.state_", "mail.any"),
        Filter("template", "choice", "mail.filter_template", unset="mail.any"),
        Filter("about"),
    ),
    none=("mail.none", "mail.none_text"),
    template="mail/mails.html",
)


@get("/mail")
async def mail_page(visit: Visit) -> Response[bytes]:
    """Show the journal, narrowed by the address."""
    shown = await LIST.read(visit)
    templates: list[str] = shown.answer["templates"]
    options = {"template": [(code, visit.words.get(f"mail.template.{code}", code)) for code in templates]}
    return LIST.draw(visit, shown, options=options, page_of=page_of)


@get("/mail/previews")
async def previews(visit: Visit) -> Response[bytes]:
    """Show a mail of an invented purchase, as text and as it looks."""
    shown = await _preview(visit)
    page = visit.page("mail/previews.html", x=shown, templates=ORDER_MAILS, samples=ORDER_MAIL_SAMPLES)
    page.headers["content-security-policy"] = f"{POLICY}; frame-src 'self'"
    return page


@get("/mail/previews/html")
async def preview_html(visit: Visit) -> Response[bytes]:
    """Give the same mail as a mailbox draws it: in a frame that may do nothing."""
    shown = await _preview(visit)
    headers = {"content-security-policy": _FRAMED_POLICY}
    return visit.answer(Response(shown["html"].encode(), media_type=MediaType.HTML, headers=headers))


@get("/mail/{mail_id:str}")
async def one_mail(visit: Visit, mail_id: str) -> Response[bytes]:
    """Show one mail with its words."""
    return await _show(visit, mail_id)


@post("/mail/{mail_id:str}/resend")
async def resend(visit: Visit, mail_id: str) -> Response[bytes]:
    """Send a mail again."""
    form = await visit.form()
    path = f"/mail/{path_part(mail_id)}"
    if await form.post(f"/v1{path}/resend", {}) is None:
        return await _show(visit, mail_id, form)
    return visit.done(path, "mail.resent")


async def _show(visit: Visit, mail_id: str, form: Form | None = None) -> Response[bytes]:
    detail = await visit.gateway.get(f"/v1/mail/{path_part(mail_id)}")
    return visit.page(
        "mail/mail.html",
        x=detail["mail"],
        subject=detail["subject"],
        text=detail["text"],
        form=form,
        page_of=page_of,
    )


async def _preview(visit: Visit) -> Json:
    asked = visit.request.query_params
    known = (("template", ORDER_MAILS), ("sample", ORDER_MAIL_SAMPLES), ("language", ("fr", "en")))
    wanted = {"language": visit.locale}
    wanted |= {name: asked.get(name, "") for name, members in known if asked.get(name) in members}
    return await visit.gateway.get("/v1/order-mails/preview", [*wanted.items()])


HANDLERS: tuple[ControllerRouterHandler, ...] = (mail_page, previews, preview_html, one_mail, resend)
