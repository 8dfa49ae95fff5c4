"""Refusals of settlements."""

from core.contracts.my_settlements import CardProblem
from core.contracts.orders import OrderState
from core.contracts.refusals import Refused


class NothingToSettle(Refused):
    """Nothing of the schedule is unpaid: it was paid meanwhile, or never was."""

    def __init__(self, state: OrderState) -> None:
        super().__init__("settlement_nothing_unpaid", {"state": state})


class SettlementUnderWay(Refused):
    """Nobody knows yet what became of the last first part: nothing else is asked before."""

    def __init__(self) -> None:
        super().__init__("settlement_under_way", {"retry_after_s": 15})


class SettlementAmountChanged(Refused):
    """What is unpaid is another sum than the customer was shown."""

    def __init__(self, *, amount_minor: int, currency: str) -> None:
        super().__init__("settlement_amount_changed", {"amount_minor": amount_minor, "currency": currency})


class SettlementOvertaken(Refused):
    """Another tab began anew meanwhile: this one is over."""

    def __init__(self) -> None:
        super().__init__("settlement_overtaken")


class SettlementCardUnusable(Refused):
    """The card of the order cannot pay the parts: another one is to be typed."""

    def __init__(self, why: CardProblem) -> None:
        super().__init__("settlement_card_unusable", {"why": why})


class SettlementsTooMany(Refused):
    """So many settlements were begun today, or pages are open for them, that another would be of no use."""

    def __init__(self) -> None:
        super().__init__("settlements_too_many")
