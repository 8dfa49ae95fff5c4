"""Cards that people type into the card frame: what the frame and the desk ask each other, and identifiers (EDG-7).

All are msgpack arrays (positional): append new fields at the end only. The frame sends the hash of what stands in the
address of its page, so that nobody but the browser and the frame has the address itself.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from core.contracts.ids import Id
from core.contracts.payment import Amount, Ciphertext, Code, Currency, SealedCard, Sensitive
from core.contracts.payment import Id as IdBytes
from core.contracts.subjects import FrameRequest

Purpose: TypeAlias = Literal["purchase", "change", "settlement"]
"""What a card is typed for: to buy, in the place of another card, to settle what is unpaid."""

Language: TypeAlias = Literal["fr", "en"]
SessionState: TypeAlias = Literal["open", "used", "expired", "unknown"]
Tokenising: TypeAlias = Literal[
    "made", "used", "expired", "unknown", "malformed", "brand_refused", "card_expired", "card_ends_too_soon"
]
"""What became of a card that was typed: a token, or why not."""

AuthenticationState: TypeAlias = Literal[
    "asked", "challenged", "authenticated", "attempted", "failed", "abandoned", "timed_out", "unavailable"
]
"""`attempted`: the issuer vouches without having authenticated; fraud is its to bear, as of one that is authenticated."""

TransactionStatus: TypeAlias = Literal["Y", "A", "C", "N", "R", "U"]
"""EMV 3-D Secure 2.2, table A.1, transStatus: authenticated, attempted, challenge, not, rejected, could not."""

ProtocolId = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[A-Za-z0-9-]*\Z")]
SecretHash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
FrameName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9-]+\Z")]


class CardId(Id, kind="stored_card", prefix="crd"):
    """A card that is kept."""


class CardTokenId(Id, kind="card_token", prefix="ctk"):
    """A card that was typed, good once."""


class AuthenticationId(Id, kind="authentication", prefix="aut"):
    """An authentication of a card's holder."""


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


class Authenticate(msgspec.Struct, array_like=True, frozen=True):
    """The desk asks the frame, which has the number, to ask the issuer to authenticate a card's holder (3-D Secure)."""

    id: IdBytes
    ciphertext: Ciphertext
    expiry: Code  # YYMM
    amount_minor: Amount  # 0: nothing is paid now
    currency: Currency
    payee: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    language: Language


class Authenticated(msgspec.Struct, array_like=True, frozen=True):
    """What the issuer answered at once, in the letters of EMV 3-D Secure; empty texts for what it did not say."""

    status: TransactionStatus
    acs_id: ProtocolId = ""
    directory_id: ProtocolId = ""
    eci: Annotated[str, msgspec.Meta(max_length=2)] = ""
    proof: Annotated[str, msgspec.Meta(max_length=40)] = ""
    acs_url: Annotated[str, msgspec.Meta(max_length=500)] = ""


class AskChallenge(msgspec.Struct, array_like=True, frozen=True):
    """Where the holder of a card is challenged."""

    id: IdBytes


class Challenge(msgspec.Struct, array_like=True, frozen=True):
    """Where a browser goes with what; of an unknown one only its state says something."""

    state: AuthenticationState | Literal["unknown"]
    acs_url: str = ""
    acs_id: str = ""
    return_url: str = ""
    language: Language = "fr"
    payee: str = ""


class Returned(msgspec.Struct, array_like=True, frozen=True):
    """The issuer's word on a challenge, signed by it, as it came back: with the browser, or from server to server."""

    id: IdBytes
    acs_id: ProtocolId
    directory_id: ProtocolId
    path: Literal["browser", "server"]
    status: TransactionStatus
    is_cancelled: bool = False  # by the holder
    eci: Annotated[str, msgspec.Meta(max_length=2)] = ""
    proof: Annotated[str, msgspec.Meta(max_length=40)] = ""


class ReturnTaken(msgspec.Struct, array_like=True, frozen=True):
    """What became of it, how the authentication stands now, and where the browser goes."""

    outcome: Literal["decided", "stood", "unknown"]
    state: AuthenticationState | Literal["unknown"] = "unknown"
    return_url: str = ""
    language: Language = "fr"


class TakeCode(msgspec.Struct, array_like=True, frozen=True):
    """The desk asks the frame that has it for the security code of a token, for the first payment. Once."""

    token: IdBytes


class SealedCode(msgspec.Struct, array_like=True, frozen=True):
    """Sealed for the host link, as what a terminal sends beside a card is; empty where it is no longer known."""

    sensitive: Sensitive = b""


SESSION: Final = FrameRequest("core.cards.session", AskSession, FrameSession)
TOKENISE: Final = FrameRequest("core.cards.tokenise", Tokenise, Tokenised)
CHALLENGE: Final = FrameRequest("core.cards.challenge", AskChallenge, Challenge)
RETURNED: Final = FrameRequest("core.cards.returned", Returned, ReturnTaken)
FRAME_REQUESTS: Final = (SESSION, TOKENISE, CHALLENGE, RETURNED)
"""All that the card frame asks, and nobody else does."""

AUTHENTICATE: Final = "edge.cards.authenticate"
"""Authenticate -> Authenticated, queue group `frames`: the desk alone asks it of the card frame."""


FRAMES_QUEUE: Final = "frames"


def code_subject(frame: str) -> str:
    """Return where a frame is asked for a code that it has in memory: TakeCode -> SealedCode, by the desk alone."""
    return f"edge.cards.code.{frame}"
