"""Inviting somebody to the desk: e-mail, name, job, language. What they may do is given on their page afterwards."""

from __future__ import annotations

from typing import Final

from litestar import Response, get, post

from portals.kit.forms import Form, Wording
from portals.kit.visit import Visit

_WORDING: Final = Wording(
    words={
        "email.invalid": "invite.email_malformed",
        "email.malformed": "invite.email_malformed",
        "name.malformed": "invite.name_missing",
        "role.unknown_value": "invite.role_missing",
    }
)


@get("/agents/invite")
async def invite_page(visit: Visit) -> Response[bytes]:
    """Show the form."""
    return await _show(visit)


@post("/agents/invite", status_code=200)
async def invite(visit: Visit) -> Response[bytes]:
    """Invite; then the new agent's page."""
    form = await visit.form()
    body = form.texts("email", "name", "role", "locale")
    invited = await form.post("/v1/agents/invitations", body, wording=_WORDING)
    if invited is None:
        if "email" in form.errors and not form["email"]:
            form.error("email", "invite.email_missing")
        return await _show(visit, form)
    return visit.done(f"/agents/{invited['agent']}", "done.invited", email=body["email"])


async def _show(visit: Visit, form: Form | None = None) -> Response[bytes]:
    roles = await visit.gateway.get("/v1/roles")
    return visit.page("agents/invite.html", roles=roles["data"], form=form)
