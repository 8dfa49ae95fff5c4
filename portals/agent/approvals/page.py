"""What waits for a second person: to decide, asked for, decided."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.agent.approvals.limits import limits_of, read_limit, refused_limit
from portals.kit.desk import Desk, local_path
from portals.kit.gateway import GatewayDown, GatewayProblem, Json
from portals.kit.reasons import says_why
from portals.kit.records import path_part

VIEWS = ("to_decide", "asked", "decided")
PAGE_ROWS = 25


@get("/approvals")
async def approvals_page(desk: Desk) -> Response[bytes]:
    """Show what waits for this agent, or with `?view=` what they asked for or decided."""
    query = desk.request.query_params
    return await _show(
        desk, query.get("view", ""), done=query.get("done", ""), cursor=query.get("cursor", "")
    )


@post("/approvals/{approval_id:str}/approve", status_code=200)
async def approve(desk: Desk, approval_id: str) -> Response[bytes]:
    """Approve; the refund leaves at once."""
    return await _decide(desk, approval_id, "approve")


@post("/approvals/{approval_id:str}/refuse", status_code=200)
async def refuse(desk: Desk, approval_id: str) -> Response[bytes]:
    """Refuse with a reason."""
    return await _decide(desk, approval_id, "refuse")


@post("/approvals/{approval_id:str}/withdraw", status_code=200)
async def withdraw(desk: Desk, approval_id: str) -> Response[bytes]:
    """Take back what this agent asked for."""
    return await _decide(desk, approval_id, "withdraw")


@post("/approvals/limits", status_code=200)
async def set_limit(desk: Desk) -> Response[bytes]:
    """Set up to how much one person may refund alone."""
    form = await desk.form()
    body, errors = read_limit(desk, form)
    if not errors:
        try:
            await desk.gateway.post("/v1/approval-limits", body)
        except GatewayProblem as problem:
            if problem.status == 401:
                raise
            errors = refused_limit(desk, problem)
    if errors:
        return await _show(desk, "to_decide", errors=errors, kept={"limit": form})
    return desk.go("/approvals?done=limit")


async def _decide(desk: Desk, approval_id: str, act: str) -> Response[bytes]:
    form = await desk.form()
    reason = form.get("reason", "").strip()
    approval_id = path_part(approval_id)
    errors: dict[str, str] = {}
    if act == "refuse" and not says_why(reason):
        errors[f"reason-{approval_id}"] = desk.words("action.reason_short")
    else:
        try:
            await desk.gateway.post(
                f"/v1/approvals/{approval_id}/{act}", {"reason": reason} if reason else {}
            )
        except GatewayDown:
            # The decision may stand and its result may not be known yet: the list says which.
            errors[""] = desk.words("approvals.under_way")
        except GatewayProblem as problem:
            if problem.status == 401:
                raise
            errors[""] = problem.detail
    if errors:
        kept: Json = {"act": act, "id": approval_id, "reason": reason}
        return await _show(desk, "asked" if act == "withdraw" else "to_decide", errors=errors, kept=kept)
    return desk.go(_with_done(local_path(form.get("return")), act))


async def _show(
    desk: Desk,
    view: str,
    *,
    done: str = "",
    cursor: str = "",
    errors: dict[str, str] | None = None,
    kept: Json | None = None,
) -> Response[bytes]:
    view = view if view in VIEWS else "to_decide"
    parameters = [("view", view), ("limit", str(PAGE_ROWS))]
    listed, limits = await asyncio.gather(
        desk.gateway.get("/v1/approvals", parameters + ([("cursor", cursor[:400])] if cursor else [])),
        limits_of(desk),
    )
    return desk.page(
        "approvals/approvals.html",
        status=422 if errors else 200,
        approvals=listed["data"],
        limits=limits,
        next_cursor=listed.get("next_cursor"),
        view=view,
        done=done,
        errors=errors or {},
        kept=kept or {},
    )


def _with_done(address: str, act: str) -> str:
    """Return the page the form stood on, told what was done."""
    if not address.startswith(("/approvals", "/transactions/")):
        address = "/approvals"
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part.startswith("view=")]
    return f"{path}?{'&'.join([*kept, f'done={act}'])}"


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    approvals_page,
    set_limit,
    approve,
    refuse,
    withdraw,
)
