"""Grids of fees: the list, one grid, the editor of a draft, approval, and what a version would have cost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Literal

from litestar import Response, get, post

from portals.agent.contracts.making import new_key, say
from portals.agent.contracts.page import day_of
from portals.kit.desk import Desk
from portals.kit.formats import NARROW, PARIS, AmountMalformed, parse_amount, plain_amount
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.stale import Stale, revision_of, stale_of

BRANDS = ("cb", "visa", "mastercard", "amex", "other")
REGIONS = ("eea", "uk", "rest")
CARD_TYPES = ("debit", "credit", "commercial")
ROWS_MAX = 45
EMPTY_ROWS = 4
RATE_BP_MAX = 2_000
AMOUNT_MINOR_MAX = 100_000
_ACTS = ("submit", "approve", "send_back", "withdraw")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ROW_FIELD = re.compile(r"rows\[(\d+)\]")


@get("/fees")
async def grids_page(desk: Desk) -> Response[bytes]:
    """Show every grid."""
    return _page(desk, "fees/grids.html", grids=(await desk.gateway.get("/v1/fee-grids"))["data"])


@get("/fees/new")
async def new_grid_page(desk: Desk) -> Response[bytes]:
    """Show the form of a new grid with a row for each brand that everybody takes."""
    form: dict[str, Any] = {"effective_on": desk.now.astimezone(PARIS).date().isoformat()}
    for number, brand in enumerate(("cb", "visa", "mastercard")):
        form |= {f"r{number}.brand": brand, f"r{number}.region": "eea", f"r{number}.card_type": "debit"}
    return _new(desk, form, {}, rows=3 + EMPTY_ROWS)


@post("/fees/new", status_code=200)
async def make_grid(desk: Desk) -> Response[bytes]:
    """Make a grid with its first draft."""
    form = await desk.form()
    rows, places, errors = read_rows(desk, form)
    name = form.get("name", "").strip()
    if len(name) < 2:
        errors["name"] = desk.words("fees.name_short")
    body = {"name": name, "effective_on": form.get("effective_on", ""), "rows": rows}
    key = form.get("idempotency_key")
    made, errors = await _write(desk, "post", "/v1/fee-grids", body, key, errors, places)
    if made is not None:
        return desk.go(f"/fees/{made['id']}")
    return _new(desk, form, errors, rows=_row_count(form) or EMPTY_ROWS, status=422)


@get("/fees/{grid_id:str}")
async def grid_page(desk: Desk, grid_id: str) -> Response[bytes]:
    """Show one grid."""
    return await _show_grid(desk, grid_id, {}, {})


@post("/fees/{grid_id:str}/versions", status_code=200)
async def make_version(desk: Desk, grid_id: str) -> Response[bytes]:
    """Begin the next version."""
    form = await desk.form()
    made, errors = await _write(
        desk,
        "post",
        f"/v1/fee-grids/{path_part(grid_id)}/versions",
        {"effective_on": form.get("effective_on", "")},
        form.get("idempotency_key"),
        {},
    )
    if made is not None:
        return desk.go(f"/fees/versions/{made['id']}")
    return await _show_grid(desk, grid_id, form, errors, status=422)


@post("/fees/{grid_id:str}/companies", status_code=200)
async def assign_grid(desk: Desk, grid_id: str) -> Response[bytes]:
    """Let a company pay by the grid."""
    form = await desk.form()
    body = {"company": form.get("company", "").strip()[:40]}
    path = f"/v1/fee-grids/{path_part(grid_id)}/companies"
    made, errors = await _write(desk, "post", path, body, None, {})
    if made is not None:
        return desk.go(f"/fees/{path_part(grid_id)}")
    return await _show_grid(desk, grid_id, form, errors, status=422)


@get("/fees/versions/{version_id:str}")
async def version_page(desk: Desk, version_id: str) -> Response[bytes]:
    """Show one version; a draft in its editor."""
    found = await _version(desk, version_id)
    done = desk.request.query_params.get("done", "")
    return _show_version(desk, found, _form_of(desk, found), {}, done=done)


@post("/fees/versions/{version_id:str}/rows", status_code=200)
async def edit_version(desk: Desk, version_id: str) -> Response[bytes]:
    """Replace the rows of a draft."""
    form = await desk.form()
    try:
        made, errors = await _save_rows(desk, version_id, form)
    except GatewayProblem as problem:
        return await _changed(desk, version_id, problem)
    if made is not None:
        return desk.go(f"/fees/versions/{made['id']}?done=saved")
    found = await _version(desk, version_id)
    return _show_version(desk, found, dict(form), errors, rows=_row_count(form), status=422)


@post("/fees/versions/{version_id:str}/acts", status_code=200)
async def move_version(desk: Desk, version_id: str) -> Response[bytes]:
    """Submit, approve, send back or withdraw; what was edited on the page is saved first."""
    form = await desk.form()
    act = form.get("act", "")
    revision, errors = revision_of(form), dict[str, str]()
    try:
        if form.get("edited"):
            saved, errors = await _save_rows(desk, version_id, form)
            revision = {} if saved is None else {"revision": saved["revision"]}
        if not errors:
            reason = form.get("reason", "").strip()
            path = f"/v1/fee-versions/{path_part(version_id)}/{act if act in _ACTS else 'submit'}"
            made, errors = await _write(
                desk, "post", path, {"reason": reason, **revision}, _key(form, "a"), {}
            )
            if made is not None:
                return desk.go(f"/fees/versions/{made['id']}")
    except GatewayProblem as problem:
        return await _changed(desk, version_id, problem)
    found = await _version(desk, version_id)
    typed = dict(form) if form.get("edited") else {"reason": form.get("reason", "")}
    rows = _row_count(form) if form.get("edited") else None
    return _show_version(desk, found, _form_of(desk, found) | typed, errors, rows=rows, status=422)


@get("/fees/versions/{version_id:str}/preview")
async def preview_page(desk: Desk, version_id: str) -> Response[bytes]:
    """Show what payments would have cost: last month's, or those of the last thirty days."""
    recent = desk.request.query_params.get("days") == "30"
    today = desk.now.astimezone(PARIS).date()
    days = [("first", (today - timedelta(days=29)).isoformat()), ("last", today.isoformat())]
    path = f"/v1/fee-versions/{path_part(version_id)}"
    shown = await desk.gateway.get(f"{path}/preview", days if recent else ())
    return _page(desk, "fees/preview.html", x=await desk.gateway.get(path), p=shown, recent=recent)


