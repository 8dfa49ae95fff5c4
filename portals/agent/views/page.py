"""Saved views: keep the list as it is shown, choose how it opens, delete."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.transactions.filters import Filters, read_filters
from portals.agent.views.loading import LISTS, address_of, load_views
from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem
from portals.kit.records import path_part


@get("/views")
async def views_page(desk: Desk) -> Response[bytes]:
    """Show every view that one may use."""
    return await _show(desk)


@post("/views", status_code=200)
async def save_view(desk: Desk) -> Response[bytes]:
    """Keep the filters and columns of the transactions list under a name."""
    form = await desk.form()
    filters = read_filters(await _pairs(desk))
    body = {
        "list": "transactions",
        "name": form.get("name", "").strip(),
        "filters": filters.kept_in_view(with_dates=form.get("own_dates") == "1"),
        "columns": list(filters.columns),
        "shared_role": form.get("shared_role") or None,
    }
    try:
        made = await desk.gateway.post("/v1/views", body)
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        return await _show(desk, error=problem.detail)
    return desk.go(address_of(made, filters))


@post("/views/{view_id:str}/delete", status_code=200)
async def delete_view(desk: Desk, view_id: str) -> Response[bytes]:
    """Delete one of one's own views."""
    await desk.form()
    await desk.gateway.delete(f"/v1/views/{path_part(view_id)}")
    return desk.go("/views")


@post("/views/default", status_code=200)
async def choose_default(desk: Desk) -> Response[bytes]:
    """Open a list with a view from now on, or plainly."""
    form = await desk.form()
    viewed = form.get("list", "")
    await desk.gateway.post(
        "/v1/views/default",
        {"list": viewed if viewed in LISTS else "transactions", "view": form.get("view") or None},
    )
    return desk.go("/views")


async def _show(desk: Desk, *, error: str = "") -> Response[bytes]:
    found = await asyncio.gather(*(load_views(desk, viewed) for viewed in LISTS))
    views = [view for views in found for view in views]
    return desk.page(
        "views/views.html",
        status=422 if error else 200,
        views=[(view, address_of(view, Filters())) for view in views],
        error=error,
    )


async def _pairs(desk: Desk) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in (await desk.request.form()).multi_items()]


HANDLERS = (views_page, save_view, delete_view, choose_default)
