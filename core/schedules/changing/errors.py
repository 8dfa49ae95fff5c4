"""Refusals of changes of card."""

from datetime import date

from core.contracts.card_changes import CardChangeRefusal
from core.contracts.refusals import Refused


class CardNotChangeable(Refused):
    """The card may not be changed now; `until` is the last day on which it might have been, before the next debit."""

    def __init__(self, refusal: CardChangeRefusal, *, until: date | None = None) -> None:
        super().__init__(f"card_change_{refusal}", None if until is None else {"until": until.isoformat()})


class CardChangeUnderWay(Refused):
    """Another card is being verified for this order just now."""

    def __init__(self) -> None:
        super().__init__("card_change_under_way", {"retry_after_s": 15})


class CardPagesTooMany(Refused):
    """So many pages are open for changes of card of this order that another would be of no use."""

    def __init__(self) -> None:
        super().__init__("card_change_pages_too_many", {"retry_after_s": 300})


class CardTokenUseless(Refused):
    """The token is none of this change, was used, or has expired."""

    def __init__(self) -> None:
        super().__init__("card_change_token_refused")


class CardTypedElsewhere(Refused):
    """Another card was typed for this change before: it counts, and the one of this token was not taken."""

    def __init__(self) -> None:
        super().__init__("card_change_typed_elsewhere")


class NothingToCollectNow(Refused):
    """No debit has failed and waits, or the card is still the one that failed."""

    def __init__(self) -> None:
        super().__init__("card_change_nothing_waits")
