"""Requests: the boxes, one with what was said and done, a new one, and the types."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.requests import configuring, linking
from portals.agent.requests.forms import WORDING, is_late, said, told
from portals.kit.desk import Desk
from portals.kit.forms import Form, Stale
from portals.kit.gateway import Json
from portals.kit.records import path_part

PAGE_ROWS = 50
BOXES = ("mine", "free", "team", "written", "all")
PRIORITIES = ("high", "normal", "low")
_FILTERS = ("closed", "late", "type", "priority", "query", "company", "store", "cursor")
_REFERENCES = linking.KINDS


@get("/requests")
async def requests_page(desk: Desk) -> Response[bytes]:
    """Show a box of requests, narrowed by the address."""
    query = desk.request.query_params
    box = query.get("box", "mine")
    box = box if box in BOXES else "mine"
    chosen = {name: query[name].strip()[:400] for name in _FILTERS if query.get(name, "").strip()}
    parameters = [("box", box), ("limit", str(PAGE_ROWS)), *chosen.items()]
    listed = await desk.gateway.get("/v1/requests", parameters)
    types = await desk.gateway.get("/v1/request-types")
    return desk.page(
        "requests/requests.html",
        box=box,
        boxes=BOXES,
        chosen=chosen,
        priorities=PRIORITIES,
        types=types["data"],
        requests=listed["data"],
        counts=listed["counts"],
        next_cursor=listed.get("next_cursor"),
    )


@get("/requests/new")
async def new_request(desk: Desk) -> Response[bytes]:
    """Show an empty form: first the type, then what it asks."""
    query = desk.request.query_params
    fields = {name: query[name][:400] for name in ("type", "title", *_REFERENCES) if query.get(name)}
    return await _form(desk, desk.filled(fields))


@post("/requests/new")
async def make_request(desk: Desk) -> Response[bytes]:
    """Write a request, or show what is wrong with it."""
    form = await desk.form()
    if linking.is_linking(form.fields):
        form.fields = linking.linked(form.fields)
        return await _form(desk, form, sought=form["about_query"])
    body: Json = {
        "type": form["type"],
        "title": form["title"],
        "details": form["details"],
        "priority": form["priority"] or "normal",
        "answers": {
            name.removeprefix("answer."): form[name]
            for name in form
            if name.startswith("answer.") and form[name]
        },
    }
    body |= {name: form[name] for name in (*_REFERENCES, "due_on") if form[name]}
    if not body["type"]:
        form.error("type", "requests.e_type")
    made = await form.post("/v1/requests", body, wording=WORDING)
    return await _form(desk, form) if made is None else desk.go(f"/requests/{made['request']['code']}")


@get("/requests/{code:str}")
async def request_page(desk: Desk, code: str) -> Response[bytes]:
    """Show one request."""
    return _record(desk, await desk.gateway.get(f"/v1/requests/{path_part(code)}"))


@post("/requests/{code:str}/{action:str}")
async def act(desk: Desk, code: str, action: str) -> Response[bytes]:
    """Comment, assign, take, move, close, reopen, change: then show the request as it stands."""
    form = await desk.form()
    page = f"/requests/{path_part(code)}"
    wish = told(action, form.fields)
    if wish is None:
        return desk.go(page)
    name, body = wish
    if action == "change":
        detail = await desk.gateway.get(f"/v1{page}")
        if is_late(form.fields, detail["request"]):
            form.status, form.stale, form.fields = 409, Stale("", page), {}
        done = await form.patch(f"/v1{page}", body, wording=WORDING)
    else:
        done = await form.post(f"/v1{page}/{name}", body, wording=WORDING)
    return _record(desk, await desk.gateway.get(f"/v1{page}"), form) if done is None else desk.go(page)


async def _form(desk: Desk, form: Form, *, sought: str = "") -> Response[bytes]:
    types = await desk.gateway.get("/v1/request-types")
    standing = [one for one in types["data"] if not one["retired"]]
    return desk.page(
        "requests/new.html",
        types=standing,
        chosen=next((one for one in standing if one["code"] == form["type"]), None),
        form=form,
        priorities=PRIORITIES,
        references=_REFERENCES,
        links=await linking.named(desk, form.fields),
        sought=sought,
        found=await linking.find(desk, sought) if sought else [],
    )


def _record(desk: Desk, detail: Json, form: Form | None = None) -> Response[bytes]:
    names = {one["code"]: one["name_en" if desk.locale == "en" else "name_fr"] for one in detail["statuses"]}
    for entry in detail["entries"]:
        entry["said"] = said(desk, entry, names)
    return desk.page(
        "requests/request.html", detail=detail, x=detail["request"], form=form, priorities=PRIORITIES
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    requests_page,
    new_request,
    make_request,
    *configuring.HANDLERS,
    request_page,
    act,
)
