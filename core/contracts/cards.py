"""Cards that people type into the card frame: what the frame asks the desk, and identifiers (EDG-7).

All are msgpack arrays (positional): append new fields at the end only. The frame sends the hash of what stands in the
address of its page, so that nobody but the browser and the frame has the address itself.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from core.contracts.ids import Id
from core.contracts.payment import SealedCard
from core.contracts.subjects import FrameRequest

Purpose: TypeAlias = Literal["purchase", "change", "settlement"]
"""What a card is typed for: to buy, in the place of another card, to settle what is unpaid."""

Language: TypeAlias = Literal["fr", "en"]
SessionState: TypeAlias = Literal["open", "used", "expired", "unknown"]
Tokenising: TypeAlias = Literal[
    "made", "used", "expired", "unknown", "malformed", "brand_refused", "card_expired", "card_ends_too_soon"
]
"""What became of a card that was typed: a token, or why not."""

SecretHash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
FrameName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9-]+\Z")]


class CardId(Id, kind="stored_card", prefix="crd"):
    """A card that is kept."""


class CardTokenId(Id, kind="card_token", prefix="ctk"):
    """A card that was typed, good once."""


class AskSession(msgspec.Struct, array_like=True, frozen=True):
    """What a page of the frame is for."""

    secret_hash: SecretHash


class FrameSession(msgspec.Struct, array_like=True, frozen=True):
    """What the page shows, who may embed it, and where it leads; of an unknown one only its state says something."""

    state: SessionState
    purpose: Purpose = "purchase"
    origin: str = ""
    return_url: str = ""  # empty: the page tells the page around it, and no other
    language: Language = "fr"
    payee: str = ""
    amount_minor: int = -1  # -1: nothing is paid at once
    currency: str = ""
    needed_until: str = ""  # the day of the last debit, YYYY-MM-DD


class Tokenise(msgspec.Struct, array_like=True, frozen=True):
    """A card was typed: keep it sealed, for what its page was opened for."""

    secret_hash: SecretHash
    card: SealedCard
    frame: FrameName  # which process has the security code in its memory


class Tokenised(msgspec.Struct, array_like=True, frozen=True):
    """`token` is the public form of a CardTokenId where one was made."""

    outcome: Tokenising
    token: str = ""


SESSION: Final = FrameRequest("core.cards.session", AskSession, FrameSession)
TOKENISE: Final = FrameRequest("core.cards.tokenise", Tokenise, Tokenised)
FRAME_REQUESTS: Final = (SESSION, TOKENISE)
"""All that the card frame asks, and nobody else does."""
