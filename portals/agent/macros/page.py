"""Stored answers and one-click repairs: the list, writing one, previewing and running one on a record."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.lists import Act, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import MACRO_KINDS, MACRO_STEPS

TARGETS = ("terminal", "store")
_FIELDS = ("kind", "target_kind", "name_fr", "name_en", "text_fr", "text_en")
_FOLDERS = {"terminal": "terminals", "store": "stores"}


LIST = ListPage(
    "/macros",
    "macros.title",
    rows=0,
    acts=(
        Act("/macros?new=answer", "macros.new_answer", "macros.write"),
        Act("/macros?new=sequence", "macros.new_sequence", "macros.write"),
    ),
    none=("macros.none", "macros.none_text"),
    template="macros/macros.html",
)


@get("/macros")
async def macros_page(visit: Visit) -> Response[bytes]:
    """Show what is stored; `?edit=` opens one, `?new=` an empty one."""
    query = visit.request.query_params
    new = query.get("new", "")
    if new in MACRO_KINDS:
        return await _list(visit, "new", visit.filled({"kind": new, "steps": []}))
    return await _list(visit, query.get("edit", ""))


@post("/macros/{macro_id:str}/save", status_code=200)
async def save_macro(visit: Visit, macro_id: str) -> Response[bytes]:
    """Write a new macro, or every field of one."""
    form = await visit.form()
    steps = [form[name] for name in (f"step_{n}" for n in range(len(MACRO_STEPS))) if form[name]]
    body: Json = {name: form.fields.get(name, "") for name in _FIELDS} | {"steps": steps}
    saved = await form.save(
        "/v1/macros",
        "" if macro_id == "new" else path_part(macro_id),
        body,
        record=f"/macros?edit={path_part(macro_id)}",
    )
    form.fields |= {"steps": steps}
    if form.is_orphan:
        macro_id = "new"
        visit.show_in("/macros/new/save")
    return await _list(visit, macro_id, form) if saved is None else visit.done("/macros", "macros.saved")


@post("/macros/{macro_id:str}/remove", status_code=200)
async def remove_macro(visit: Visit, macro_id: str) -> Response[bytes]:
    """Take one out of use."""
    await visit.form()
    return await visit.delete(f"/v1/macros/{path_part(macro_id)}", "/macros", "macros.removed")


@get("/macros/{macro_id:str}/{kind:str}/{target_id:str}")
async def preview_page(visit: Visit, macro_id: str, kind: str, target_id: str) -> Response[bytes]:
    """Show what will happen to a record, or an answer with its fields filled."""
    form = visit.filled({"reason": visit.request.query_params.get("reason", "").strip()[:300]})
    return await _preview(visit, macro_id, kind, target_id, form)


@post("/macros/{macro_id:str}/{kind:str}/{target_id:str}", status_code=200)
async def run_macro(visit: Visit, macro_id: str, kind: str, target_id: str) -> Response[bytes]:
    """Run it; the page then says what each step did."""
    form = await visit.form()
    body = {"target": path_part(target_id)} | form.texts("reason", "email", "comment")
    done = await form.post(f"/v1/macros/{path_part(macro_id)}/run", body)
    return await _preview(visit, macro_id, kind, target_id, form if done is None else visit.filled(), done)


async def _preview(
    visit: Visit, macro_id: str, kind: str, target_id: str, form: Form, done: Json | None = None
) -> Response[bytes]:
    if kind not in TARGETS:
        raise GatewayProblem(404, {"code": "not_found"})
    shown = await visit.gateway.post(
        f"/v1/macros/{path_part(macro_id)}/preview",
        {"target": path_part(target_id), "reason": form["reason"]},
    )
    return visit.page(
        "macros/preview.html",
        preview=shown,
        done=done,
        form=form,
        record=f"/{_FOLDERS[kind]}/{path_part(target_id)}",
        address=f"/macros/{path_part(macro_id)}/{kind}/{path_part(target_id)}",
    )


async def _list(visit: Visit, editing: str, form: Form | None = None) -> Response[bytes]:
    shown = await LIST.read(visit)
    present = next((macro for macro in shown.data if macro["id"] == editing), None)
    if form is None and present is not None:
        form = visit.filled(present)
    elif form is not None and form.stale is not None:
        form.fields = present or {}
    editing = editing if form is not None else ""
    return LIST.draw(visit, shown, editing=editing, form=form, steps=MACRO_STEPS)


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    macros_page,
    save_macro,
    remove_macro,
    preview_page,
    run_macro,
)
