"""Onboarding: what waits for whom, and the file of one merchant step by step."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post

from portals.agent.companies.saving import LEGAL_FORMS
from portals.agent.onboarding.answers import answers_of
from portals.kit.files import FILE_BYTES_MAX, FORM_BYTES_MAX, read_upload, show_file
from portals.kit.forms import Form, Wording
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import DOCUMENT_KINDS, ONBOARDING_MOVES, ONBOARDING_STEPS, SERVICE_KINDS

OPEN_STATES = ("returned", "draft", "submitted", "validated", "handed_over")
ENDED_STATES = ("done", "abandoned")
_OF_FILE = Wording(field_of=lambda name: name if name == "file" else "")


LIST = ListPage(
    "/onboarding",
    "onboarding.title",
    (
        Column("name", "merchant_field.trade_name", "cell"),
        Column("siren", "SIREN", "digits"),
        Column("state", "column.state", "cell"),
        Column("progress", "onboarding.steps", "cell"),
        Column("holder", "onboarding.held_by", path="held_by.name"),
        Column("seen", "onboarding.last_change", "ago", "changed_at"),
    ),
    css="files",
    filters=(
        Filter("show", "tabs", options=("all", "mine", "finished"), words="onboarding."),
        Filter("state", options=(*OPEN_STATES, *ENDED_STATES)),
    ),
    acts=(Act("/onboarding/new", "merchants.new", "merchants.register", primary=True),),
    none=("onboarding.none", "onboarding.none_text"),
    none_act=Act("/onboarding/new", "merchants.new", "merchants.register"),
    asks=lambda _, kept: [
        *([("state", kept["state"])] if "state" in kept else []),
        *([("mine", "true")] if kept.get("show") == "mine" else []),
    ],
    template="onboarding/onboarding.html",
)


@get("/onboarding")
async def onboarding_page(visit: Visit) -> Response[bytes]:
    """Show the files by state: each group says whom it waits for."""
    query = visit.request.query_params
    states = ENDED_STATES if query.get("show") == "finished" else OPEN_STATES
    if query.get("state") in (*OPEN_STATES, *ENDED_STATES):
        states = (query["state"],)
    shown = await asyncio.gather(*(LIST.read(visit, given={"state": state}) for state in states))
    groups = [(state, group) for state, group in zip(states, shown, strict=True) if group.data]
    if len(shown) == 1:
        return LIST.draw(visit, shown[0], groups=groups)
    # Each state has pages of its own, and the page of all none.
    rows = [row for _, group in groups for row in group.data]
    whole = shown[0]._replace(data=rows, cursor="", next_cursor=None)
    return LIST.draw(visit, whole, groups=groups)


@get("/onboarding/new")
async def new_file(visit: Visit) -> Response[bytes]:
    """Show the first step of a file that is not there yet."""
    account_id = visit.request.query_params.get("account", "")
    account = await visit.gateway.get(f"/v1/accounts/{path_part(account_id)}") if account_id else None
    return visit.page("onboarding/new.html", account=account)


@post("/onboarding/new", status_code=200)
async def start_file(visit: Visit) -> Response[bytes]:
    """Open the file and go to what it lacks."""
    form = await visit.form()
    merchant, _ = answers_of(visit.words, "merchant", form.fields)
    made = await visit.gateway.post("/v1/onboarding", {"merchant": merchant}, idempotency_key=form.key)
    if form["account"]:
        body = {"revision": made["revision"], "company": {"account_id": form["account"][:40]}}
        made = await visit.gateway.patch(f"/v1/onboarding/{path_part(made['id'])}", body)
    wrong = any(one["code"] != "missing" for one in _problems(made, "merchant"))
    step = "merchant" if wrong else "company"
    return visit.done(f"/onboarding/{path_part(made['id'])}/{step}", "done.file_opened")


@get("/onboarding/{file_id:str}")
async def file_page(visit: Visit, file_id: str) -> Response[bytes]:
    """Resume a file where it lacks something; show the whole of one that is complete or no longer edited."""
    record = await visit.gateway.get(f"/v1/onboarding/{path_part(file_id)}")
    step = "review"
    if record["editable"]:
        step = next((one["name"] for one in record["steps"] if not one["complete"]), "review")
    return _show(visit, record, step)


@get("/onboarding/{file_id:str}/{step:str}")
async def step_page(visit: Visit, file_id: str, step: str) -> Response[bytes]:
    """Show one step."""
    if step not in ONBOARDING_STEPS:
        raise GatewayProblem(404, {"code": "not_found"})
    record = await visit.gateway.get(f"/v1/onboarding/{path_part(file_id)}")
    return _show(visit, record, step, saved="saved" in visit.request.query_params)


@post("/onboarding/{file_id:str}/{step:str}", status_code=200)
async def save_step(visit: Visit, file_id: str, step: str) -> Response[bytes]:
    """Keep what was typed, then go on; what is wrong keeps the page here."""
    if step not in ONBOARDING_STEPS:
        raise GatewayProblem(404, {"code": "not_found"})
    form = await visit.form()
    address = f"/onboarding/{path_part(file_id)}"
    answers, unreadable = answers_of(visit.words, step, form.fields)
    record = await form.patch(f"/v1{address}", {step: answers})
    if record is None:
        form.status = 409
        return _show(visit, await visit.gateway.get(f"/v1{address}"), step, form)
    if visit.wants_fragment:
        return visit.page("onboarding/saved.html", record=record, step=step)
    for field, text in unreadable.items():
        form.say(field, text)
    if unreadable:
        return _show(visit, record, step, form)
    if "remove" in form or form["go"] in ("add", "stay"):
        return visit.done(
            f"{address}/{step}?saved=1" + ("&add=1" if form["go"] == "add" else ""), "done.saved"
        )
    if any(one["code"] != "missing" for one in _problems(record, step)):
        return visit.done(f"{address}/{step}?saved=1", "done.saved")
    following = ONBOARDING_STEPS[min(ONBOARDING_STEPS.index(step) + 1, len(ONBOARDING_STEPS) - 1)]
    return visit.done(f"{address}/{following}", "done.saved")


@post("/onboarding/{file_id:str}/attach", status_code=200, request_max_body_size=FORM_BYTES_MAX)
async def attach_document(visit: Visit, file_id: str) -> Response[bytes]:
    """Bring a document: it is then ticked as received."""
    form = await visit.form()
    name, content = await read_upload(visit)
    address = f"/onboarding/{path_part(file_id)}"
    if form["kind"] not in DOCUMENT_KINDS:
        form.error("kind", "onboarding.kind_missing")
    if not content:
        form.error("file", "onboarding.file_missing")
    elif len(content) > FILE_BYTES_MAX:
        form.error("file", "onboarding.file_large")
    where = [("kind", form["kind"]), ("name", name or "document")]
    if await form.upload(f"/v1{address}/documents", where, content, wording=_OF_FILE) is not None:
        return visit.done(f"{address}/documents?saved=1", "done.document_attached")
    return _show(visit, await visit.gateway.get(f"/v1{address}"), "documents", form)


@get("/onboarding/{file_id:str}/attached/{kind:str}")
async def attached_document(visit: Visit, file_id: str, kind: str) -> Response[bytes]:
    """Show a document of the file."""
    return await show_file(visit, f"/v1/onboarding/{path_part(file_id)}/documents/{path_part(kind)}")


@post("/onboarding/{file_id:str}/move/{move:str}", status_code=200)
async def move_file(visit: Visit, file_id: str, move: str) -> Response[bytes]:
    """Submit it, send it back, validate it, hand it over: the page then shows where it stands."""
    if move not in ONBOARDING_MOVES:
        raise GatewayProblem(404, {"code": "not_found"})
    form = await visit.form()
    address = f"/onboarding/{path_part(file_id)}"
    if await form.post(f"/v1{address}/{move}", {"reason": form["reason"]}) is None:
        form.status = 422
        return _show(visit, await visit.gateway.get(f"/v1{address}"), "review", form)
    return visit.done(address if move == "take" else f"{address}/review", f"onboarding_done.{move}")


def _problems(record: Json, step: str) -> list[Json]:
    return next((one["problems"] for one in record["steps"] if one["name"] == step), [])


def _show(
    visit: Visit, record: Json, step: str, form: Form | None = None, *, saved: bool = False
) -> Response[bytes]:
    """Show a step; what is wrong in it is named once something was typed there."""
    form = form or visit.filled()
    this = next(one for one in record["steps"] if one["name"] == step)
    if step != "review" and (this["started"] or saved):
        form.errors = {**{one["field"]: one["detail"] for one in this["problems"]}, **form.errors}
    return visit.page(
        "onboarding/file.html",
        record=record,
        step=step,
        form=form,
        adding="add" in visit.request.query_params,
        legal_forms=[(code, code) for code in LEGAL_FORMS],
        service_kinds=SERVICE_KINDS,
        document_kinds=DOCUMENT_KINDS,
        files={one["kind"]: one for one in record["answers"].get("files", ())},
        kind=form["kind"],
        **_groups_of(record),
    )


def _groups_of(record: Json) -> dict[str, Any]:
    answers = record["answers"]
    return {"stores": answers["stores"] or [{}], "people": answers["contacts"] or [{}]}


HANDLERS = (
    onboarding_page,
    new_file,
    start_file,
    file_page,
    step_page,
    save_step,
    attach_document,
    attached_document,
    move_file,
)
