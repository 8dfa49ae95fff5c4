"""Single sign-on: to the identity provider and back."""

from __future__ import annotations

import hmac

import msgspec
from litestar import Response, get

from portals.kit.access.pending import keep_pending, known_device, newcomer, open_session
from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayDown, GatewayProblem, Json
from portals.kit.visit import Visit

_KEPT = "sign_on"
_LIFE_S = 10 * 60


class _Begun(msgspec.Struct, frozen=True):
    state: str
    next: str


async def provider_offered(visit: Visit) -> Json:
    """Return the name of the identity provider, empty when there is none, for the log in page."""
    try:
        offered = await newcomer(visit).get("/v1/sign-on")
    except (GatewayProblem, GatewayDown):
        return {"provider": ""}
    return {"provider": str(offered.get("provider") or "")}


@get("/login/sign-on", opt=OPEN)
async def begin(visit: Visit) -> Response[bytes]:
    """Send the browser to the identity provider. A link and no form: a form may lead to our own pages only."""
    try:
        started = await newcomer(visit).post("/v1/sign-on", {})
    except GatewayProblem:
        return visit.go_raw("/login?refused=1")
    begun = _Begun(started["state"], visit.local(visit.request.query_params.get("next")))
    visit.keep_sealed(_KEPT, msgspec.json.encode(begun), max_age_s=_LIFE_S)
    return visit.answer(Response(b"", status_code=303, headers={"Location": started["address"]}))


@get("/login/sign-on/back", opt=OPEN)
async def back(visit: Visit) -> Response[bytes]:
    """Take the identity provider's answer, in the browser that asked."""
    query = visit.request.query_params
    content = visit.kept_sealed(_KEPT)
    try:
        begun = None if content is None else msgspec.json.decode(content, type=_Begun)
    except msgspec.MsgspecError:
        begun = None
    state, code = query.get("state", ""), query.get("code", "")
    visit.drop_sealed(_KEPT)
    if begun is None or not code or not hmac.compare_digest(begun.state.encode(), state.encode()):
        return visit.go_raw("/login?refused=1")
    try:
        body = await newcomer(visit).post(
            "/v1/sign-on/answers", {"state": state, "code": code[:2_048], "device": known_device(visit)}
        )
    except GatewayProblem as problem:
        if problem.code != "second_factor_required":
            return visit.go_raw("/login?refused=1")
        keep_pending(visit, problem.body, email="", target=begun.next)
        return visit.go_raw("/login/second")
    session = open_session(visit, body)
    return visit.go("/security" if session.enrolling else begun.next)


HANDLERS = (begin, back)
