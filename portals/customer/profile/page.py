"""Profile: what the customer is called, in which language they are written to, and their addresses."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.customer.session import CustomerSession
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.records import path_part
from portals.kit.visit import Visit


@get("/profile")
async def profile(visit: Visit) -> Response[bytes]:
    """Show it."""
    return await _show(visit)


@post("/profile", status_code=200)
async def change(visit: Visit) -> Response[bytes]:
    """Change name and language."""
    form = await visit.form()
    changed = await form.patch("/v1/me", {"name": form["name"], "locale": form["locale"]})
    if changed is None:
        return await _show(visit, form)
    visit.keep_preference("language", str(changed["locale"]))
    _renew(visit, changed)
    return visit.done("/profile", "space.profile_changed")


@post("/profile/confirmation", status_code=200)
async def confirm(visit: Visit) -> Response[bytes]:
    """Take the password again, so that addresses may be changed for a while."""
    form = await visit.form()
    done = await form.post("/v1/me/access/confirmation", {"password": form.fields.get("password", "")})
    return await _after(visit, form, done, "security.done_confirmed")


@post("/profile/emails", status_code=200)
async def add_email(visit: Visit) -> Response[bytes]:
    """Have a link sent to one more address."""
    form = await visit.form()
    if not form["email"]:
        form.error("email", "login.email_missing")
    added = await form.post("/v1/me/emails", {"email": form["email"]})
    return await _after(visit, form, added, "space.email_asked", email=form["email"])


@post("/profile/emails/{email_id:str}/main", status_code=200)
async def make_main(visit: Visit, email_id: str) -> Response[bytes]:
    """Write to another address from now on."""
    form = await visit.form()
    changed = await form.post(f"/v1/me/emails/{path_part(email_id)}/main", {})
    if changed is not None:
        _renew(visit, changed)
    return await _after(visit, form, changed, "space.email_is_main")


@post("/profile/emails/{email_id:str}/removal", status_code=200)
async def remove_email(visit: Visit, email_id: str) -> Response[bytes]:
    """Give up an address."""
    form = await visit.form()
    done = await form.delete(f"/v1/me/emails/{path_part(email_id)}")
    return await _after(visit, form, done, "space.email_removed")


def _renew(visit: Visit, me: Json) -> None:
    """Let the browser's copy of the session say what the customer is called now."""
    session = visit.session
    assert isinstance(session, CustomerSession)
    visit.open_session(
        CustomerSession(session.token, session.customer_id, me["name"], me["email"], me["locale"])
    )


async def _after(visit: Visit, form: Form, made: Json | None, word: str, **facts: object) -> Response[bytes]:
    return await _show(visit, form) if made is None else visit.done("/profile", word, **facts)


async def _show(visit: Visit, form: Form | None = None) -> Response[bytes]:
    me, access = await asyncio.gather(visit.gateway.get("/v1/me"), visit.gateway.get("/v1/me/access"))
    return visit.page("profile/profile.html", me=me, confirmed=access["confirmed"], form=form)


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    profile,
    change,
    confirm,
    add_email,
    make_main,
    remove_email,
)
