"""One's own access: password, second factors, recovery codes, and where one is logged in."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import segno
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.access.pending import throttled
from portals.kit.forms import Form, Wording
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.visit import Visit

_OF_PASSWORD = Wording(field_of=lambda name: "present" if name == "password" else name)


@get("/security")
async def security(visit: Visit) -> Response[bytes]:
    """Show everything that lets them in."""
    return await _show(visit)


@post("/security/confirmation", status_code=200)
async def confirm(visit: Visit) -> Response[bytes]:
    """Take the password again, so that changes are taken for a while."""
    form = await visit.form()
    done = await form.post(
        f"{visit.kit.face.ways.own}/confirmation", {"password": form.fields.get("password", "")}
    )
    return await _after(visit, form, done)


@post("/security/password", status_code=200)
async def change_password(visit: Visit) -> Response[bytes]:
    """Change the password."""
    form = await visit.form()
    present, new, again = (form.fields.get(name, "") for name in ("present", "new_password", "again"))
    if new != again:
        form.error("again", "security.again_differs")
    done = await form.post(
        f"{visit.kit.face.ways.own}/password",
        {"password": present, "new_password": new},
        wording=_OF_PASSWORD,
    )
    return await _after(visit, form, done, "password")


@get("/security/totp")
async def totp(visit: Visit) -> Response[bytes]:
    """Show a new secret for an authenticator application."""
    form = visit.filled()
    started = await form.post(f"{visit.kit.face.ways.own}/totp", {})
    return await _totp_form(visit, started, form) if started is not None else await _after(visit, form, None)


@post("/security/totp", status_code=200)
async def confirm_totp(visit: Visit) -> Response[bytes]:
    """Add the application, once a code of it is right."""
    form = await visit.form()
    code = "".join(form["code"].split())[:16]
    if not code:
        form.error("code", "access.code_missing")
    body = {"factor": form["factor"], "code": code, "name": form["name"]}
    added = await form.post(f"{visit.kit.face.ways.own}/totp/confirmation", body)
    if added is not None:
        return await _added(visit, added)
    if form.problem is not None and form.problem.code != "code_wrong":
        return await _after(visit, form, None)
    if form.problem is not None:
        form.errors, form.status = {"code": form.problem.detail}, form.problem.status
    started = {name: form[name] for name in ("factor", "secret", "uri")}
    return await _totp_form(visit, started, form)


@post("/security/passkey-options", status_code=200)
async def passkey_options(visit: Visit) -> Response[Any]:
    """Give the page's script what a new passkey must sign."""
    await visit.form()
    try:
        body = await visit.gateway.post(f"{visit.kit.face.ways.own}/passkey-options", {})
    except GatewayProblem as problem:
        return visit.json({"detail": problem.detail}, status=problem.status)
    return visit.json(body["public_key"])


@post("/security/passkeys", status_code=200)
async def add_passkey(visit: Visit) -> Response[bytes]:
    """Keep the passkey that the browser made."""
    form = await visit.form()
    credential: Json = {}
    try:
        credential = msgspec.json.decode(form["passkey"], type=dict[str, Any])
    except msgspec.MsgspecError:
        form.error("", "access.passkey_refused")
    body = {"credential": credential, "name": form["name"]}
    added = await form.post(f"{visit.kit.face.ways.own}/passkeys", body)
    return await _after(visit, form, None) if added is None else await _added(visit, added)


@post("/security/factors/{factor:str}/removal", status_code=200)
async def remove_factor(visit: Visit, factor: str) -> Response[bytes]:
    """Remove a second factor."""
    form = await visit.form()
    done = await form.delete(f"{visit.kit.face.ways.own}/factors/{path_part(factor)}")
    return await _after(visit, form, done, "removed")


@post("/security/recovery-codes", status_code=200)
async def renew_recovery_codes(visit: Visit) -> Response[bytes]:
    """Make ten new recovery codes and show them this once."""
    form = await visit.form()
    made = await form.post(f"{visit.kit.face.ways.own}/recovery-codes", {})
    if made is None:
        return await _after(visit, form, None)
    return visit.page("access/codes.html", codes=made["codes"], added="")


@post("/security/sessions/{key:str}/end", status_code=200)
async def end_session(visit: Visit, key: str) -> Response[bytes]:
    """End one session."""
    form = await visit.form()
    done = await form.delete(f"{visit.kit.face.ways.own}/sessions/{path_part(key)}")
    return await _after(visit, form, done, "ended")


@post("/security/sessions/end", status_code=200)
async def end_sessions(visit: Visit) -> Response[bytes]:
    """Sign out everywhere, here too."""
    await visit.form()
    await visit.gateway.delete(f"{visit.kit.face.ways.own}/sessions")
    visit.close_session()
    return visit.go_raw(visit.kit.face.login)


async def _after(visit: Visit, form: Form, made: Json | None, done: str = "confirmed") -> Response[bytes]:
    """Go on to the page, which says what was done; or show it again with what was refused, beside its field."""
    if made is not None:
        return visit.done("/security", f"security.done_{done}")
    if form.problem is not None:
        said = form.problem.detail
        if form.problem.code == "too_many_attempts":
            said, form.errors = throttled(visit, form.problem), {"": ""}
        form.errors, form.status = dict.fromkeys(form.errors, said), form.problem.status
    return await _show(visit, form)


async def _added(visit: Visit, added: Json) -> Response[bytes]:
    """Go on with the rights of who added it, after the recovery codes were shown when there are any."""
    await visit.kit.face.ways.renew(visit)
    if not added["recovery_codes"]:
        return visit.done("/security", "security.done_added")
    return visit.page("access/codes.html", codes=added["recovery_codes"], added=added["factor"]["name"])


async def _show(visit: Visit, form: Form | None = None) -> Response[bytes]:
    access = await visit.gateway.get(visit.kit.face.ways.own)
    return visit.page(
        "access/security.html", access=access, needs_factor=visit.kit.face.ways.needs_factor, form=form
    )


async def _totp_form(visit: Visit, started: Json, form: Form) -> Response[bytes]:
    drawn = await asyncio.to_thread(_draw, started["uri"])
    return visit.page("access/totp.html", form=form, started=started, qr=drawn)


def _draw(uri: str) -> str:
    """Return the picture of a text as SVG."""
    return segno.make(uri or "-", error="m", micro=False).svg_inline(
        border=0, omitsize=True, dark="#000", svgclass=None, lineclass=None
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    security,
    confirm,
    change_password,
    totp,
    confirm_totp,
    passkey_options,
    add_passkey,
    remove_factor,
    renew_recovery_codes,
    end_session,
    end_sessions,
)
