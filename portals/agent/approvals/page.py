"""What waits for a second person: to decide, asked for, decided."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.approvals.limits import WORDING, limits_of, read_limit
from portals.kit.forms import Form
from portals.kit.gateway import GatewayDown
from portals.kit.lists import Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

VIEWS = ("to_decide", "asked", "decided")


LIST = ListPage(
    "/approvals",
    "approvals.title",
    rows=25,
    filters=(Filter("view", "tabs", options=VIEWS, words="approvals."),),
    asks=lambda _, kept: [("view", kept.get("view", VIEWS[0]))],
    template="approvals/approvals.html",
)


@get("/approvals")
async def approvals_page(visit: Visit) -> Response[bytes]:
    """Show what waits for this agent, or with `?view=` what they asked for or decided."""
    return await _show(visit)


@post("/approvals/{approval_id:str}/approve", status_code=200)
async def approve(visit: Visit, approval_id: str) -> Response[bytes]:
    """Approve; the refund leaves at once."""
    return await _decide(visit, approval_id, "approve")


@post("/approvals/{approval_id:str}/refuse", status_code=200)
async def refuse(visit: Visit, approval_id: str) -> Response[bytes]:
    """Refuse with a reason."""
    return await _decide(visit, approval_id, "refuse")


@post("/approvals/{approval_id:str}/withdraw", status_code=200)
async def withdraw(visit: Visit, approval_id: str) -> Response[bytes]:
    """Take back what this agent asked for."""
    return await _decide(visit, approval_id, "withdraw")


@post("/approvals/limits", status_code=200)
async def set_limit(visit: Visit) -> Response[bytes]:
    """Set up to how much one person may refund alone."""
    form = await visit.form()
    if await form.post("/v1/approval-limits", read_limit(form), wording=WORDING, stays=True) is not None:
        return visit.done("/approvals", "limits.done")
    return await _show(visit, form=form)


async def _decide(visit: Visit, approval_id: str, act: str) -> Response[bytes]:
    form = await visit.form()
    approval_id = path_part(approval_id)
    reason = form.reason() if act == "refuse" else form["reason"]
    path, body = f"/v1/approvals/{approval_id}/{act}", {"reason": reason} if reason else {}
    try:
        if await form.post(path, body, stays=True) is not None:
            return visit.done(_place_of(visit.local(form["return"])), f"approvals.done_{act}")
    except GatewayDown:
        # The decision may stand and its result may not be known yet: the list says which.
        form.error("", "approvals.under_way")
    if form.problem:
        form.errors = {"": form.problem.detail}
    return await _show(visit, form=form, view="asked" if act == "withdraw" else "")


async def _show(visit: Visit, *, form: Form | None = None, view: str = "") -> Response[bytes]:
    shown, limits = await asyncio.gather(
        LIST.read(visit, given={"view": view} if view else None), limits_of(visit)
    )
    view = shown.kept.get("view", VIEWS[0])
    return LIST.draw(visit, shown, limits=limits, view=view, form=form)


def _place_of(address: str) -> str:
    """Return the page that the form stood on."""
    if not address.startswith(("/approvals", "/transactions/")):
        address = "/approvals"
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part.startswith("view=")]
    return f"{path}?{kept[0]}" if kept else path


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    approvals_page,
    set_limit,
    approve,
    refuse,
    withdraw,
)
