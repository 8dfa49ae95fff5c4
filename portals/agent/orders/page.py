"""Orders: the list with its finder, one with its schedule and what happened to it, and what may be done to it."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.formats import AmountMalformed, money, parse_amount
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.lists import Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import ORDER_STATES

_WORDING = Wording(field_of=lambda field: field.partition(".")[0])

LIST = ListPage(
    "/orders",
    "orders.title",
    (
        Column("reference", "orders.reference", "link"),
        Column("state", "column.state", "cell"),
        Column("customer", "orders.customer", path="customer.name"),
        Column("company", "stores.company", path="company.name"),
        Column("amount", "orders.amount", "money"),
        Column("remaining", "orders.remaining", "money"),
        Column("next_due_on", "orders.next_due", "day"),
        Column("purchased_on", "orders.purchased", "day"),
    ),
    filters=(
        Filter("query", "words", "orders.find"),
        Filter("state", "choice", "column.state", ORDER_STATES, "state.schedule.", unset="orders.any_state"),
        Filter("company"),
        Filter("store"),
        *(
            Filter(name)
            for name in ("debited_on", "debit_outcome", "debit_reason", "debit_brand", "to_collect")
        ),
    ),
    none=("orders.none", "orders.none_text"),
    scrolls=True,
    labelled=True,
    template="orders/orders.html",
)


@get("/orders")
async def orders_page(visit: Visit) -> Response[bytes]:
    """Show the list; words, a state, a company or a store narrow it."""
    return await LIST.show(visit)


@get("/orders/{order_id:str}")
async def order_page(visit: Visit, order_id: str) -> Response[bytes]:
    """Show one order."""
    return await _show(visit, order_id)


@post("/orders/{order_id:str}/cancel", status_code=200)
async def cancel_order(visit: Visit, order_id: str) -> Response[bytes]:
    """Take an amount off it, all of it where none was typed."""
    form = await visit.form()
    body: Json = {"reason": form["reason"]}
    if form["amount"]:
        body["amount"] = {"amount": _amount(form), "currency": "EUR"}
    return await _act(visit, order_id, "cancel", body, form, "orders.done_cancelled")


@post("/orders/{order_id:str}/move", status_code=200)
async def move_instalment(visit: Visit, order_id: str) -> Response[bytes]:
    """Move the day of an instalment."""
    form = await visit.form()
    number = int(form["number"]) if form["number"].isdecimal() else 0
    body: Json = {"reason": form["reason"], "number": number, "due_on": form["due_on"]}
    return await _act(visit, order_id, "move", body, form, "orders.done_moved")


@post("/orders/{order_id:str}/pause", status_code=200)
async def pause_order(visit: Visit, order_id: str) -> Response[bytes]:
    """Debit nothing of it before a day."""
    form = await visit.form()
    body: Json = {"reason": form["reason"], "until": form["until"]}
    return await _act(visit, order_id, "pause", body, form, "orders.done_paused")


@post("/orders/{order_id:str}/resume", status_code=200)
async def resume_order(visit: Visit, order_id: str) -> Response[bytes]:
    """Debit it again."""
    form = await visit.form()
    return await _act(visit, order_id, "resume", {"reason": form["reason"]}, form, "orders.done_resumed")


@post("/orders/{order_id:str}/resend", status_code=200)
async def resend_message(visit: Visit, order_id: str) -> Response[bytes]:
    """Send a mail of it once more."""
    form = await visit.form()
    body: Json = {"reason": form["reason"], "message": form["message"]}
    return await _act(visit, order_id, "resend", body, form, "orders.done_resent")


@post("/orders/{order_id:str}/customer-view", status_code=200)
async def see_as_customer(visit: Visit, order_id: str) -> Response[bytes]:
    """Show it as its customer sees it; the audit keeps who looked."""
    form = await visit.form()
    seen = await form.post(f"/v1/orders/{path_part(order_id)}/customer-view", {})
    if seen is None:
        return await _show(visit, order_id, form)
    return visit.page("orders/seen.html", x=seen)


async def _act(visit: Visit, order_id: str, name: str, body: Json, form: Form, done: str) -> Response[bytes]:
    address = f"/orders/{path_part(order_id)}"
    made = await form.post(f"/v1{address}/{name}", body, wording=_WORDING, judged=True)
    if made is None:
        return await _show(visit, order_id, form)
    return visit.done(address, done)


async def _show(visit: Visit, order_id: str, form: Form | None = None) -> Response[bytes]:
    order = await visit.gateway.get(f"/v1/orders/{path_part(order_id)}")
    return visit.page(
        "orders/order.html", x=order, form=form, told=[_told(visit, each) for each in order["events"]]
    )


def _amount(form: Form) -> int:
    try:
        return parse_amount(form["amount"])
    except AmountMalformed:
        form.error("amount", "orders.amount_malformed")
        return 0


def _told(visit: Visit, event: Json) -> Json:
    """Return an event with who did it, and what it says."""
    by = event["person"]["name"] if event["person"] else visit.words(f"orders.by_{event['by']}")
    facts = [
        visit.words("orders.instalment", n=event["number"]) if event["number"] else "",
        money(event["amount"]["amount"], event["amount"]["currency"], visit.locale)
        if event["amount"]
        else "",
    ]
    return event | {"by_said": by, "facts": " · ".join(fact for fact in facts if fact)}


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    orders_page,
    order_page,
    cancel_order,
    move_instalment,
    pause_order,
    resume_order,
    resend_message,
    see_as_customer,
)
