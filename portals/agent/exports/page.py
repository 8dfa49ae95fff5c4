"""Exports: ask for one with the filters of the list, find it again, fetch it, give it up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from litestar import Response, get, post
from litestar.response import Stream

from portals.agent.transactions.filters import PERIODS, Filters, read_filters
from portals.kit.files import pass_file
from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.lists import Act, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import EXPORT_COLUMNS

USUAL = frozenset(EXPORT_COLUMNS) - {"department", "reason", "entry_mode", "decided_at"}
_UNDER_WAY = ("waiting", "running")
_RECORDS = ("store", "terminal")
_NUMBERS = ("amount_min", "amount_max")
_PROBLEMS = {"min": "amount_malformed", "max": "amount_malformed", "terminal": "terminal_malformed"}


LIST = ListPage(
    "/exports",
    "exports.title",
    acts=(Act("/exports/new", "exports.new"),),
    none=("exports.none", "exports.none_text"),
    none_act=Act("/transactions", "exports.to_list"),
    template="exports/exports.html",
)


@get("/exports")
async def exports_page(visit: Visit) -> Response[bytes]:
    """Show the exports; while one is under way the list refreshes itself."""
    shown = await LIST.read(visit)
    for export in shown.data:
        total = export.get("rows_total")
        export["percent"] = int(100 * export["rows_done"] / total) if total else None
    return LIST.draw(
        visit,
        shown,
        template="exports/list.html" if visit.wants_fragment else "",
        under_way=any(export["state"] in _UNDER_WAY for export in shown.data),
        labels=await _labels(visit, [pair for export in shown.data for pair in export["filter"].items()]),
    )


@get("/exports/new")
async def new_export_page(visit: Visit) -> Response[bytes]:
    """Show what would be exported, with the filters that the list had."""
    return await _form(visit, read_filters(visit.request.query_params.multi_items()))


@post("/exports", status_code=200)
async def ask_export(visit: Visit) -> Response[bytes]:
    """Ask for an export and show it among the others."""
    form = await visit.form()
    filters = read_filters(form.sent)
    for name in filters.problems:
        word = _PROBLEMS.get(name)
        form.error(name, f"filters.{word}" if word else "exports.date_malformed")
    body: Json = {
        "format": form.fields.get("format", "csv"),
        "compressed": form["compressed"] == "1",
        "locale": visit.locale,
    }
    if not form.errors:
        body["filter"] = _filter(visit, filters)
    if chosen := [name for name in form.chosen("columns") if name in EXPORT_COLUMNS]:
        body["columns"] = chosen
    if await form.post("/v1/exports", body) is None:
        if form.problem is not None:
            form.errors = {"": form.problem.detail}
        return await _form(visit, filters, form)
    return visit.done("/exports", "done.export_asked")


@post("/exports/{export_id:str}/cancel", status_code=200)
async def cancel_export(visit: Visit, export_id: str) -> Response[bytes]:
    """Stop an export or give its file back."""
    await visit.form()
    return await visit.delete(f"/v1/exports/{path_part(export_id)}", "/exports", "done.export_ended")


@get("/exports/{export_id:str}/download")
async def download_export(visit: Visit, export_id: str) -> Stream:
    """Pass the file on, chunk by chunk: nothing of it is kept here."""
    return await pass_file(visit, f"/v1/exports/{path_part(export_id)}/download")


async def _form(visit: Visit, filters: Filters, form: Form | None = None) -> Response[bytes]:
    period = "today" if filters.period == "live" else filters.period
    narrowed = [
        (name, value)
        for name, value in filters.list_parameters(now=visit.now, limit=1)
        if name not in ("limit", "from", "to", "cursor")
    ]
    chosen = [name for name in form.chosen("columns") if name in EXPORT_COLUMNS] if form is not None else []
    return visit.page(
        "exports/new.html",
        filters=filters,
        period=period,
        periods=[one for one in PERIODS if one != "live"],
        columns=EXPORT_COLUMNS,
        chosen=chosen or [name for name in EXPORT_COLUMNS if name in USUAL],
        form=form,
        narrowed=narrowed,
        labels=await _labels(visit, narrowed),
    )


async def _labels(visit: Visit, pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Return what the stores and terminals of these filters are called; one that is out of reach keeps its identifier."""
    paths = {value: f"/v1/{name}s/{path_part(value)}" for name, value in pairs if name in _RECORDS}
    answers = await asyncio.gather(*map(visit.gateway.get, paths.values()), return_exceptions=True)
    labels: dict[str, str] = {}
    for identifier, answer in zip(paths, answers, strict=True):
        if isinstance(answer, GatewayProblem):
            continue
        if isinstance(answer, BaseException):
            raise answer
        labels[identifier] = answer.get("name") or answer["terminal"]
    return labels


def _filter(visit: Visit, filters: Filters) -> dict[str, Any]:
    """Return the filter of the API; what the list calls live is exported as today."""
    left_out = ("limit", "cursor")
    pairs = filters.list_parameters(now=visit.now, limit=1)
    return {name: int(value) if name in _NUMBERS else value for name, value in pairs if name not in left_out}


HANDLERS = (exports_page, new_export_page, ask_export, cancel_export, download_export)
