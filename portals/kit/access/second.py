"""The second step of logging in: a code, a passkey, or a recovery code."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from portals.kit.access.pending import (
    Pending,
    drop_pending,
    kept_pending,
    newcomer,
    open_session,
    throttled,
)
from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.visit import Visit


@get("/login/second", opt=OPEN)
async def second_page(visit: Visit) -> Response[bytes]:
    """Ask for the second factor of a log in that is under way."""
    pending = kept_pending(visit)
    if pending is None:
        return visit.go_raw("/login")
    return _form(visit, pending, {})


@post("/login/second", status_code=200, opt=OPEN)
async def second_step(visit: Visit) -> Response[bytes]:
    """Send the second factor to the gateway and open the session."""
    form = await visit.form()
    pending = kept_pending(visit)
    if pending is None:
        return visit.go_raw("/login?expired=1")
    answer = _answer_of(form.fields)
    if answer is None:
        field = "recovery_code" if "recovery_code" in form else "code"
        return _form(visit, pending, {field: visit.words(f"access.{field}_missing")}, status=422)
    try:
        body = await newcomer(visit).post(
            f"{visit.kit.face.ways.sessions}/second-factor", {"pending": pending.token, **answer}
        )
    except GatewayProblem as problem:
        return _refused(visit, pending, problem, next(iter(answer)))
    drop_pending(visit)
    open_session(visit, body)
    return visit.go(pending.next)


@post("/login/passkey", status_code=200, opt=OPEN)
async def sign_challenge(visit: Visit) -> Response[Any]:
    """Give the page's script what a passkey must sign."""
    await visit.form()
    pending = kept_pending(visit)
    if pending is None:
        return visit.json({"expired": True}, status=401)
    try:
        body = await newcomer(visit).post(
            f"{visit.kit.face.ways.sessions}/passkey-options", {"pending": pending.token}
        )
    except GatewayProblem as problem:
        return visit.json({"detail": problem.detail}, status=problem.status)
    return visit.json(body["public_key"])


def _answer_of(form: dict[str, str]) -> Json | None:
    """Return the one factor that was given."""
    if form.get("passkey"):
        try:
            return {"passkey": msgspec.json.decode(form["passkey"], type=dict[str, Any])}
        except msgspec.MsgspecError:
            return None
    for field in ("recovery_code", "code"):
        if value := form.get(field, "").strip()[:40]:
            return {field: value if field == "recovery_code" else "".join(value.split())[:16]}
    return None


def _refused(visit: Visit, pending: Pending, problem: GatewayProblem, field: str) -> Response[bytes]:
    match problem.code:
        case "log_in_expired":
            drop_pending(visit)
            return visit.go_raw("/login?expired=1")
        case "too_many_attempts":
            errors = {"": throttled(visit, problem)}
        case "second_factor_refused":
            errors = {field: visit.words(f"access.{field}_refused")}
        case _:
            errors = {"": problem.detail or visit.words("error.refused.text")}
    return _form(visit, pending, errors, status=problem.status)


def _form(visit: Visit, pending: Pending, errors: dict[str, str], *, status: int = 200) -> Response[bytes]:
    return visit.page(
        "access/second.html", status=status, email=pending.email, factors=pending.factors, errors=errors
    )


HANDLERS = (second_page, second_step, sign_challenge)
