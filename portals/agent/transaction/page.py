"""One transaction: its own page, and the same record as a side panel; refund and cancel."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from portals.agent.transaction.record import load_record
from portals.kit.desk import Desk
from portals.kit.formats import AmountMalformed, parse_amount, whole_number
from portals.kit.gateway import GatewayDown, GatewayProblem
from portals.kit.reasons import says_why
from portals.kit.records import path_part

PROGRESS_TRIES_MAX = 60
_PENDING = ("received", "sent")


@get("/transactions/{transaction_id:str}")
async def transaction_page(desk: Desk, transaction_id: str) -> Response[bytes]:
    """Show the transaction; `done` and `refund` say what an action has just begun."""
    record = await load_record(desk, transaction_id)
    query = desk.request.query_params
    refund_id = query.get("refund", "")
    begun = await desk.gateway.get(f"/v1/transactions/{path_part(refund_id)}") if refund_id else None
    return _show(desk, record, done=query.get("done", ""), begun=begun)


@get("/transactions/{transaction_id:str}/progress")
async def progress(desk: Desk, transaction_id: str) -> Response[bytes]:
    """Show where a refund stands; the part asks again by itself until the host has answered."""
    tries = desk.request.query_params.get("tries", "0")
    begun = await desk.gateway.get(f"/v1/transactions/{path_part(transaction_id)}")
    return desk.page(
        "transaction/progress.html",
        begun=begun,
        pending=begun.get("state") in _PENDING,
        tries=min(whole_number(tries) or 0, PROGRESS_TRIES_MAX) + 1,
        tries_max=PROGRESS_TRIES_MAX,
    )


@post("/transactions/{transaction_id:str}/refund", status_code=200)
async def refund(desk: Desk, transaction_id: str) -> Response[bytes]:
    """Ask for a refund; the page then says what the gateway said, nothing sooner."""
    form = await desk.form()
    record = await load_record(desk, transaction_id)
    currency = record["tx"]["amount"]["currency"]
    errors: dict[str, str] = {}
    amount = 0
    try:
        amount = parse_amount(form.get("amount", ""), currency)
        if amount == 0:
            errors["refund-amount"] = desk.words("action.amount_zero")
    except AmountMalformed:
        errors["refund-amount"] = desk.words("action.amount_malformed")
    if not says_why(form.get("reason", "")):
        errors["refund-reason"] = desk.words("action.reason_short")
    if errors:
        return _refused(desk, record, errors, form, action="refund")
    try:
        begun = await desk.gateway.post(
            f"/v1/transactions/{path_part(transaction_id)}/refund",
            {"amount": {"amount": amount, "currency": currency}, "reason": form["reason"].strip()},
            idempotency_key=form.get("idempotency_key", "")[:255] or None,
        )
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        field = "refund-amount" if problem.code == "refund_above_captured" else ""
        return _refused(desk, record, {field: problem.detail}, form, action="refund")
    except GatewayDown:
        return _maybe_under_way(desk, await load_record(desk, transaction_id), form, action="refund")
    if str(begun["id"]).startswith("apr_"):
        return desk.go(f"/transactions/{path_part(transaction_id)}?done=approval")
    return desk.go(f"/transactions/{path_part(transaction_id)}?done=refund&refund={begun['id']}")


@post("/transactions/{transaction_id:str}/cancel", status_code=200)
async def cancel(desk: Desk, transaction_id: str) -> Response[bytes]:
    """Ask for a cancellation."""
    form = await desk.form()
    reason = form.get("reason", "").strip()
    if not says_why(reason):
        errors = {"cancel-reason": desk.words("action.reason_short")}
        return _refused(desk, await load_record(desk, transaction_id), errors, form, action="cancel")
    try:
        await desk.gateway.post(
            f"/v1/transactions/{path_part(transaction_id)}/cancel",
            {"reason": reason},
            idempotency_key=form.get("idempotency_key", "")[:255] or None,
        )
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        return _refused(
            desk, await load_record(desk, transaction_id), {"": problem.detail}, form, action="cancel"
        )
    except GatewayDown:
        return _maybe_under_way(desk, await load_record(desk, transaction_id), form, action="cancel")
    return desk.go(f"/transactions/{path_part(transaction_id)}?done=cancel")


def _refused(
    desk: Desk, record: dict[str, Any], errors: dict[str, str], form: dict[str, str], *, action: str
) -> Response[bytes]:
    """Show the record again with the form open, what was typed, and a fresh key: the body will change."""
    kept = {"action": action, "amount": form.get("amount", ""), "reason": form.get("reason", "")}
    return _show(desk, {**record, "errors": errors, "form": kept}, status=422)


def _maybe_under_way(
    desk: Desk, record: dict[str, Any], form: dict[str, str], *, action: str
) -> Response[bytes]:
    """Show the record with the form as it was sent and its key: sent again, it is done once."""
    sent = {**record, "idempotency_key": form.get("idempotency_key") or record["idempotency_key"]}
    return _refused(desk, sent, {"": desk.words("action.maybe_under_way")}, form, action=action)


def _show(
    desk: Desk, record: dict[str, Any], *, status: int = 200, done: str = "", begun: Any = None
) -> Response[bytes]:
    template = "transaction/record.html" if desk.wants_fragment else "transaction/transaction.html"
    pending = bool(begun) and begun.get("state") in _PENDING
    return desk.page(
        template,
        status=status,
        record=record,
        done=done,
        begun=begun,
        pending=pending,
        tries=0,
        tries_max=PROGRESS_TRIES_MAX,
    )


HANDLERS = (transaction_page, progress, refund, cancel)
