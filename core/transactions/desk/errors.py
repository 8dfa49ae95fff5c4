"""Refusals of what an agent asks to do with a transaction."""

from core.contracts.refusals import Refused
from core.identity.api import Doer, doer_facts


class RefundAboveCaptured(Refused):
    """The refunds together would be above what was captured."""

    def __init__(self, *, remaining_minor: int, currency: str) -> None:
        super().__init__("refund_above_captured", {"remaining_minor": remaining_minor, "currency": currency})


class PaymentOfOrder(Refused):
    """It paid an instalment: what is given back, its order says."""

    def __init__(self) -> None:
        super().__init__("payment_of_order")


class NotRefundable(Refused):
    """Its kind or state takes no refund."""

    def __init__(self, why: str) -> None:
        super().__init__("transaction_not_refundable", {"why": why})


class NotCancellable(Refused):
    """Its kind or state takes no cancellation."""

    def __init__(self, why: str, doer: Doer | None = None) -> None:
        super().__init__("transaction_not_cancellable", {"why": why, **doer_facts(doer)})
