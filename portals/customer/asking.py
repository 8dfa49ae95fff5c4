"""A link by mail is asked for: for the first connection and for a forgotten password, which differ in words alone."""

from __future__ import annotations

from litestar import Response

from portals.kit.access.pending import newcomer, throttled
from portals.kit.gateway import GatewayProblem
from portals.kit.visit import Visit


def ask_page(visit: Visit, kind: str) -> Response[bytes]:
    """Show the form. `kind` begins its words."""
    return _form(visit, kind, visit.request.query_params.get("email", "")[:254], {})


async def ask(visit: Visit, kind: str) -> Response[bytes]:
    """Ask the gateway, and say the same whether somebody has this address or not."""
    form = await visit.form()
    email = form["email"].strip()
    if not email:
        return _form(visit, kind, "", {"email": visit.words("login.email_missing")}, status=422)
    try:
        await newcomer(visit).post("/v1/customers/links", {"email": email})
    except GatewayProblem as problem:
        if problem.code == "too_many_attempts":
            errors = {"": throttled(visit, problem)}
        elif problem.errors:
            errors = {"email": visit.words("space.email_malformed")}
        else:
            errors = {"": problem.detail}
        return _form(visit, kind, email, errors, status=problem.status)
    return visit.page("asked.html", kind=kind, email=email)


def _form(
    visit: Visit, kind: str, email: str, errors: dict[str, str], *, status: int = 200
) -> Response[bytes]:
    return visit.page("ask.html", status=status, kind=kind, email=email, errors=errors)
