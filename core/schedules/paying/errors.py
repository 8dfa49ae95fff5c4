"""Refusals of payments of orders."""

from core.contracts.orders import OrderState
from core.contracts.refusals import Refused


class OrderNotPayable(Refused):
    """The order does not wait for a first payment: it was paid, or it is over."""

    def __init__(self, state: OrderState) -> None:
        super().__init__("order_not_payable", {"state": state})


class NotSoldAtADistance(Refused):
    """The company, or the store of the order, has no e-commerce service in use."""

    def __init__(self) -> None:
        super().__init__("order_without_service")


class CardFramesTooMany(Refused):
    """So many pages are open for the order that another would be of no use."""

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__("card_frames_too_many", {"retry_after_s": retry_after_s})


class PaymentUnderWay(Refused):
    """Nobody knows yet what became of the last payment: no other card is asked before."""

    def __init__(self) -> None:
        super().__init__("order_payment_under_way", {"retry_after_s": 15})
