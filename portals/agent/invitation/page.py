"""Accepting an invitation: choose a password, then add a second factor."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.access.pending import newcomer, open_session, throttled
from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.visit import Visit


@get("/invitation/{token:str}", opt=OPEN)
async def invitation(visit: Visit, token: str) -> Response[bytes]:
    """Ask for a password, if the invitation stands."""
    return await _form(visit, token, {})


@post("/invitation/{token:str}", status_code=200, opt=OPEN)
async def accept(visit: Visit, token: str) -> Response[bytes]:
    """Accept it with the password that was chosen."""
    form = await visit.form()
    password = form.fields.get("new_password", "")
    if not password or password != form.fields.get("again", ""):
        field = "again" if password else "new_password"
        word = "security.again_differs" if password else "security.password_missing"
        return await _form(visit, token, {field: visit.words(word)}, status=422)
    try:
        body = await newcomer(visit).post(
            "/v1/invitations/acceptance", {"token": token, "new_password": password}
        )
    except GatewayProblem as problem:
        match problem.code:
            case "too_many_attempts":
                errors = {"": throttled(visit, problem)}
            case "invitation_ended":
                return _ended(visit, problem.detail)
            case _:
                errors = {error.field: problem.detail for error in problem.errors} or {"": problem.detail}
        return await _form(visit, token, errors, status=problem.status)
    session: Json | None = body["session"]
    if session is None:
        visit.close_session()
        return visit.go_raw("/login?chosen=1")
    open_session(visit, session)
    return visit.go("/security")


async def _form(visit: Visit, token: str, errors: dict[str, str], *, status: int = 200) -> Response[bytes]:
    try:
        who = await newcomer(visit).post("/v1/invitations/lookup", {"token": token})
    except GatewayProblem as problem:
        return _ended(visit, problem.detail if problem.code == "invitation_ended" else "")
    return visit.page("invitation/invitation.html", status=status, who=who, errors=errors)


def _ended(visit: Visit, detail: str) -> Response[bytes]:
    text = detail or visit.words("security.invitation_ended_text")
    return visit.page("invitation/ended.html", status=404, text=text)


HANDLERS: tuple[ControllerRouterHandler, ...] = (invitation, accept)
