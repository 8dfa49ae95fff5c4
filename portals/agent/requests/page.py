"""Requests: the boxes, one with what was said and done, a new one, and the types."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.requests import configuring, linking
from portals.agent.requests.forms import errors_of, is_late, said, told
from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.stale import Stale

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
    form = {name: query[name][:400] for name in ("type", "title", *_REFERENCES) if query.get(name)}
    return await _form(desk, form, {})


@post("/requests/new")
async def make_request(desk: Desk) -> Response[bytes]:
    """Write a request, or show what is wrong with it."""
    fields = await desk.form()
    answers = {
        name.removeprefix("answer."): value.strip()
        for name, value in fields.items()
        if name.startswith("answer.") and value.strip()
    }
    body: Json = {
        "type": fields.get("type", ""),
        "title": fields.get("title", "").strip(),
        "details": fields.get("details", "").strip(),
        "priority": fields.get("priority") or "normal",
        "answers": answers,
    }
    body |= {name: fields[name].strip() for name in (*_REFERENCES, "due_on") if fields.get(name, "").strip()}
    if linking.is_linking(fields):
        form = linking.linked(fields)
        return await _form(desk, form, {}, sought=form.get("about_query", "").strip())
    if not body["type"]:
        return await _form(desk, fields, {"type": desk.words("requests.e_type")}, status=422)
    try:
        made = await desk.gateway.post("/v1/requests", body, idempotency_key=fields.get("once") or None)
    except GatewayProblem as problem:
        errors = errors_of(desk, problem)
        return await _form(desk, fields, errors, status=problem.status)
    return desk.go(f"/requests/{made['request']['code']}")


@get("/requests/{code:str}")
async def request_page(desk: Desk, code: str) -> Response[bytes]:
    """Show one request."""
    return _record(desk, await desk.gateway.get(f"/v1/requests/{path_part(code)}"))


@post("/requests/{code:str}/{action:str}")
async def act(desk: Desk, code: str, action: str) -> Response[bytes]:
    """Comment, assign, take, move, close, reopen, change: then show the request as it stands."""
    fields = await desk.form()
    path = f"/v1/requests/{path_part(code)}"
    wish = told(action, fields)
    if wish is None:
        return desk.go(f"/requests/{path_part(code)}")
    name, body = wish
    if action == "change":
        detail = await desk.gateway.get(path)
        if is_late(fields, detail["request"]):
            return _record(desk, detail, late=Stale("", f"/requests/{path_part(code)}"), status=409)
    key = fields.get("once") or None
    try:
        if name == "change":
            await desk.gateway.patch(path, body, idempotency_key=key)
        else:
            await desk.gateway.post(f"{path}/{name}", body, idempotency_key=key)
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        detail = await desk.gateway.get(path)
        errors = errors_of(desk, problem)
        return _record(desk, detail, errors=errors, form=fields, status=problem.status)
    return desk.go(f"/requests/{path_part(code)}")


async def _form(
    desk: Desk, form: dict[str, str], errors: dict[str, str], *, sought: str = "", status: int = 200
) -> Response[bytes]:
    types = await desk.gateway.get("/v1/request-types")
    standing = [one for one in types["data"] if not one["retired"]]
    chosen = next((one for one in standing if one["code"] == form.get("type")), None)
    return desk.page(
        "requests/new.html",
        status=status,
        types=standing,
        chosen=chosen,
        form=form,
        errors=errors,
        priorities=PRIORITIES,
        references=_REFERENCES,
        links=await linking.named(desk, form),
        sought=sought,
        found=await linking.find(desk, sought) if sought else [],
        once=form.get("once") or desk.reference,
    )


def _record(
    desk: Desk,
    detail: Json,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    late: Stale | None = None,
    status: int = 200,
) -> Response[bytes]:
    names = {one["code"]: one["name_en" if desk.locale == "en" else "name_fr"] for one in detail["statuses"]}
    for entry in detail["entries"]:
        entry["said"] = said(desk, entry, names)
    return desk.page(
        "requests/request.html",
        status=status,
        detail=detail,
        x=detail["request"],
        errors=errors or {},
        form=form or {},
        late=late,
        priorities=PRIORITIES,
        once=desk.reference,
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    requests_page,
    new_request,
    make_request,
    *configuring.HANDLERS,
    request_page,
    act,
)
