"""Requests: the boxes, one with what was said and done, a new one, and the types."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.requests import configuring, linking
from portals.agent.requests.forms import WORDING, late_change, said, told
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import REQUEST_PRIORITIES

BOXES = ("mine", "free", "team", "written", "all")
PRIORITIES = REQUEST_PRIORITIES[::-1]  # the most urgent first
_REFERENCES = linking.KINDS


LIST = ListPage(
    "/requests",
    "requests.title",
    (
        Column("code", "home.column_title", "cell"),
        Column("status", "home.column_status", path="status.name"),
        Column("title", "requests.subject", "cell"),
        Column("company", "home.column_about", path="company.name"),
        Column("type", "home.column_detail", path="type.name"),
        Column("who", "requests.assignee", "cell"),
        Column("due", "requests.due", "cell"),
    ),
    key="code",
    filters=(
        Filter("box", "tabs", options=BOXES, words="requests.box_"),
        Filter("query", "words", "requests.find"),
        Filter("type", "choice", "requests.type", unset="requests.any"),
        Filter(
            "priority",
            "choice",
            "requests.priority",
            PRIORITIES,
            "requests.priority_",
            "requests.any_priority",
        ),
        Filter("closed", "choice", "requests.which", unset="requests.open"),
        Filter("late"),
        Filter("company"),
        Filter("store"),
    ),
    none=("requests.none", "requests.none_text"),
    none_act=Act("/requests/new", "requests.new"),
    asks=lambda _, kept: list({"box": BOXES[0], **kept}.items()),
    template="requests/requests.html",
)


@get("/requests")
async def requests_page(visit: Visit) -> Response[bytes]:
    """Show a box of requests, narrowed by the address."""
    shown, types = await asyncio.gather(LIST.read(visit), visit.gateway.get("/v1/request-types"))
    options = {
        "type": [(one["code"], one["name"]) for one in types["data"]],
        "closed": [("true", visit.words("requests.closed"))],
    }
    return LIST.draw(visit, shown, options=options)


@get("/requests/new")
async def new_request(visit: Visit) -> Response[bytes]:
    """Show an empty form: first the type, then what it asks."""
    query = visit.request.query_params
    fields = {name: query[name][:400] for name in ("type", "title", *_REFERENCES) if query.get(name)}
    return await _form(visit, visit.filled(fields))


@post("/requests/new")
async def make_request(visit: Visit) -> Response[bytes]:
    """Write a request, or show what is wrong with it."""
    form = await visit.form()
    if linking.is_linking(form.fields):
        form.fields = linking.linked(form.fields)
        return await _form(visit, form, sought=form["about_query"])
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
    made = await form.post("/v1/requests", body, wording=WORDING, judged=True)
    if made is None:
        return await _form(visit, form)
    return visit.done(f"/requests/{made['request']['code']}", "done.request_written")


@get("/requests/{code:str}")
async def request_page(visit: Visit, code: str) -> Response[bytes]:
    """Show one request."""
    return _record(visit, await visit.gateway.get(f"/v1/requests/{path_part(code)}"))


@post("/requests/{code:str}/{action:str}")
async def act(visit: Visit, code: str, action: str) -> Response[bytes]:
    """Comment, assign, take, move, close, reopen, change: then show the request as it stands."""
    form = await visit.form()
    page = f"/requests/{path_part(code)}"
    wish = told(action, form.fields)
    if wish is None:
        return visit.go(page)
    name, body = wish
    if action == "change":
        detail = await visit.gateway.get(f"/v1{page}")
        faster = late_change(form.fields, detail)
        if faster is not None:
            form.late(page, by=(faster.get("by") or {}).get("name", ""), at=faster.get("at"))
        body |= {"revision": detail["revision"]}
        done = await form.patch(f"/v1{page}", body, wording=WORDING, record=page)
    else:
        done = await form.post(f"/v1{page}/{name}", body, wording=WORDING)
    if done is None:
        return _record(visit, await visit.gateway.get(f"/v1{page}"), form)
    return visit.done(page, f"done.request_{name}")


async def _form(visit: Visit, form: Form, *, sought: str = "") -> Response[bytes]:
    types = await visit.gateway.get("/v1/request-types")
    standing = [one for one in types["data"] if not one["retired"]]
    return visit.page(
        "requests/new.html",
        types=standing,
        chosen=next((one for one in standing if one["code"] == form["type"]), None),
        form=form,
        priorities=PRIORITIES,
        references=_REFERENCES,
        links=await linking.named(visit, form.fields),
        sought=sought,
        found=await linking.find(visit, sought) if sought else [],
    )


def _record(visit: Visit, detail: Json, form: Form | None = None) -> Response[bytes]:
    names = {one["code"]: one["name_en" if visit.locale == "en" else "name_fr"] for one in detail["statuses"]}
    for entry in detail["entries"]:
        entry["said"] = said(visit, entry, names)
    closes = f" ({visit.words('requests.closes')})"
    return visit.page(
        "requests/request.html",
        detail=detail,
        x=detail["request"],
        form=form,
        priorities=PRIORITIES,
        option_words=names,
        statuses=[
            (one["code"], names[one["code"]] + closes * one["final"])
            for one in detail["statuses"]
            if one["code"] != detail["request"]["status"]["code"]
        ],
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    requests_page,
    new_request,
    make_request,
    *configuring.HANDLERS,
    request_page,
    act,
)
