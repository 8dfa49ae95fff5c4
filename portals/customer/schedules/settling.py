"""An unpaid is settled: chosen, paid by the card of the order or by another one, and told how it went (S2.36 to S2.42)."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.visit import Visit

_TOKEN_CHARACTERS_MAX: Final = 60


@get("/schedules/{order_id:str}/settle")
async def choose(visit: Visit, order_id: str) -> Response[bytes]:
    """Show in how many parts what is unpaid may be settled."""
    return _choose(visit, await _settlement(visit, order_id))


@post("/schedules/{order_id:str}/settle", status_code=200)
async def pay(visit: Visit, order_id: str) -> Response[bytes]:
    """Pay by the card of the order, or lead to where another one is typed."""
    form = await visit.form()
    parts = form.choice("parts", ("1", "2", "3"))
    if not parts:
        form.error("parts", "settle.choose")
        return _choose(visit, await _settlement(visit, order_id), form)
    body = {"parts": int(parts), "amount": _amount(form)}
    if form["by"] == "other":
        opened = await form.post(f"{_api(order_id)}/frame", body, keyed=False)
        if opened is None:
            return _choose(visit, await _settlement(visit, order_id), form)
        return visit.page(
            "schedules/settle_on.html", word="type", address=opened["address"], order_id=order_id, amount=None
        )
    return await _pay(visit, order_id, form, body)


@get("/schedules/{order_id:str}/settle/card")
async def confirm(visit: Visit, order_id: str) -> Response[bytes]:
    """Show what is paid by the card that was typed a moment ago: the card frame leads here with its token."""
    return _confirm(visit, await _settlement(visit, order_id), _token(visit))


@post("/schedules/{order_id:str}/settle/card", status_code=200)
async def pay_by_other(visit: Visit, order_id: str) -> Response[bytes]:
    """Pay by the card that was typed."""
    form = await visit.form()
    token = form["card_token"][:_TOKEN_CHARACTERS_MAX]
    parts = form.choice("parts", ("1", "2", "3"), "1")
    body = {"parts": int(parts), "amount": _amount(form), "token": token}
    return await _pay(visit, order_id, form, body)


@get("/schedules/{order_id:str}/settle/back")
async def come_back(visit: Visit, order_id: str) -> Response[bytes]:
    """Go on when the customer is back from their bank: it acts once, however often it is asked."""
    await visit.gateway.post(f"{_api(order_id)}/continue", {})
    return visit.go(_result(order_id))


@get("/schedules/{order_id:str}/settle/result")
async def result(visit: Visit, order_id: str) -> Response[bytes]:
    """Say how it went: accepted, rejected with the number to call, or still under way."""
    settlement = await _settlement(visit, order_id)
    latest = settlement.get("latest")
    if latest is not None and latest["state"] == "asked":
        # Decided at the bank, or too late there, and nobody came back to say so: it acts once, however often it is asked.
        settlement = await visit.gateway.post(f"{_api(order_id)}/continue", {})
        latest = settlement["latest"]
    if latest is None or latest["state"] == "asked":
        return visit.go(f"/schedules/{path_part(order_id)}")
    if latest["state"] == "challenge":
        return visit.page(
            "schedules/settle_on.html",
            word="bank",
            address=latest["redirect"],
            order_id=order_id,
            amount=latest["first"],
        )
    order = await visit.gateway.get(f"/v1/me/orders/{path_part(order_id)}")
    return visit.page(
        "schedules/settle_result.html",
        settlement=settlement,
        latest=latest,
        order=order,
        next_part=next((each for each in order["settling"] if each["state"] == "upcoming"), None),
        line=await _collections_line(visit),
        refusal=_refusal(visit, latest),
    )


async def _pay(visit: Visit, order_id: str, form: Form, body: Json) -> Response[bytes]:
    paid = await form.post(f"{_api(order_id)}/pay", body)
    if paid is None:
        return _choose(visit, await _settlement(visit, order_id), form)
    return visit.go(_result(order_id))


def _choose(visit: Visit, settlement: Json, form: Form | None = None) -> Response[bytes]:
    status = 200 if form is None else form.status
    return visit.page("schedules/settle.html", status=status, settlement=settlement, form=form)


def _confirm(visit: Visit, settlement: Json, token: str) -> Response[bytes]:
    latest = settlement.get("latest")
    if not token or latest is None or latest["state"] != "asked":
        return visit.go(f"/schedules/{settlement['order']}/settle")
    return visit.page("schedules/settle_confirm.html", settlement=settlement, latest=latest, token=token)


async def _settlement(visit: Visit, order_id: str) -> Json:
    return await visit.gateway.get(_api(order_id))


async def _collections_line(visit: Visit) -> Json | None:
    """Return the telephone of the collections service as it is configured; None where none is offered."""
    try:
        offers = await visit.gateway.get("/v1/contact/offers")
    except GatewayProblem:
        return None
    return next((each for each in offers["data"] if each["way"] == "collections" and each["link"]), None)


def _refusal(visit: Visit, latest: Json) -> str:
    if not latest.get("refusal"):
        return ""
    known = visit.words.get(f"settle.refusal_{latest['refusal']}", "")
    return known or visit.words("settle.refusal_other")


def _amount(form: Form) -> dict[str, Any]:
    """Return what the page said was unpaid: another sum is refused before anything is debited."""
    digits = form["amount"]
    minor = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else 0
    return {"amount": max(1, minor), "currency": "EUR"}


def _token(visit: Visit) -> str:
    return visit.request.query_params.get("card_token", "")[:_TOKEN_CHARACTERS_MAX]


def _api(order_id: str) -> str:
    return f"/v1/me/orders/{path_part(order_id)}/settlement"


def _result(order_id: str) -> str:
    return f"/schedules/{path_part(order_id)}/settle/result"


HANDLERS: tuple[ControllerRouterHandler, ...] = (choose, pay, confirm, pay_by_other, come_back, result)
