"""Log in with the password, and out. The password passes through to the gateway and is kept nowhere."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from portals.kit.access.pending import (
    keep_pending,
    newcomer,
    open_session,
    throttled,
    wished_device,
)
from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayProblem
from portals.kit.kept_forms import holds_typed
from portals.kit.visit import Visit


@get("/login", opt=OPEN)
async def login_page(visit: Visit) -> Response[bytes]:
    """Show the form, unless someone is logged in already."""
    query = visit.request.query_params
    target = visit.local(query.get("next"))
    if visit.visitor is not None and "ended" not in query:
        return visit.go(target)
    return await _form(
        visit, target=target, email="", errors={}, ended="ended" in query, expired="expired" in query
    )


@post("/login", status_code=200, opt=OPEN)
async def log_in(visit: Visit) -> Response[bytes]:
    """Ask the gateway for a session and hand it to the browser, sealed."""
    form = await visit.form()
    email, password = form["email"], form.fields.get("password", "")
    target = visit.local(form["next"])
    errors = {
        field: visit.words(f"login.{field}_missing")
        for field, value in (("email", email), ("password", password))
        if not value
    }
    if errors:
        return await _form(visit, target=target, email=email, errors=errors, status=422)
    try:
        body = await newcomer(visit).post(
            visit.kit.face.ways.sessions,
            {
                "email": email,
                "password": password,
                "device": wished_device(visit, remembered=bool(form["remember"])),
            },
        )
    except GatewayProblem as problem:
        if problem.code == "second_factor_required":
            keep_pending(visit, problem.body, email=email, target=target)
            return visit.go_raw("/login/second")
        return await _refused(visit, problem, target=target, email=email)
    session = open_session(visit, body)
    return visit.go(visit.kit.face.enrolment if session.enrolling else target)


@post("/logout", status_code=200, opt=OPEN)
async def log_out(visit: Visit) -> Response[bytes]:
    """End the session at the gateway and in the browser."""
    await visit.form()
    if visit.visitor is not None:
        try:
            await visit.gateway.delete(visit.kit.face.ways.log_out)
        except GatewayProblem as problem:
            # A session that ended by itself is logged out all the same.
            if problem.status != 401:
                raise
    visit.close_session()
    return visit.go("/login")


@get("/session", opt=OPEN)
async def session_state(visit: Visit) -> Response[Any]:
    """Tell a script of ours whether the session still stands: 200 or 401."""
    if visit.visitor is None:
        return visit.json({"standing": False}, status=401)
    try:
        await visit.gateway.get(visit.kit.face.ways.session)
    except GatewayProblem as problem:
        return visit.json({"standing": False}, status=problem.status)
    return visit.json({"standing": True})


async def _refused(visit: Visit, problem: GatewayProblem, *, target: str, email: str) -> Response[bytes]:
    match problem.code:
        case "too_many_attempts":
            errors = {"": throttled(visit, problem)}
        case "invalid_credentials":
            errors = {"password": visit.words("login.refused")}
        case _ if problem.errors:
            errors = {
                error.field if error.field in ("email", "password") else "": error.detail
                for error in problem.errors
            }
        case _:
            errors = {"": problem.detail or visit.words("error.refused.text")}
    return await _form(visit, target=target, email=email, errors=errors, status=problem.status)


async def _form(
    visit: Visit,
    *,
    target: str,
    email: str,
    errors: dict[str, str],
    ended: bool = False,
    expired: bool = False,
    status: int = 200,
) -> Response[bytes]:
    return visit.page(
        "login/login.html",
        status=status,
        next=target,
        email=email,
        errors=errors,
        ended=ended,
        kept=holds_typed(visit),
        expired=expired,
        chosen="chosen" in visit.request.query_params,
        refused="refused" in visit.request.query_params,
        **await visit.kit.face.ways.login_facts(visit),
    )


HANDLERS = (login_page, log_in, log_out, session_state)
