"""Roles: what each of them allows, and changing it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post

from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part

_WORDS = {"code": "roles.code_bad", "name_fr": "roles.name_bad", "name_en": "roles.name_bad"}


@get("/roles")
async def roles_page(desk: Desk) -> Response[bytes]:
    """Show who may do what; `?change=` opens the form of one role."""
    query = desk.request.query_params
    return await _show(desk, change=query.get("change", ""), saved=query.get("saved") == "1")


@post("/roles", status_code=200)
async def create_role(desk: Desk) -> Response[bytes]:
    """Add a role of the institution's own."""
    form = await desk.form()
    body: Json = {name: form.get(name, "").strip() for name in ("code", "name_fr", "name_en")}
    body["permissions"] = await _ticked(desk)
    errors = await _try(desk, desk.gateway.post("/v1/roles", body))
    if not errors:
        return desk.go("/roles?saved=1")
    return await _show(desk, errors=errors, form={**body, "creating": True}, status=422)


@post("/roles/{code:str}", status_code=200)
async def change_role(desk: Desk, code: str) -> Response[bytes]:
    """Give a role the permissions that are ticked."""
    form = await desk.form()
    body: Json = {"permissions": await _ticked(desk)}
    body |= {name: form[name].strip() for name in ("name_fr", "name_en") if form.get(name)}
    errors = await _try(desk, desk.gateway.patch(f"/v1/roles/{path_part(code)}", body))
    if not errors:
        return desk.go("/roles?saved=1")
    return await _show(desk, change=code, errors=errors, form=body, status=422)


async def _ticked(desk: Desk) -> list[str]:
    chosen = await desk.request.form()
    return [str(value)[:60] for value in chosen.getall("permissions", [])][:200]


async def _try(desk: Desk, saved: Awaitable[Json]) -> dict[str, str]:
    try:
        await saved
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        if not problem.errors:
            return {"": problem.detail}
        return {
            error.field: desk.words(_WORDS.get(error.field, "grants.field_bad")) for error in problem.errors
        }
    return {}


async def _show(
    desk: Desk,
    *,
    change: str = "",
    saved: bool = False,
    errors: dict[str, str] | None = None,
    form: dict[str, Any] | None = None,
    status: int = 200,
) -> Response[bytes]:
    listed = await desk.gateway.get("/v1/roles")
    groups: dict[str, list[str]] = {}
    for permission in listed["permissions"]:
        groups.setdefault(permission.partition(".")[0], []).append(permission)
    roles = listed["data"]
    changing = next((role for role in roles if role["code"] == change and not role["fixed"]), None)
    return desk.page(
        "roles/roles.html",
        status=status,
        roles=roles,
        groups=groups,
        changing=changing,
        saved=saved,
        errors=errors or {},
        form=form or {},
    )


HANDLERS = (roles_page, create_role, change_role)
