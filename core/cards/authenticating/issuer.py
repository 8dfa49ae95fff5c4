"""The port to a card's issuer, and the way through the card frame, which has the number."""

from typing import Final, Protocol

import msgspec
import structlog

from core.bus import Bus, BusError
from core.contracts.cards import (
    AUTHENTICATE,
    Authenticate,
    Authenticated,
    SealedCode,
    TakeCode,
    code_subject,
)

ANSWER_TIMEOUT_S: Final = 12.0
CODE_TIMEOUT_S: Final = 2.0

_log = structlog.get_logger("core.cards")


class Issuer(Protocol):
    """Whoever can have a card's issuer authenticate its holder."""

    async def authenticate(self, asked: Authenticate) -> Authenticated:
        """Return the issuer's answer: status U where it could not be asked, or gave none that can be read."""
        ...


class IssuerByFrame:
    """Asks the card frame, which opens the card and asks the scheme's directory server."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def authenticate(self, asked: Authenticate) -> Authenticated:
        """Issuer."""
        try:
            reply = await self._bus.request(AUTHENTICATE, msgspec.msgpack.encode(asked), ANSWER_TIMEOUT_S)
            return msgspec.msgpack.decode(reply, type=Authenticated)
        except (BusError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("issuer_unavailable", cause=type(error).__name__)
            return Authenticated("U")


async def take_security_code(bus: Bus, *, token_id: bytes, frame: str) -> bytes:
    """Return the security code of a token, sealed for the host link of its first payment; empty where it is not known.

    Never to be stored: it goes with the payment, as the PIN block of a terminal does, and is asked for once.
    """
    if not frame:
        return b""
    try:
        asked = msgspec.msgpack.encode(TakeCode(bytes(token_id)))
        reply = await bus.request(code_subject(frame), asked, CODE_TIMEOUT_S)
        return msgspec.msgpack.decode(reply, type=SealedCode).sensitive
    except (BusError, msgspec.DecodeError, UnicodeDecodeError) as error:
        _log.warning("security_code_unknown", cause=type(error).__name__)
        return b""
