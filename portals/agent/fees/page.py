"""Grids of fees: the list, one grid, the editor of a draft, approval, and what a version would have cost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from litestar import Response, get, post

from portals.agent.contracts.making import CODES
from portals.kit.formats import NARROW, PARIS, AmountMalformed, basis_points, parse_amount, plain_amount
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import CARD_BRANDS, CARD_REGIONS, CARD_TYPES, FEE_ACTS

ROWS_MAX = 45
EMPTY_ROWS = 4
RATE_BP_MAX = 2_000
AMOUNT_MINOR_MAX = 100_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ROW_FIELD = re.compile(r"rows\[(\d+)\]")


LIST = ListPage(
    "/fees",
    "fees.title",
    (
        Column("name", "fees.name", "link"),
        Column("force", "fees.in_force", "cell"),
        Column("coming", "fees.coming", "cell"),
        Column("count", "fees.companies", "count", "companies"),
    ),
    api="/v1/fee-grids",
    css="grids",
    rows=0,
    acts=(Act("/fees/new", "fees.new", "fees.write", primary=True),),
    none=("fees.none", "fees.none_text"),
    none_act=Act("/fees/new", "fees.new", "fees.write"),
    template="fees/grids.html",
)


@get("/fees")
async def grids_page(visit: Visit) -> Response[bytes]:
    """Show every grid."""
    return await LIST.show(visit)


@get("/fees/new")
async def new_grid_page(visit: Visit) -> Response[bytes]:
    """Show the form of a new grid with a row for each brand that everybody takes."""
    fields: dict[str, Any] = {"effective_on": visit.now.astimezone(PARIS).date().isoformat()}
    for number, brand in enumerate(("cb", "visa", "mastercard")):
        fields |= {f"r{number}.brand": brand, f"r{number}.region": "eea", f"r{number}.card_type": "debit"}
    return _new(visit, visit.filled(fields), rows=3 + EMPTY_ROWS)


@post("/fees/new", status_code=200)
async def make_grid(visit: Visit) -> Response[bytes]:
    """Make a grid with its first draft."""
    form = await visit.form()
    if len(form["name"]) < 2:
        form.error("name", "fees.name_short")
    rows, places = read_rows(form)
    body = {"name": form["name"], "effective_on": _effective_on(form), "rows": rows}
    made = await form.post("/v1/fee-grids", body, wording=_wording_of(places))
    if made is not None:
        return visit.done(f"/fees/{made['id']}", "done.grid_made")
    return _new(visit, form, rows=_row_count(form) or EMPTY_ROWS)


@get("/fees/{grid_id:str}")
async def grid_page(visit: Visit, grid_id: str) -> Response[bytes]:
    """Show one grid."""
    return await _show_grid(visit, grid_id)


@post("/fees/{grid_id:str}/versions", status_code=200)
async def make_version(visit: Visit, grid_id: str) -> Response[bytes]:
    """Begin the next version."""
    form = await visit.form()
    body = {"effective_on": _effective_on(form)}
    made = await form.post(f"/v1/fee-grids/{path_part(grid_id)}/versions", body, wording=_wording_of())
    if made is None:
        return await _show_grid(visit, grid_id, form)
    return visit.done(f"/fees/versions/{made['id']}", "done.version_begun")


@post("/fees/{grid_id:str}/companies", status_code=200)
async def assign_grid(visit: Visit, grid_id: str) -> Response[bytes]:
    """Let a company pay by the grid."""
    form = await visit.form()
    body = {"company": form["company"][:40]}
    made = await form.post(f"/v1/fee-grids/{path_part(grid_id)}/companies", body, wording=_wording_of())
    if made is None:
        return await _show_grid(visit, grid_id, form)
    return visit.done(f"/fees/{path_part(grid_id)}", "done.grid_assigned")


@get("/fees/versions/{version_id:str}")
async def version_page(visit: Visit, version_id: str) -> Response[bytes]:
    """Show one version; a draft in its editor."""
    found = await _version(visit, version_id)
    return _show_version(visit, found, visit.filled(_fields_of(visit, found)))


@post("/fees/versions/{version_id:str}/rows", status_code=200)
async def edit_version(visit: Visit, version_id: str) -> Response[bytes]:
    """Replace the rows of a draft."""
    form = await visit.form()
    made = await _save_rows(visit, version_id, form)
    if made is not None:
        return visit.done(f"/fees/versions/{made['id']}", "fees.saved")
    rows = None if form.stale else _row_count(form)
    return _show_version(visit, await _version(visit, version_id), form, rows=rows)


@post("/fees/versions/{version_id:str}/acts", status_code=200)
async def move_version(visit: Visit, version_id: str) -> Response[bytes]:
    """Submit, approve, send back or withdraw; what was edited on the page is saved first."""
    form = await visit.form()
    edited, revision, act = form["edited"], form.revision, form.choice("act", FEE_ACTS, "submit")
    if edited:
        saved = await _save_rows(visit, version_id, form)
        revision = {} if saved is None else {"revision": saved["revision"]}
    made = await form.post(
        f"/v1/fee-versions/{path_part(version_id)}/{act}",
        {"reason": form["reason"], **revision},
        wording=_wording_of(),
        record=f"/fees/versions/{path_part(version_id)}",
        fresh=lambda: _fresh(visit, version_id),
        step="a",
    )
    if made is not None:
        return visit.done(f"/fees/versions/{made['id']}", f"done.fees_{act}")
    found = await _version(visit, version_id)
    if not form.stale:
        typed = form.fields if edited else {"reason": form["reason"]}
        form.fields = _fields_of(visit, found) | typed
    return _show_version(visit, found, form, rows=_row_count(form) if edited and not form.stale else None)


@get("/fees/versions/{version_id:str}/preview")
async def preview_page(visit: Visit, version_id: str) -> Response[bytes]:
    """Show what payments would have cost: last month's, or those of the last thirty days."""
    recent = visit.request.query_params.get("days") == "30"
    today = visit.now.astimezone(PARIS).date()
    days = [("first", (today - timedelta(days=29)).isoformat()), ("last", today.isoformat())]
    path = f"/v1/fee-versions/{path_part(version_id)}"
    shown = await visit.gateway.get(f"{path}/preview", days if recent else ())
    return _page(visit, "fees/preview.html", x=await visit.gateway.get(path), p=shown, recent=recent)


