"""The part of the page about what one person may do alone."""

from __future__ import annotations

from typing import Final

from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.visit import Visit

CURRENCY: Final = "EUR"
AMOUNT_MINOR_MAX: Final = 10**9
WORDING: Final = Wording(
    field_of=lambda name: name.removesuffix(".amount"),
    words={"amount": "limits.amount_bad", "reason": "action.reason_short"},
)


async def limits_of(visit: Visit) -> Json | None:
    """Return the limits, to who decides on what is above them."""
    if not visit.may("transactions.refund_approve"):
        return None
    return await visit.gateway.get("/v1/approval-limits")


def read_limit(form: Form) -> Json:
    """Return what the gateway takes; what is wrong with the fields is noted."""
    amount = form.amount("amount", "limits.amount_bad", currency=CURRENCY)
    if amount is None or amount > AMOUNT_MINOR_MAX:
        form.error("amount", "limits.amount_bad")
    return {"amount": {"amount": amount, "currency": CURRENCY}, "reason": form.reason()} | form.revision
