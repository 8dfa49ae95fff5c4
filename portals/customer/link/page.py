"""The link in a mail: whoever follows it reads the address's mail, and chooses a password."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.access.pending import keep_pending, newcomer, open_session, throttled
from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayProblem
from portals.kit.visit import Visit


@get("/link/{token:str}", opt=OPEN)
async def link(visit: Visit, token: str) -> Response[bytes]:
    """Ask for a password, if the link is good."""
    return await _form(visit, token, {})


@post("/link/{token:str}", status_code=200, opt=OPEN)
async def choose(visit: Visit, token: str) -> Response[bytes]:
    """Take the password that was chosen, and open the session or ask for the second factor."""
    form = await visit.form()
    password = form.fields.get("new_password", "")
    if not password:
        return await _form(
            visit, token, {"new_password": visit.words("security.password_missing")}, status=422
        )
    try:
        body = await newcomer(visit).post(
            "/v1/customers/links/acceptance", {"token": token, "new_password": password}
        )
    except GatewayProblem as problem:
        match problem.code:
            case "second_factor_required":
                keep_pending(visit, problem.body, email="", target="/")
                return visit.go_raw("/login/second")
            case "link_ended":
                return _ended(visit, problem.detail)
            case "too_many_attempts":
                errors = {"": throttled(visit, problem)}
            case "password_too_simple":
                lacks = [visit.words(f"space.lacks_{each}") for each in problem.errors[0].detail.split(",")]
                errors = {"new_password": visit.words("space.lacks", what=", ".join(lacks))}
            case _:
                errors = {error.field: problem.detail for error in problem.errors} or {"": problem.detail}
        return await _form(visit, token, errors, status=problem.status)
    open_session(visit, body)
    visit.tell_next_page(visit.words("space.password_chosen"))
    return visit.go_raw("/")


async def _form(visit: Visit, token: str, errors: dict[str, str], *, status: int = 200) -> Response[bytes]:
    try:
        found = await newcomer(visit).post("/v1/customers/links/lookup", {"token": token})
    except GatewayProblem as problem:
        if problem.code == "too_many_attempts":
            return visit.page("ended.html", status=429, text=throttled(visit, problem))
        return _ended(visit, problem.detail if problem.code == "link_ended" else "")
    return visit.page("choose.html", status=status, found=found, errors=errors)


def _ended(visit: Visit, detail: str) -> Response[bytes]:
    return visit.page("ended.html", status=410, text=detail or visit.words("space.link_ended_text"))


HANDLERS: tuple[ControllerRouterHandler, ...] = (link, choose)
