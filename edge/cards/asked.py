"""What the desk asks of this process on the bus: an authentication by the issuer, and a security code it has in memory."""

import asyncio
from typing import Any, Final

import msgspec
import structlog

from core.bus import Bus, BusRefused
from core.contracts.cards import (
    AUTHENTICATE,
    FRAMES_QUEUE,
    Authenticate,
    Authenticated,
    CardTokenId,
    SealedCode,
    TakeCode,
    code_subject,
)
from core.contracts.subjects import is_inbox_of
from edge.cards.codes import SecurityCodes
from edge.cards.issuers import Issuers
from edge.keys import SecurityModule

RUNNING_MAX: Final = 128
SECURITY_CODE_FIELD: Final = 48
"""Additional data, private: the card verification value of a payment without the card, behind its element and length."""

_encode = msgspec.msgpack.Encoder().encode
_log = structlog.get_logger("edge.cards.asked")


class Asked:
    """Listens from the first moment on; `stop` lets go."""

    def __init__(
        self, *, bus: Bus, keys: SecurityModule, codes: SecurityCodes, issuers: Issuers, frame: str
    ) -> None:
        self._bus = bus
        self._keys = keys
        self._codes = codes
        self._issuers = issuers
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions = [
            bus.subscribe(AUTHENTICATE, self._on_authenticate, FRAMES_QUEUE),
            bus.subscribe(code_subject(frame), self._on_code),
        ]

    def stop(self) -> None:
        """Take nothing new."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()

    def _on_authenticate(self, _subject: str, reply: str, payload: bytes) -> None:
        if not is_inbox_of("desk", reply):
            return
        if len(self._tasks) >= RUNNING_MAX:
            self._say(reply, Authenticated("U"))
            return
        task = asyncio.create_task(self._authenticate(reply, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _authenticate(self, reply: str, payload: bytes) -> None:
        try:
            asked = msgspec.msgpack.decode(payload, type=Authenticate)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("asked_malformed", error=type(error).__name__)
            return
        self._say(reply, await self._issuers.authenticate(asked))

    def _on_code(self, _subject: str, reply: str, payload: bytes) -> None:
        if not is_inbox_of("desk", reply):
            return
        try:
            asked = msgspec.msgpack.decode(payload, type=TakeCode)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("asked_malformed", error=type(error).__name__)
            return
        code = self._codes.take(CardTokenId(asked.token).text)
        sealed = b""
        if code is not None:
            # Mastercard, Customer Interface Specification, DE 48, subelement 92.
            sealed = self._keys.seal_sensitive({SECURITY_CODE_FIELD: f"92{len(code):02d}{code}"})
        self._say(reply, SealedCode(sealed))

    def _say(self, reply: str, answer: Any) -> None:
        try:
            self._bus.publish(reply, _encode(answer))
        except BusRefused as error:
            _log.warning("answer_refused", limit=error.limit)