def read_rows(desk: Desk, form: dict[str, str]) -> tuple[list[Json], list[int], dict[str, str]]:
    """Return the rows that were typed, the place of each in the form, and what is wrong by its field.

    A row marked for removal goes; so does one without a rate, a fixed part or a minimum.
    """
    rows: list[Json] = []
    places: list[int] = []
    errors: dict[str, str] = {}
    for number in range(_row_count(form)):
        name = f"r{number}."
        typed = [form.get(f"{name}{column}", "").strip() for column in ("rate", "fixed", "minimum")]
        if form.get(f"{name}remove") or not any(typed):
            continue
        values: list[int] = []
        for column, text in zip(("rate", "fixed", "minimum"), typed, strict=True):
            bound = RATE_BP_MAX if column == "rate" else AMOUNT_MINOR_MAX
            try:
                # A rate of 0,35 % is 35 basis points, just as 0,35 € is 35 cents: one reading serves both.
                value = parse_amount(text.rstrip("% ").rstrip(NARROW) or "0")
            except AmountMalformed:
                value = bound + 1
            if value > bound:
                errors[f"{name}{column}"] = desk.words(
                    "fees.rate_malformed" if column == "rate" else "fees.amount_malformed"
                )
            values.append(value)
        places.append(number)
        rows.append(
            {
                "brand": form.get(f"{name}brand", ""),
                "region": form.get(f"{name}region", ""),
                "card_type": form.get(f"{name}card_type", ""),
                "rate_bp": values[0],
                "fixed_minor": values[1],
                "minimum_minor": values[2],
            }
        )
    return rows, places, errors


def percent_of(rate_bp: int, locale: str) -> str:
    """Return basis points as a percentage of two decimals."""
    text = plain_amount(rate_bp, "EUR", locale)
    return f"{text}{NARROW}%" if locale == "fr" else f"{text}%"


async def _save_rows(desk: Desk, version_id: str, form: dict[str, str]) -> tuple[Json | None, dict[str, str]]:
    """Write the rows that were typed; return the version, or what is wrong by the form's fields."""
    rows, places, errors = read_rows(desk, form)
    body = {"effective_on": form.get("effective_on", ""), "rows": rows, **revision_of(form)}
    path = f"/v1/fee-versions/{path_part(version_id)}"
    return await _write(desk, "patch", path, body, _key(form, "r"), errors, places)


