"""Single sign-on: to the identity provider and back."""

from __future__ import annotations

import hmac

import msgspec
from litestar import Response, get

from portals.agent.login.pending import keep_pending, known_device, newcomer, open_session
from portals.kit.desk import Desk
from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayDown, GatewayProblem

_KEPT = "sign_on"
_LIFE_S = 10 * 60


class _Begun(msgspec.Struct, frozen=True):
    state: str
    next: str


async def provider_offered(desk: Desk) -> str:
    """Return the name of the identity provider, empty when there is none."""
    try:
        offered = await newcomer(desk).get("/v1/sign-on")
    except (GatewayProblem, GatewayDown):
        return ""
    return str(offered.get("provider") or "")


@get("/login/sign-on", opt=OPEN)
async def begin(desk: Desk) -> Response[bytes]:
    """Send the browser to the identity provider. A link and no form: a form may lead to our own pages only."""
    try:
        started = await newcomer(desk).post("/v1/sign-on", {})
    except GatewayProblem:
        return desk.go_raw("/login?refused=1")
    begun = _Begun(started["state"], desk.local(desk.request.query_params.get("next")))
    desk.keep_sealed(_KEPT, msgspec.json.encode(begun), max_age_s=_LIFE_S)
    return desk.answer(Response(b"", status_code=303, headers={"Location": started["address"]}))


@get("/login/sign-on/back", opt=OPEN)
async def back(desk: Desk) -> Response[bytes]:
    """Take the identity provider's answer, in the browser that asked."""
    query = desk.request.query_params
    content = desk.kept_sealed(_KEPT)
    try:
        begun = None if content is None else msgspec.json.decode(content, type=_Begun)
    except msgspec.MsgspecError:
        begun = None
    state, code = query.get("state", ""), query.get("code", "")
    desk.drop_sealed(_KEPT)
    if begun is None or not code or not hmac.compare_digest(begun.state.encode(), state.encode()):
        return desk.go_raw("/login?refused=1")
    try:
        body = await newcomer(desk).post(
            "/v1/sign-on/answers", {"state": state, "code": code[:2_048], "device": known_device(desk)}
        )
    except GatewayProblem as problem:
        if problem.code != "second_factor_required":
            return desk.go_raw("/login?refused=1")
        keep_pending(desk, problem.body, email="", target=begun.next)
        return desk.go_raw("/login/second")
    session = open_session(desk, body)
    return desk.go("/security" if session.enrolling else begun.next)
