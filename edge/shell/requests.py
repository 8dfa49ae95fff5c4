"""Reversals, advices, completions and totals: one request to core each, answered after core's reply.

No reply means silence: the terminal keeps its message and repeats it. A false answer would make it forget.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

from core.bus import Bus, BusError, BusRefused
from core.contracts.payment import REFUSED_FACT, AuthoriseReply
from core.contracts.subjects import EngineRequest
from core.values.edition1987 import NOT_SUPPORTED
from core.values.ids import AttemptIds
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.session import TerminalRequest
from edge.shell.connection import TerminalConnection
from edge.shell.limits import REQUEST_TIMEOUT_S
from edge.translate.fields import Arrival
from edge.translate.refused import from_refused
from edge.translate.terminal_messages import TERMINAL_MESSAGES, TerminalMessage
from observability import metrics

_encode = msgspec.msgpack.Encoder().encode
_DECODERS: Final[dict[type, Callable[[bytes], Any]]] = {
    request.reply: msgspec.msgpack.Decoder(request.reply).decode
    for row in TERMINAL_MESSAGES
    if (request := row.request) is not None
}
_decode_reply = msgspec.msgpack.Decoder(AuthoriseReply).decode
_log = structlog.get_logger("edge.requests")


class Requests:
    """What is asked of core one by one."""

    def __init__(self, *, bus: Bus, keys: SecurityModule, ids: AttemptIds) -> None:
        self._bus = bus
        self._keys = keys
        self._ids = ids
        self._silent = metrics.EDGE_UNANSWERED.child("no_reply")

    def submit(
        self, connection: TerminalConnection, asked: TerminalRequest[TerminalMessage], today: int
    ) -> None:
        """Take a request of a signed-on terminal. Raises: RequestRefused; then nothing of it was taken."""
        message, row, tpdu = asked
        answer = row.begin(message)
        if (request := row.request) is None:
            answer[39] = NOT_SUPPORTED
            connection.request_done()
            connection.send(answer, tpdu)
            return
        received_at_us = time.time_ns() // 1000
        arrival = Arrival(self._ids.next(received_at_us), connection.terminal_id, received_at_us, today)
        payload = _encode(row.translate(message, arrival, self._keys))

        def finish(reply: bytes) -> None:
            row.finish(answer, _DECODERS[request.reply](reply))
            metrics.EDGE_SECONDS.child(row.name).observe(time.time_ns() // 1000 - received_at_us)

        self._ask(connection, request, payload, answer, tpdu, finish)

    def keep_refused(
        self,
        connection: TerminalConnection,
        message: Message,
        answer: Message,
        tpdu: bytes,
        today: int,
        *,
        field: int,
    ) -> None:
        """Answer a message in flight that tells of what has happened and is refused, once a person can see it."""
        received_at_us = time.time_ns() // 1000
        arrival = Arrival(self._ids.next(received_at_us), connection.terminal_id, received_at_us, today)
        refused = from_refused(message, arrival, field=field, response_code=str(answer[39]))
        self._ask(connection, REFUSED_FACT, _encode(refused), answer, tpdu, _decode_reply)

    def _ask(
        self,
        connection: TerminalConnection,
        request: EngineRequest,
        payload: bytes,
        answer: Message,
        tpdu: bytes,
        finish: Callable[[bytes], object],
    ) -> None:
        """Send the answer once core has replied and `finish` has read the reply, which it refuses by DecodeError."""

        def answered(reply: bytes | None, error: BusError | None) -> None:
            connection.request_done()
            if reply is None:
                self._silent.n += 1
                _log.warning("request_unanswered", subject=request.subject, cause=type(error).__name__)
                return
            try:
                finish(reply)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._silent.n += 1
                _log.error("reply_malformed", subject=request.subject)
                return
            is_sent = connection.send(answer, tpdu)
            metrics.EDGE_ANSWERS.child(request.sort if is_sent else "undeliverable").n += 1

        try:
            self._bus.request_soon(request.subject, payload, timeout_s=REQUEST_TIMEOUT_S, answered=answered)
        except BusRefused as error:
            answered(None, error)
