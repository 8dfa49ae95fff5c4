"""Stored answers and one-click repairs: the list, writing one, previewing and running one on a record."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.stale import Stale, revision_of, stale_of

KINDS = ("answer", "sequence")
TARGETS = ("terminal", "store")
STEPS = ("lift_block", "activate_terminal", "reload_parameters", "resend_receipt", "add_comment")
_FIELDS = ("kind", "target_kind", "name_fr", "name_en", "text_fr", "text_en")
_FOLDERS = {"terminal": "terminals", "store": "stores"}


@get("/macros")
async def macros_page(desk: Desk) -> Response[bytes]:
    """Show what is stored; `?edit=` opens one, `?new=` an empty one."""
    query = desk.request.query_params
    new = query.get("new", "")
    form: Json = {"kind": new, "steps": []} if new in KINDS else {}
    return await _list(desk, editing=query.get("edit", "") or ("new" if form else ""), form=form)


@post("/macros/{macro_id:str}/save", status_code=200)
async def save_macro(desk: Desk, macro_id: str) -> Response[bytes]:
    """Write a new macro, or every field of one."""
    form = await desk.form()
    steps = [form[name] for name in (f"step_{n}" for n in range(len(STEPS))) if form.get(name)]
    body: dict[str, Any] = {name: form.get(name, "") for name in _FIELDS} | {"steps": steps}
    key = form.get("idempotency_key", "")[:255] or None
    try:
        if macro_id == "new":
            await desk.gateway.post("/v1/macros", body, idempotency_key=key)
        else:
            body |= revision_of(form)
            await desk.gateway.patch(f"/v1/macros/{path_part(macro_id)}", body, idempotency_key=key)
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        if stale := stale_of(problem, f"/macros?edit={path_part(macro_id)}"):
            return await _list(desk, editing=macro_id, form=body, stale=stale)
        errors = {error.field: error.detail or problem.detail for error in problem.errors}
        return await _list(desk, editing=macro_id, form=body, errors=errors or {"": problem.detail})
    return desk.go("/macros?done=saved")


@post("/macros/{macro_id:str}/remove", status_code=200)
async def remove_macro(desk: Desk, macro_id: str) -> Response[bytes]:
    """Take one out of use."""
    await desk.form()
    await desk.gateway.delete(f"/v1/macros/{path_part(macro_id)}")
    return desk.go("/macros?done=removed")


@get("/macros/{macro_id:str}/{kind:str}/{target_id:str}")
async def preview_page(desk: Desk, macro_id: str, kind: str, target_id: str) -> Response[bytes]:
    """Show what will happen to a record, or an answer with its fields filled."""
    reason = desk.request.query_params.get("reason", "").strip()[:300]
    return await _preview(desk, macro_id, kind, target_id, form={"reason": reason})


@post("/macros/{macro_id:str}/{kind:str}/{target_id:str}", status_code=200)
async def run_macro(desk: Desk, macro_id: str, kind: str, target_id: str) -> Response[bytes]:
    """Run it; the page then says what each step did."""
    form = await desk.form()
    typed = {name: form.get(name, "").strip() for name in ("reason", "email", "comment")}
    try:
        done = await desk.gateway.post(
            f"/v1/macros/{path_part(macro_id)}/run",
            {"target": path_part(target_id), **typed},
            idempotency_key=form.get("idempotency_key", "")[:255] or None,
        )
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        errors = {error.field: error.detail or problem.detail for error in problem.errors}
        return await _preview(
            desk, macro_id, kind, target_id, form=typed, errors=errors or {"": problem.detail}, status=422
        )
    return await _preview(desk, macro_id, kind, target_id, form={}, done=done)


async def _preview(
    desk: Desk,
    macro_id: str,
    kind: str,
    target_id: str,
    *,
    form: dict[str, str],
    errors: dict[str, str] | None = None,
    done: Json | None = None,
    status: int = 200,
) -> Response[bytes]:
    if kind not in TARGETS:
        raise GatewayProblem(404, {"code": "not_found"})
    shown = await desk.gateway.post(
        f"/v1/macros/{path_part(macro_id)}/preview",
        {"target": path_part(target_id), "reason": form.get("reason", "")[:500]},
    )
    return desk.page(
        "macros/preview.html",
        status=status,
        preview=shown,
        done=done,
        form=form,
        errors=errors or {},
        record=f"/{_FOLDERS[kind]}/{path_part(target_id)}",
        address=f"/macros/{path_part(macro_id)}/{kind}/{path_part(target_id)}",
        idempotency_key=str(uuid4()),
    )


async def _list(
    desk: Desk,
    *,
    editing: str,
    form: Json,
    errors: dict[str, str] | None = None,
    stale: Stale | None = None,
) -> Response[bytes]:
    listed = await desk.gateway.get("/v1/macros")
    macros = listed["data"]
    if editing and editing != "new":
        present = next((macro for macro in macros if macro["id"] == editing), {})
        if not errors:
            form = present
    return desk.page(
        "macros/macros.html",
        status=409 if stale else 422 if errors else 200,
        macros=macros,
        editing=editing if form else "",
        form=form,
        errors=errors or {},
        stale=stale,
        key=uuid4().hex,
        done=desk.request.query_params.get("done", ""),
        steps=STEPS,
        kinds=KINDS,
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    macros_page,
    save_macro,
    remove_macro,
    preview_page,
    run_macro,
)
