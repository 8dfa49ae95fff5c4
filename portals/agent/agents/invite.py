"""Inviting somebody to the desk: e-mail, name, job, language. What they may do is given on their page afterwards."""

from __future__ import annotations

from uuid import uuid4

from litestar import Response, get, post

from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json

FIELDS = ("email", "name", "role", "locale")


@get("/agents/invite")
async def invite_page(desk: Desk) -> Response[bytes]:
    """Show the form."""
    return await _show(desk)


@post("/agents/invite", status_code=200)
async def invite(desk: Desk) -> Response[bytes]:
    """Invite; then the new agent's page."""
    form = await desk.form()
    body: Json = {name: form.get(name, "").strip() for name in FIELDS}
    errors = {
        name: desk.words(f"invite.{name}_missing") for name in ("email", "name", "role") if not body[name]
    }
    if errors:
        return await _show(desk, errors=errors, form=form, status=422)
    try:
        invited = await desk.gateway.post(
            "/v1/agents/invitations", body, idempotency_key=form.get("idempotency_key", "")[:255] or None
        )
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        by_field = {error.field: desk.words("invite.field_bad") for error in problem.errors}
        return await _show(desk, errors=by_field or {"": problem.detail}, form=form, status=422)
    return desk.go(f"/agents/{invited['agent']}")


async def _show(
    desk: Desk, *, errors: dict[str, str] | None = None, form: dict[str, str] | None = None, status: int = 200
) -> Response[bytes]:
    roles = (await desk.gateway.get("/v1/roles"))["data"]
    return desk.page(
        "agents/invite.html",
        status=status,
        roles=roles,
        errors=errors or {},
        form=form or {},
        key=uuid4().hex,
    )