async def _changed(desk: Desk, version_id: str, problem: GatewayProblem) -> Response[bytes]:
    """Show the newest version and who wrote it. Raises: the problem, when it is another one."""
    stale = stale_of(problem, f"/fees/versions/{path_part(version_id)}")
    if stale is None:
        raise problem
    found = await _version(desk, version_id)
    return _show_version(desk, found, _form_of(desk, found), {}, stale=stale, status=409)


def _key(form: dict[str, str], step: str) -> str | None:
    """Return the key of one step: the page has one, and an act may save before it acts."""
    return f"{form['idempotency_key']}{step}" if form.get("idempotency_key") else None


async def _write(
    desk: Desk,
    method: Literal["post", "patch"],
    path: str,
    body: Json,
    key: str | None,
    errors: dict[str, str],
    places: list[int] | None = None,
) -> tuple[Json | None, dict[str, str]]:
    """Write, unless something is wrong already; return the answer, or what is wrong by the form's fields."""
    if "effective_on" in body and not _DAY.fullmatch(body["effective_on"]):
        errors = {**errors, "effective_on": desk.words("contract.day_malformed")}
    if errors:
        return None, errors
    try:
        send = desk.gateway.post if method == "post" else desk.gateway.patch
        return await send(path, body, idempotency_key=key or None), {}
    except GatewayProblem as problem:
        if problem.is_beyond_the_form or problem.code == "changed_meanwhile":
            raise
        for one in problem.errors:
            found = _ROW_FIELD.match(one.field)
            known = found is not None and places is not None and int(found[1]) < len(places)
            field = f"r{places[int(found[1])]}.rate" if known and found and places else one.field
            errors[field] = say(desk, one.code, problem.detail)
        return None, errors or {"": problem.detail}


def _row_count(form: dict[str, str]) -> int:
    numbers = [int(name[1:].split(".")[0]) for name in form if re.match(r"r\d{1,2}\.brand$", name)]
    return min(max(numbers, default=-1) + 1, ROWS_MAX + EMPTY_ROWS)


def _form_of(desk: Desk, found: Json) -> dict[str, Any]:
    form: dict[str, Any] = {"effective_on": found["effective_on"]}
    for number, row in enumerate(found["rows"]):
        form |= {f"r{number}.{column}": row[column] for column in ("brand", "region", "card_type")}
        for column, value in (
            ("rate", row["rate_bp"]),
            ("fixed", row["fixed_minor"]),
            ("minimum", row["minimum_minor"]),
        ):
            form[f"r{number}.{column}"] = plain_amount(value, "EUR", desk.locale)
    return form


async def _version(desk: Desk, version_id: str) -> Json:
    return await desk.gateway.get(f"/v1/fee-versions/{path_part(version_id)}")


async def _show_grid(
    desk: Desk, grid_id: str, form: dict[str, Any], errors: dict[str, str], *, status: int = 200
) -> Response[bytes]:
    found = await desk.gateway.get(f"/v1/fee-grids/{path_part(grid_id)}")
    return _page(desk, "fees/grid.html", status=status, x=found, form=form, errors=errors, key=new_key())


def _show_version(
    desk: Desk,
    found: Json,
    form: dict[str, Any],
    errors: dict[str, str],
    *,
    rows: int | None = None,
    done: str = "",
    stale: Stale | None = None,
    status: int = 200,
) -> Response[bytes]:
    return _page(
        desk,
        "fees/version.html",
        status=status,
        x=found,
        form=form,
        errors=errors,
        stale=stale,
        row_count=rows if rows is not None else min(len(found["rows"]) + EMPTY_ROWS, ROWS_MAX),
        done=done,
        key=new_key(),
    )


def _new(
    desk: Desk, form: dict[str, Any], errors: dict[str, str], *, rows: int, status: int = 200
) -> Response[bytes]:
    return _page(
        desk, "fees/new.html", status=status, form=form, errors=errors, row_count=rows, key=new_key()
    )


def _page(desk: Desk, template: str, *, status: int = 200, **facts: Any) -> Response[bytes]:
    return desk.page(
        template,
        status=status,
        day=lambda text: day_of(desk.locale, text),
        percent=lambda rate_bp: percent_of(rate_bp, desk.locale),
        brands=BRANDS,
        regions=REGIONS,
        card_types=CARD_TYPES,
        **facts,
    )


HANDLERS = (
    grids_page,
    new_grid_page,
    make_grid,
    grid_page,
    make_version,
    assign_grid,
    version_page,
    edit_version,
    move_version,
    preview_page,
)
