"""The part of the page about what one person may do alone."""

from __future__ import annotations

from collections.abc import Mapping

from portals.kit.desk import Desk
from portals.kit.formats import AmountMalformed, parse_amount
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.reasons import says_why

CURRENCY = "EUR"
AMOUNT_MINOR_MAX = 10**9
_WORDS = {"amount.amount": ("amount", "limits.amount_bad"), "reason": ("reason", "action.reason_short")}


async def limits_of(desk: Desk) -> Json | None:
    """Return the limits, to who decides on what is above them."""
    if not desk.may("transactions.refund_approve"):
        return None
    return await desk.gateway.get("/v1/approval-limits")


def read_limit(desk: Desk, form: Mapping[str, str]) -> tuple[Json, dict[str, str]]:
    """Return what the gateway takes, and what is wrong with the form's fields."""
    errors: dict[str, str] = {}
    amount = 0
    try:
        amount = parse_amount(form.get("amount", ""), CURRENCY)
        if amount > AMOUNT_MINOR_MAX:
            raise AmountMalformed(form["amount"])
    except AmountMalformed:
        errors["amount"] = desk.words("limits.amount_bad")
    reason = form.get("reason", "").strip()
    if not says_why(reason):
        errors["reason"] = desk.words("action.reason_short")
    return {"amount": {"amount": amount, "currency": CURRENCY}, "reason": reason}, errors


def refused_limit(desk: Desk, problem: GatewayProblem) -> dict[str, str]:
    """Return what the gateway found wrong, by the field of the form."""
    found = [_WORDS[error.field] for error in problem.errors if error.field in _WORDS]
    return {field: desk.words(word) for field, word in found} or {"": problem.detail}
