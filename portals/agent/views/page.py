"""Saved views: keep the list as it is shown, choose how it opens, delete."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.transactions.filters import Filters, read_filters
from portals.agent.views.loading import LISTS, address_of, load_views
from portals.kit.forms import Form
from portals.kit.lists import Act, Column, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

LIST = ListPage(
    "/views",
    "views.title",
    (
        Column("name", "views.name", "cell"),
        Column("list", "views.list", "cell"),
        Column("owner", "views.owner", path="owner.name"),
        Column("shared", "views.shared", "cell"),
        Column("acts acts-cell", "exports.actions", "cell"),
    ),
    css="kept-views",
    rows=0,
    none=("views.none", "views.none_text"),
    none_act=Act("/transactions", "exports.to_list"),
    template="views/views.html",
)


@get("/views")
async def views_page(visit: Visit) -> Response[bytes]:
    """Show every view that one may use."""
    return await _show(visit)


@post("/views", status_code=200)
async def save_view(visit: Visit) -> Response[bytes]:
    """Keep the filters and columns of the transactions list under a name."""
    form = await visit.form()
    filters = read_filters(form.sent)
    body = {
        "list": "transactions",
        "name": form["name"],
        "filters": filters.kept_in_view(with_dates=form["own_dates"] == "1"),
        "columns": list(filters.columns),
        "shared_role": form["shared_role"] or None,
    }
    if not body["name"]:
        form.error("", "views.name_missing")
    made = await form.post("/v1/views", body)
    if made is not None:
        return visit.done(address_of(made, filters), "done.view_saved", name=body["name"])
    if form.problem is not None:
        form.errors = {"": " ".join(form.errors.values())}
    return await _show(visit, form)


@post("/views/{view_id:str}/delete", status_code=200)
async def delete_view(visit: Visit, view_id: str) -> Response[bytes]:
    """Delete one of one's own views."""
    await visit.form()
    return await visit.delete(f"/v1/views/{path_part(view_id)}", "/views", "done.view_deleted")


@post("/views/default", status_code=200)
async def choose_default(visit: Visit) -> Response[bytes]:
    """Open a list with a view from now on, or plainly."""
    form = await visit.form()
    await visit.gateway.post(
        "/v1/views/default",
        {"list": form.choice("list", tuple(LISTS), "transactions"), "view": form["view"] or None},
    )
    return visit.done("/views", "done.default_chosen")


async def _show(visit: Visit, form: Form | None = None) -> Response[bytes]:
    found = await asyncio.gather(*(load_views(visit, viewed) for viewed in LISTS))
    rows = [view | {"href": address_of(view, Filters())} for views in found for view in views]
    return LIST.draw(visit, LIST.of(rows), form=form)


HANDLERS = (views_page, save_view, delete_view, choose_default)
