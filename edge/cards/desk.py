"""What the card frame asks of the desk, on the bus: what a page is for, a token for a card, what an issuer's word decides."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

from core.bus import Bus, BusError
from core.contracts.cards import (
    CHALLENGE,
    FRAME_REQUESTS,
    RETURNED,
    SESSION,
    TOKENISE,
    AskChallenge,
    AskSession,
    Challenge,
    FrameSession,
    Returned,
    ReturnTaken,
    Tokenise,
    Tokenised,
)
from core.contracts.subjects import FrameRequest
from edge.cards.codes import SecurityCodes
from edge.cards.typed import TypedCard
from edge.keys import SecurityModule

ANSWER_TIMEOUT_S: Final = 5.0

_encode = msgspec.msgpack.Encoder().encode
_DECODERS: Final[dict[str, Callable[[bytes], Any]]] = {
    each.subject: msgspec.msgpack.Decoder(each.reply).decode for each in FRAME_REQUESTS
}
_log = structlog.get_logger("edge.cards.desk")


class DeskSilent(Exception):
    """The desk does not answer, or not in a way that can be read: nothing is known to have been kept."""


class Desk:
    """The way to the desk, and the keys that cards are sealed with."""

    def __init__(self, *, bus: Bus, keys: SecurityModule, codes: SecurityCodes, frame: str) -> None:
        self._bus = bus
        self._keys = keys
        self._codes = codes
        self._frame = frame

    async def session(self, secret: str) -> FrameSession:
        """Return what a page is for. Raises: DeskSilent."""
        return await self._ask(SESSION, AskSession(hash_of(secret)))

    async def tokenise(self, secret: str, card: TypedCard) -> Tokenised:
        """Return a token for a card, whose security code is kept here. Raises: DeskSilent."""
        sealed = self._keys.seal_card(card.number, card.expiry)
        made: Tokenised = await self._ask(TOKENISE, Tokenise(hash_of(secret), sealed, self._frame))
        if made.outcome == "made":
            self._codes.put(made.token, card.security_code)
        return made

    async def challenge(self, authentication_id: bytes) -> Challenge:
        """Return where a holder is challenged. Raises: DeskSilent."""
        return await self._ask(CHALLENGE, AskChallenge(bytes(authentication_id)))

    async def returned(self, word: Returned) -> ReturnTaken:
        """Return what became of an issuer's word. Raises: DeskSilent."""
        return await self._ask(RETURNED, word)

    async def _ask(self, request: FrameRequest, asked: Any) -> Any:
        try:
            reply = await self._bus.request(request.subject, _encode(asked), ANSWER_TIMEOUT_S)
            return _DECODERS[request.subject](reply)
        except (BusError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("desk_silent", subject=request.subject, cause=type(error).__name__)
            raise DeskSilent from error


def hash_of(secret: str) -> bytes:
    """Return what the desk knows a page by."""
    return hashlib.sha256(secret.encode()).digest()
