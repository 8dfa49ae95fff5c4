"""One's own access: password, second factors, recovery codes, and where one is logged in."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import segno
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.login.pending import throttled
from portals.agent.security.renewal import renew_session
from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json

_PASSKEY_CHARACTERS_MAX = 16_000
_PASSWORD_CHARACTERS_MAX = 4_096
_DONE = ("password", "removed", "ended", "added")


@get("/security")
async def security(desk: Desk) -> Response[bytes]:
    """Show everything that lets the agent in."""
    return await _show(desk)


@post("/security/confirmation", status_code=200)
async def confirm(desk: Desk) -> Response[bytes]:
    """Take the password again, so that changes are taken for a while."""
    form = await desk.form(_PASSWORD_CHARACTERS_MAX)
    return await _try(desk, "POST", "/v1/access/confirmation", {"password": form.get("password", "")})


@post("/security/password", status_code=200)
async def change_password(desk: Desk) -> Response[bytes]:
    """Change the password."""
    form = await desk.form(_PASSWORD_CHARACTERS_MAX)
    if form.get("new_password", "") != form.get("again", ""):
        return await _show(desk, errors={"again": desk.words("security.again_differs")}, status=422)
    body = {"password": form.get("present", ""), "new_password": form.get("new_password", "")}
    return await _try(
        desk, "POST", "/v1/access/password", body, done="password", fields={"password": "present"}
    )


@get("/security/totp")
async def totp(desk: Desk) -> Response[bytes]:
    """Show a new secret for an authenticator application."""
    try:
        started = await desk.gateway.post("/v1/access/totp", {})
    except GatewayProblem as problem:
        return await _refused(desk, problem, {})
    return await _totp_form(desk, started, {})


@post("/security/totp", status_code=200)
async def confirm_totp(desk: Desk) -> Response[bytes]:
    """Add the application, once a code of it is right."""
    form = await desk.form()
    started = {name: form.get(name, "") for name in ("factor", "secret", "uri")}
    body = {
        "factor": started["factor"],
        "code": "".join(form.get("code", "").split())[:16],
        "name": form.get("name", "")[:60],
    }
    if not body["code"]:
        return await _totp_form(desk, started, {"code": desk.words("access.code_missing")}, status=422)
    try:
        added = await desk.gateway.post("/v1/access/totp/confirmation", body)
    except GatewayProblem as problem:
        if problem.code != "code_wrong":
            return await _refused(desk, problem, {})
        return await _totp_form(desk, started, {"code": problem.detail}, status=problem.status)
    return await _added(desk, added)


@post("/security/passkey-options", status_code=200)
async def passkey_options(desk: Desk) -> Response[Any]:
    """Give the page's script what a new passkey must sign."""
    await desk.form()
    try:
        body = await desk.gateway.post("/v1/access/passkey-options", {})
    except GatewayProblem as problem:
        return desk.json({"detail": problem.detail}, status=problem.status)
    return desk.json(body["public_key"])


@post("/security/passkeys", status_code=200)
async def add_passkey(desk: Desk) -> Response[bytes]:
    """Keep the passkey that the browser made."""
    form = await desk.form(_PASSKEY_CHARACTERS_MAX)
    try:
        credential = msgspec.json.decode(form.get("passkey", ""), type=dict[str, Any])
    except msgspec.MsgspecError:
        return await _show(desk, errors={"": desk.words("access.passkey_refused")}, status=422)
    body = {"credential": credential, "name": form.get("name", "")[:60]}
    try:
        added = await desk.gateway.post("/v1/access/passkeys", body)
    except GatewayProblem as problem:
        return await _refused(desk, problem, {})
    return await _added(desk, added)


@post("/security/factors/{factor:str}/removal", status_code=200)
async def remove_factor(desk: Desk, factor: str) -> Response[bytes]:
    """Remove a second factor."""
    await desk.form()
    return await _try(desk, "DELETE", f"/v1/access/factors/{_plain(factor)}", {}, done="removed")


@post("/security/recovery-codes", status_code=200)
async def renew_recovery_codes(desk: Desk) -> Response[bytes]:
    """Make ten new recovery codes and show them this once."""
    await desk.form()
    try:
        made = await desk.gateway.post("/v1/access/recovery-codes", {})
    except GatewayProblem as problem:
        return await _refused(desk, problem, {})
    return desk.page("security/codes.html", codes=made["codes"], added="")


@post("/security/sessions/{key:str}/end", status_code=200)
async def end_session(desk: Desk, key: str) -> Response[bytes]:
    """End one session."""
    await desk.form()
    return await _try(desk, "DELETE", f"/v1/access/sessions/{_plain(key)}", {}, done="ended")


@post("/security/sessions/end", status_code=200)
async def end_sessions(desk: Desk) -> Response[bytes]:
    """Sign out everywhere, here too."""
    await desk.form()
    await desk.gateway.delete("/v1/access/sessions")
    desk.close_session()
    return desk.go_raw("/login")


async def _try(
    desk: Desk, method: str, path: str, body: Json, *, done: str = "", fields: dict[str, str] | None = None
) -> Response[bytes]:
    try:
        if method == "DELETE":
            await desk.gateway.delete(path)
        else:
            await desk.gateway.post(path, body)
    except GatewayProblem as problem:
        return await _refused(desk, problem, fields or {})
    return desk.go(f"/security?done={done}" if done else "/security")


async def _refused(desk: Desk, problem: GatewayProblem, fields: dict[str, str]) -> Response[bytes]:
    """Show the page again with what was refused, beside its field where it has one."""
    if problem.is_beyond_the_form:
        raise problem
    if problem.code == "too_many_attempts":
        errors = {"": throttled(desk, problem)}
    elif problem.errors:
        errors = {fields.get(e.field, e.field): problem.detail for e in problem.errors}
    else:
        errors = {"": problem.detail}
    return await _show(desk, errors=errors, status=problem.status)


async def _added(desk: Desk, added: Json) -> Response[bytes]:
    """Go on with the agent's rights, after the recovery codes were shown when there are any."""
    await renew_session(desk)
    if not added["recovery_codes"]:
        return desk.go("/security?done=added")
    return desk.page("security/codes.html", codes=added["recovery_codes"], added=added["factor"]["name"])


async def _show(desk: Desk, *, errors: dict[str, str] | None = None, status: int = 200) -> Response[bytes]:
    access = await desk.gateway.get("/v1/access")
    done = desk.request.query_params.get("done")
    return desk.page(
        "security/security.html",
        status=status,
        access=access,
        errors=errors or {},
        done=done if done in _DONE else "",
    )


async def _totp_form(
    desk: Desk, started: Json, errors: dict[str, str], *, status: int = 200
) -> Response[bytes]:
    drawn = await asyncio.to_thread(_draw, started["uri"])
    return desk.page("security/totp.html", status=status, started=started, qr=drawn, errors=errors)


def _draw(uri: str) -> str:
    """Return the picture of a text as SVG."""
    return segno.make(uri or "-", error="m", micro=False).svg_inline(
        border=0, omitsize=True, dark="#000", svgclass=None, lineclass=None
    )


def _plain(key: str) -> str:
    """Return an id as it may stand in a path; another is none of ours and not found."""
    return key if key.replace("_", "").isalnum() and len(key) <= 40 else "-"


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
