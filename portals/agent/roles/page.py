"""Roles: what each of them allows, and changing it."""

from __future__ import annotations

from litestar import Response, get, post

from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.records import path_part
from portals.kit.visit import Visit

_WORDING = Wording(
    words={"code": "roles.code_bad", "name_fr": "roles.name_bad", "name_en": "roles.name_bad"},
    otherwise="grants.field_bad",
)


@get("/roles")
async def roles_page(visit: Visit) -> Response[bytes]:
    """Show who may do what; `?change=` opens the form of one role."""
    return await _show(visit, change=visit.request.query_params.get("change", ""))


@post("/roles", status_code=200)
async def create_role(visit: Visit) -> Response[bytes]:
    """Add a role of the institution's own."""
    form = await visit.form()
    body: Json = {name: form[name] for name in ("code", "name_fr", "name_en")}
    body["permissions"] = form.chosen("permissions")
    if await form.post("/v1/roles", body, wording=_WORDING) is not None:
        return visit.done("/roles", "roles.saved")
    form.fields = {**body, "creating": True}
    return await _show(visit, form=form)


@post("/roles/{code:str}", status_code=200)
async def change_role(visit: Visit, code: str) -> Response[bytes]:
    """Give a role the permissions that are ticked."""
    form = await visit.form()
    body: Json = {"permissions": form.chosen("permissions")}
    body |= {name: form[name] for name in ("name_fr", "name_en") if form[name]}
    record = f"/roles?change={path_part(code)}"
    if await form.patch(f"/v1/roles/{path_part(code)}", body, wording=_WORDING, record=record) is not None:
        return visit.done("/roles", "roles.saved")
    if form.stale is None:
        form.fields = body
    return await _show(visit, change=code, form=form)


async def _show(visit: Visit, *, change: str = "", form: Form | None = None) -> Response[bytes]:
    listed = await visit.gateway.get("/v1/roles")
    groups: dict[str, list[str]] = {}
    for permission in listed["permissions"]:
        groups.setdefault(permission.partition(".")[0], []).append(permission)
    roles = listed["data"]
    changing = next((role for role in roles if role["code"] == change and not role["fixed"]), None)
    return visit.page("roles/roles.html", roles=roles, groups=groups, changing=changing, form=form)


HANDLERS = (roles_page, create_role, change_role)
