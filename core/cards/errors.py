"""Refusals of cards, with stable codes."""

from core.contracts.cards import CardTokenId
from core.contracts.refusals import Refused


class CardTokenRefused(Refused):
    """The token cannot be spent: `why` is unknown (another's looks the same), spent or expired."""

    def __init__(self, token_id: bytes, why: str) -> None:
        super().__init__("card_token_refused", {"token": CardTokenId(token_id).text, "why": why})
        self.why = why


class CardTriesTooMany(Refused):
    """So many cards were tried for the order today or in all, or today by its payer, that no more are."""

    def __init__(self) -> None:
        super().__init__("card_tries_too_many")
