"""What technicians do: assign a terminal to a store, set its options, activate, move, retire."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from litestar import Response, get, post

from portals.kit.desk import Desk
from portals.kit.formats import AmountMalformed, parse_amount, whole_number
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.reasons import says_why
from portals.kit.records import path_part

CONDITIONS = (
    "active",
    "failing",
    "silent",
    "resting",
    "blocked",
    "never_seen",
    "not_active",
    "retired",
)
ACTS = ("options", "activate", "move", "retire")
STORES_SHOWN = 8


@get("/assign-terminal")
async def assign_page(desk: Desk) -> Response[bytes]:
    """Ask for the store first, then for the terminal."""
    query = desk.request.query_params
    form = {name: query.get(name, "")[:40] for name in ("store", "service")}
    return await _show(desk, form, words=query.get("store_query", "").strip())


@post("/assign-terminal", status_code=200)
async def assign(desk: Desk) -> Response[bytes]:
    """Assign; the terminal's own page then says what comes next."""
    form = await desk.form()
    body = {
        "terminal": form.get("terminal", "").strip().upper(),
        "store_id": form.get("store", ""),
        "service": form.get("service", ""),
        "model": form.get("model", "").strip(),
        "serial": form.get("serial", "").strip().upper(),
        "dialect": form.get("dialect", ""),
    }
    try:
        made = await desk.gateway.post(
            "/v1/terminals", body, idempotency_key=form.get("idempotency_key", "")[:255] or None
        )
    except GatewayProblem as problem:
        if problem.status == 401:
            raise
        return await _show(desk, form, errors=_fields(desk, problem), status=422)
    return desk.go(f"/terminals/{made['id']}?done=assigned")


async def change(desk: Desk, terminal_id: str, act: str, form: dict[str, str]) -> dict[str, str]:
    """Ask for one change; return what is wrong with the form, nothing when it is made."""
    if act not in ACTS:
        raise GatewayProblem(404, {"code": "not_found"})
    errors: dict[str, str] = {}
    reason = form.get("reason", "").strip()
    body: dict[str, Any] = {"reason": reason}
    if act in ("move", "retire") and not says_why(reason):
        errors["reason"] = desk.words("action.reason_short")
    if act == "move":
        body |= {"store_id": form.get("store", "").strip(), "service": form.get("service", "")}
    if act == "options":
        body = _options(desk, form, errors)
    if errors:
        return errors
    try:
        await desk.gateway.post(f"/v1/terminals/{terminal_id}/{act}", body)
    except GatewayProblem as problem:
        if problem.status in (401, 404) and act != "move":
            raise
        return _fields(desk, problem)
    return {}


def _options(desk: Desk, form: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    percent, limit = form.get("tip_percent_max", "").strip(), form.get("contactless_max", "").strip()
    tip = form.get("tip") == "1"
    body: dict[str, Any] = {
        "dialect": form.get("dialect", ""),
        "connectivity": form.get("connectivity", ""),
        "tip": tip,
        "preauthorisation": form.get("preauthorisation") == "1",
        "tip_percent_max": None,
        "contactless_max": None,
    }
    if percent and tip:
        body["tip_percent_max"] = whole_number(percent)
        if body["tip_percent_max"] not in range(1, 31):
            errors["tip_percent_max"] = desk.words("assign.percent_malformed")
    if limit:
        try:
            body["contactless_max"] = parse_amount(limit)
        except AmountMalformed:
            errors["contactless_max"] = desk.words("assign.amount_malformed")
    return body


def _fields(desk: Desk, problem: GatewayProblem) -> dict[str, str]:
    """Return the gateway's refusal by field, in words that the page has for it."""
    helps = {
        "terminal": "assign.number_help",
        "serial": "assign.serial_help",
        "store_id": "assign.store_missing",
    }
    found = {
        error.field: problem.detail
        if problem.status == 409
        else desk.words(helps[error.field])
        if error.field in helps
        else error.detail or problem.detail
        for error in problem.errors
    }
    return found or {"": problem.detail}


async def _show(
    desk: Desk,
    form: dict[str, str],
    *,
    words: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response[bytes]:
    chosen, stores = await find_store(desk, form.get("store", ""), words)
    return desk.page(
        "terminals/assign.html",
        status=status,
        form=form,
        errors=errors or {},
        store_words=words,
        stores=stores,
        chosen=chosen,
        idempotency_key=str(uuid4()),
    )


async def find_store(desk: Desk, store_id: str, words: str) -> tuple[Json, list[Json]]:
    """Return the store that was chosen, else those that hold the words."""
    if store_id.startswith("sto_"):
        return await desk.gateway.get(f"/v1/stores/{path_part(store_id)}"), []
    if not words:
        return {}, []
    listed = await desk.gateway.get("/v1/stores", [("query", words[:100]), ("limit", str(STORES_SHOWN))])
    return {}, listed["data"]


HANDLERS = (assign_page, assign)
