"""One transaction: its own page, and the same record as a side panel; refund and cancel."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from portals.agent.transaction.record import load_record
from portals.kit.formats import AmountMalformed, parse_amount, whole_number
from portals.kit.forms import KEY, Form
from portals.kit.gateway import GatewayDown, Json
from portals.kit.records import path_part
from portals.kit.visit import Visit

PROGRESS_TRIES_MAX = 60
_PENDING = ("received", "sent")


@get("/transactions/{transaction_id:str}")
async def transaction_page(visit: Visit, transaction_id: str) -> Response[bytes]:
    """Show the transaction; `refund` is one that has just begun."""
    record = await load_record(visit, transaction_id)
    refund_id = visit.request.query_params.get("refund", "")
    # An address may name any other transaction; only a refund of this one is told of here.
    is_ours = any(one["id"] == refund_id for one in record["tx"].get("related") or ())
    begun = await visit.gateway.get(f"/v1/transactions/{path_part(refund_id)}") if is_ours else None
    return _show(visit, record, begun=begun)


@get("/transactions/{transaction_id:str}/progress")
async def progress(visit: Visit, transaction_id: str) -> Response[bytes]:
    """Show where a refund stands; the part asks again by itself until the host has answered."""
    tries = visit.request.query_params.get("tries", "0")
    begun = await visit.gateway.get(f"/v1/transactions/{path_part(transaction_id)}")
    return visit.page(
        "transaction/progress.html",
        begun=begun,
        pending=begun.get("state") in _PENDING,
        original=next((one["id"] for one in begun.get("related") or () if one["relation"] == "original"), ""),
        tries=min(whole_number(tries) or 0, PROGRESS_TRIES_MAX) + 1,
        tries_max=PROGRESS_TRIES_MAX,
    )


@post("/transactions/{transaction_id:str}/refund", status_code=200)
async def refund(visit: Visit, transaction_id: str) -> Response[bytes]:
    """Ask for a refund; the page then says what the gateway said, nothing sooner."""
    form = await visit.form()
    record = await load_record(visit, transaction_id)
    currency = record["tx"]["amount"]["currency"]
    amount: int | None = None
    try:
        amount = parse_amount(form["amount"], currency)
    except AmountMalformed:
        form.error("amount", "action.amount_malformed")
    if amount == 0:
        form.error("amount", "action.amount_zero")
    body = {"amount": {"amount": amount, "currency": currency}, "reason": form.reason()}
    begun = await _ask(transaction_id, form, "refund", body)
    if begun is None:
        return await _refused(visit, transaction_id, form, "refund")
    if str(begun["id"]).startswith("apr_"):
        return visit.done(f"/transactions/{path_part(transaction_id)}", "approvals.sent_text")
    return visit.go(f"/transactions/{path_part(transaction_id)}?refund={begun['id']}")


@post("/transactions/{transaction_id:str}/cancel", status_code=200)
async def cancel(visit: Visit, transaction_id: str) -> Response[bytes]:
    """Ask for a cancellation."""
    form = await visit.form()
    body = {"reason": form.reason()}
    if await _ask(transaction_id, form, "cancel", body) is None:
        return await _refused(visit, transaction_id, form, "cancel")
    return visit.done(f"/transactions/{path_part(transaction_id)}", "action.cancel_done")


async def _ask(transaction_id: str, form: Form, act: str, body: Json) -> Json | None:
    """Ask for money to move. Without an answer it may be under way: the form keeps its key, so that it moves once."""
    try:
        begun = await form.post(f"/v1/transactions/{path_part(transaction_id)}/{act}", body)
    except GatewayDown:
        form.error("", "action.maybe_under_way")
        return None
    if form.problem is not None:
        above = form.problem.code == "refund_above_captured"
        form.errors = {"amount" if above else "": form.problem.detail}
    if begun is None:
        # The body will change, so the key does.
        form.fields.pop(KEY, None)
    return begun


async def _refused(visit: Visit, transaction_id: str, form: Form, act: str) -> Response[bytes]:
    """Show the record again with the form open and what was typed."""
    form.fields["action"] = act
    return _show(visit, await load_record(visit, transaction_id), form)


def _show(visit: Visit, record: Json, form: Form | None = None, *, begun: Any = None) -> Response[bytes]:
    template = "transaction/record.html" if visit.wants_fragment else "transaction/transaction.html"
    pending = bool(begun) and begun.get("state") in _PENDING
    return visit.page(
        template,
        record=record,
        form=form,
        begun=begun,
        pending=pending,
        tries=0,
        tries_max=PROGRESS_TRIES_MAX,
    )


HANDLERS = (transaction_page, progress, refund, cancel)
