"""Pure decisions on first payments: how one stands, and why it was not made."""

from typing import Final

from core.contracts.cards import AuthenticationState
from core.contracts.orders import NotPaid, PaymentState
from core.contracts.reasons import Reason
from core.schedules.collecting.model import DebitState

_OF_DECLINES: Final[dict[int, NotPaid]] = {
    Reason.INSUFFICIENT_FUNDS: "insufficient_funds",
    Reason.AMOUNT_LIMIT_EXCEEDED: "limit_exceeded",
    Reason.FREQUENCY_EXCEEDED: "limit_exceeded",
    Reason.EXPIRED_CARD: "card_expired",
    Reason.INVALID_CARD_NUMBER: "card_unknown",
    Reason.NO_SUCH_ISSUER: "card_unknown",
    Reason.STRONG_AUTHENTICATION_REQUIRED: "authentication_required",
    Reason.ISSUER_UNAVAILABLE: "bank_unavailable",
    Reason.SYSTEM_MALFUNCTION: "bank_unavailable",
}
"""All others are the bank's refusal of the card: which of them, whoever holds it is not told by a shop."""

_OF_AUTHENTICATIONS: Final[dict[AuthenticationState, tuple[PaymentState, NotPaid | None]]] = {
    "asked": ("under_way", None),
    "challenged": ("challenge", None),
    "authenticated": ("to_finish", None),
    "attempted": ("to_finish", None),
    "failed": ("not_authenticated", "authentication_failed"),
    "abandoned": ("not_authenticated", "authentication_abandoned"),
    "timed_out": ("not_authenticated", "authentication_timed_out"),
    "unavailable": ("not_authenticated", "authentication_unavailable"),
}


def after_debit(state: DebitState, reason: int) -> tuple[PaymentState, NotPaid | None]:
    """Return how a payment stands whose debit was made."""
    match state:
        case "approved":
            return "paid", None
        case "open":
            return "under_way", None
        case "reversed":
            return "declined", "no_answer"
        case "not_sent":
            return "declined", "try_later"
        case "declined":
            return "declined", _OF_DECLINES.get(reason, "card_refused")


def may_still_pay(state: DebitState) -> bool:
    """Return whether a debit has paid, or may have."""
    return after_debit(state, 0)[0] != "declined"


def after_authentication(state: AuthenticationState, *, fits: bool) -> tuple[PaymentState, NotPaid | None]:
    """Return how a payment stands whose debit was not made yet; `fits`: the amount is still what the holder was shown."""
    stands, why = _OF_AUTHENTICATIONS[state]
    return ("not_authenticated", "amount_changed") if stands == "to_finish" and not fits else (stands, why)