def read_rows(form: Form) -> tuple[list[Json], list[int]]:
    """Return the rows that were typed and the place of each in the form; what is wrong is noted by its field.

    A row marked for removal goes; so does one without a rate, a fixed part or a minimum.
    """
    rows: list[Json] = []
    places: list[int] = []
    for number in range(_row_count(form)):
        name = f"r{number}."
        typed = [form[f"{name}{column}"] for column in ("rate", "fixed", "minimum")]
        if form[f"{name}remove"] or not any(typed):
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
                form.error(
                    f"{name}{column}", "fees.rate_malformed" if column == "rate" else "fees.amount_malformed"
                )
            values.append(value)
        places.append(number)
        rows.append(
            {
                **{column: form[f"{name}{column}"] for column in ("brand", "region", "card_type")},
                "rate_bp": values[0],
                "fixed_minor": values[1],
                "minimum_minor": values[2],
            }
        )
    return rows, places


async def _save_rows(visit: Visit, version_id: str, form: Form) -> Json | None:
    """Write the rows that were typed; return the version, None when something is wrong."""
    rows, places = read_rows(form)
    return await form.patch(
        f"/v1/fee-versions/{path_part(version_id)}",
        {"effective_on": _effective_on(form), "rows": rows},
        wording=_wording_of(places),
        record=f"/fees/versions/{path_part(version_id)}",
        fresh=lambda: _fresh(visit, version_id),
        # The page has one key, and an act may save before it acts.
        step="r",
    )


def _effective_on(form: Form) -> str:
    if not _DAY.fullmatch(form["effective_on"]):
        form.error("effective_on", "contract.day_malformed")
    return form["effective_on"]


def _wording_of(places: list[int] | None = None) -> Wording:
    """Return how a refusal is said, where the rows of the body stand at these places of the form."""

    def field_of(name: str) -> str:
        found = _ROW_FIELD.match(name)
        known = found is not None and places is not None and int(found[1]) < len(places)
        return f"r{places[int(found[1])]}.rate" if known and found and places else name

    return Wording(field_of=field_of, codes=CODES)


def _row_count(form: Form) -> int:
    numbers = [int(name[1:].split(".")[0]) for name in form if re.match(r"r\d{1,2}\.brand$", name)]
    return min(max(numbers, default=-1) + 1, ROWS_MAX + EMPTY_ROWS)


async def _fresh(visit: Visit, version_id: str) -> dict[str, Any]:
    return _fields_of(visit, await _version(visit, version_id))


def _fields_of(visit: Visit, found: Json) -> dict[str, Any]:
    fields: dict[str, Any] = {"effective_on": found["effective_on"]}
    for number, row in enumerate(found["rows"]):
        fields |= {f"r{number}.{column}": row[column] for column in ("brand", "region", "card_type")}
        for column, value in (
            ("rate", row["rate_bp"]),
            ("fixed", row["fixed_minor"]),
            ("minimum", row["minimum_minor"]),
        ):
            fields[f"r{number}.{column}"] = plain_amount(value, "EUR", visit.locale)
    return fields


async def _version(visit: Visit, version_id: str) -> Json:
    return await visit.gateway.get(f"/v1/fee-versions/{path_part(version_id)}")


async def _show_grid(visit: Visit, grid_id: str, form: Form | None = None) -> Response[bytes]:
    found = await visit.gateway.get(f"/v1/fee-grids/{path_part(grid_id)}")
    return _page(visit, "fees/grid.html", x=found, form=form)


def _show_version(visit: Visit, found: Json, form: Form, *, rows: int | None = None) -> Response[bytes]:
    return _page(
        visit,
        "fees/version.html",
        x=found,
        form=form,
        row_count=rows if rows is not None else min(len(found["rows"]) + EMPTY_ROWS, ROWS_MAX),
    )


def _new(visit: Visit, form: Form, *, rows: int) -> Response[bytes]:
    return _page(visit, "fees/new.html", form=form, row_count=rows)


def _page(visit: Visit, template: str, **facts: Any) -> Response[bytes]:
    return visit.page(
        template,
        percent=lambda rate_bp: basis_points(rate_bp, visit.locale),
        brands=CARD_BRANDS,
        regions=CARD_REGIONS,
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
