"""Reversals, advices, completions and totals: one request to core each, answered after core's reply.

No reply means silence: the terminal keeps its message and repeats it. A false answer would make it forget.
"""

import time
from collections.abc import Callable

import msgspec
import structlog

from core.bus import Bus, BusError, BusRefused
from core.contracts.payment import AuthoriseReply, TotalsReply
from core.contracts.subjects import BOOK, REVERSE, TOTALS
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.message_types import FinancialKind
from edge.shell.connection import TerminalConnection
from edge.shell.ids import AttemptIds
from edge.shell.limits import REQUEST_TIMEOUT_S
from edge.translate.advice import from_advice
from edge.translate.answers import begin_answer, finish_booking
from edge.translate.completion import from_completion_or_advice
from edge.translate.fields import Arrival
from edge.translate.reversal import from_reversal
from edge.translate.totals import finish_totals, from_totals
from observability import metrics

NOT_SUPPORTED = "40"

_encode = msgspec.msgpack.Encoder().encode
_decode_reply = msgspec.msgpack.Decoder(AuthoriseReply).decode
_decode_totals = msgspec.msgpack.Decoder(TotalsReply).decode
_log = structlog.get_logger("edge.requests")


class Requests:
    """What is asked of core one by one."""

    def __init__(self, *, bus: Bus, keys: SecurityModule, ids: AttemptIds) -> None:
        self._bus = bus
        self._keys = keys
        self._ids = ids
        self._silent = metrics.EDGE_UNANSWERED.child("no_reply")

    def submit(
        self, connection: TerminalConnection, message: Message, kind: FinancialKind, tpdu: bytes, today: int
    ) -> None:
        """Take a request of a signed-on terminal. Raises: RequestRefused; then nothing of it was taken."""
        metrics.EDGE_MESSAGES.child(kind).n += 1
        received_at_us = time.time_ns() // 1000
        arrival = Arrival(self._ids.next(received_at_us), connection.terminal_id, received_at_us, today)
        answer = begin_answer(message)
        match kind:
            case "reversal" | "reversal_advice":
                subject, request = REVERSE, from_reversal(message, arrival, self._keys)
                finish = _finish_booking
            case "authorisation_advice":
                subject, request, finish = BOOK, from_advice(message, arrival, self._keys), _finish_booking
            case "financial_advice":
                subject, request = BOOK, from_completion_or_advice(message, arrival, self._keys)
                finish = _finish_booking
            case "totals" | "totals_advice":
                subject, request, finish = TOTALS, from_totals(message, arrival), _totals_finisher(message)
            case _:
                answer[39] = NOT_SUPPORTED
                connection.request_done()
                connection.send(answer, tpdu)
                return
        self._ask(connection, subject, _encode(request), answer, tpdu, finish, received_at_us, kind)

    def _ask(
        self,
        connection: TerminalConnection,
        subject: str,
        payload: bytes,
        answer: Message,
        tpdu: bytes,
        finish: Callable[[Message, bytes], None],
        received_at_us: int,
        kind: FinancialKind,
    ) -> None:
        def answered(reply: bytes | None, error: BusError | None) -> None:
            connection.request_done()
            if reply is None:
                self._silent.n += 1
                _log.warning("request_unanswered", subject=subject, cause=type(error).__name__)
                return
            try:
                finish(answer, reply)
            except msgspec.DecodeError:
                self._silent.n += 1
                _log.error("reply_malformed", subject=subject)
                return
            metrics.EDGE_SECONDS.child(kind).observe(time.time_ns() // 1000 - received_at_us)
            metrics.EDGE_ANSWERS.child("booking" if connection.send(answer, tpdu) else "undeliverable").n += 1

        try:
            self._bus.request_soon(subject, payload, timeout_s=REQUEST_TIMEOUT_S, answered=answered)
        except BusRefused as error:
            answered(None, error)


def _finish_booking(answer: Message, payload: bytes) -> None:
    finish_booking(answer, _decode_reply(payload))


def _totals_finisher(message: Message) -> Callable[[Message, bytes], None]:
    of_credits = (75 in message or 87 in message) and 77 not in message and 89 not in message

    def finish(answer: Message, payload: bytes) -> None:
        finish_totals(answer, _decode_totals(payload), reversals_of_credits=of_credits)

    return finish
