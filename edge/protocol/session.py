"""One terminal's session: what it may ask, in which state and dialect. Bytes in, events out, and the bytes of answers.

    NEW ----sign-on----> SIGNED_ON ----sign-off----> SIGNED_OFF
     |                    ^  |  ^                        |
     |                    |  |  +--------sign-on---------+
     +------ close -------+--+----> CLOSED

The session asks for a state change with an event, and the shell answers it: `signed_on()` once the terminal has been
recognised, `signed_off()`, `close()`. An event therefore never makes a fact by itself. No socket, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from core.values.edition1987 import (
    FORMAT_ERROR,
    INVALID_TRANSACTION,
    NOT_PERMITTED_TO_TERMINAL,
    SECURITY_VIOLATION,
    UNAVAILABLE,
)
from edge.protocol.answers import (
    begin_answer,
    network_answer,
)
from edge.protocol.codec import TerminalDialect
from edge.protocol.errors import AnswerIncomplete, FieldMalformed, MessageMalformed
from edge.protocol.field import Message
from edge.protocol.framing import TPDU_BYTES, FrameReader, mirror_tpdu
from edge.protocol.limits import (
    IDLE_TIMEOUT_S,
    IN_FLIGHT_MAX,
    MALFORMED_MAX,
    MESSAGES_PER_SECOND_MAX,
    READ_DEADLINE_S,
    SIGN_ON_DEADLINE_S,
)
from edge.protocol.message_types import CUT_OVER, ECHO, KEY_EXCHANGE, SIGN_OFF, SIGN_ON


class SessionState(Enum):
    """Where a session is. CLOSED is final."""

    NEW = "new"
    SIGNED_ON = "signed_on"
    SIGNED_OFF = "signed_off"
    CLOSED = "closed"


NetworkFunction = Literal["sign_on", "sign_off", "echo", "key_exchange", "cut_over"]
RefusedReason = Literal[
    "closed",
    "not_signed_on",
    "message_type_unknown",
    "network_code_absent",
    "network_code_unknown",
    "terminal_absent",
    "terminal_changed",
    "trace_number_absent",
    "messages_per_second_max",
    "in_flight_max",
]
SessionLimit = Literal["read_deadline_s", "sign_on_deadline_s", "idle_timeout_s"]


class MessageRow(Protocol):
    """What the session reads of a row of the table of message types."""

    @property
    def path(self) -> str:
        """`network` for network management, which never counts as in flight."""
        ...


Row = TypeVar("Row", bound=MessageRow)


class TerminalRequest(NamedTuple, Generic[Row]):
    """Something to answer once it is durable. Counts as in flight until `answered` is called.

    A tuple, for it is made for every payment and a frozen dataclass costs twice as much to make.
    """

    message: Message
    row: Row
    tpdu: bytes


@dataclass(frozen=True, slots=True)
class NetworkRequest:
    """Network management. For a sign-on, `terminal_id` is who the terminal says it is: recognise it, then `signed_on`."""

    function: NetworkFunction
    message: Message
    tpdu: bytes = b""
    terminal_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The message is not taken. Send the answer; where there is none, close."""

    reason: RefusedReason
    answer: Message | None = None
    tpdu: bytes = b""
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """The frame is no message of its dialect. Send the answer; where there is none, close.

    `message`: what could be read of it.
    """

    error: MessageMalformed
    answer: Message | None = None
    tpdu: bytes = b""
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class DialectUnknown:
    """Nothing that the terminal sends can be read: close."""


OtherEvent: TypeAlias = NetworkRequest | Refused | Malformed | DialectUnknown
"""What is answered at once, or by core about the session itself."""

_TPDU_ID: Final = 0x60
_SIGNED_ON_ONLY: Final = frozenset({SessionState.SIGNED_ON})
_OPEN: Final = frozenset({SessionState.NEW, SessionState.SIGNED_ON, SessionState.SIGNED_OFF})
# The transition table: in which states each request is heard. What it leads to is in the methods of the same name.
_HEARD_IN: Final[dict[str, tuple[NetworkFunction, frozenset[SessionState]]]] = {
    SIGN_ON: ("sign_on", _OPEN),
    SIGN_OFF: ("sign_off", _SIGNED_ON_ONLY),
    ECHO: ("echo", frozenset({SessionState.SIGNED_ON, SessionState.SIGNED_OFF})),
    KEY_EXCHANGE: ("key_exchange", _SIGNED_ON_ONLY),
    CUT_OVER: ("cut_over", _SIGNED_ON_ONLY),
}
# What a refused message is answered. What is not here closes the connection.
_REFUSALS: Final[dict[RefusedReason, str]] = {
    "not_signed_on": NOT_PERMITTED_TO_TERMINAL,
    "network_code_absent": FORMAT_ERROR,
    "network_code_unknown": INVALID_TRANSACTION,
    "terminal_absent": FORMAT_ERROR,
    "terminal_changed": SECURITY_VIOLATION,
    "trace_number_absent": FORMAT_ERROR,
    "in_flight_max": UNAVAILABLE,
}


class TerminalSession(Generic[Row]):
    """The state of one connection. Times are seconds of any steady clock, the same one throughout."""

    __slots__ = (
        "_dialect",
        "_dialects",
        "_frame_since",
        "_last_heard",
        "_malformed",
        "_opened_at",
        "_reader",
        "_rows",
        "_window_count",
        "_window_start",
        "in_flight",
        "state",
        "terminal_id",
    )

    def __init__(
        self, dialects: Mapping[int, TerminalDialect], rows: Mapping[str, Row], *, now: float
    ) -> None:
        """`dialects` are found by the first byte of a message, `rows` by the four digits of its type."""
        self._dialects = dialects
        self._rows = rows
        self._dialect: TerminalDialect | None = None
        self._reader = FrameReader()
        self._malformed = 0
        self.state = SessionState.NEW
        self.terminal_id = ""
        self.in_flight = 0
        self._opened_at = now
        self._last_heard = now
        self._frame_since: float | None = None
        self._window_start = now
        self._window_count = 0

    def feed(self, data: bytes, *, now: float) -> list[bytes]:
        """Return the frames that these bytes complete; the read deadline runs from the first byte of one that has not.

        Raises: FrameRefused, with the frames before it. Take those, then close.
        """
        frames = self._reader.feed(data)
        if not self._reader.mid_frame:
            self._frame_since = None
        elif self._frame_since is None:
            self._frame_since = now
        return frames

    def receive(self, frame: bytes, *, now: float) -> TerminalRequest[Row] | OtherEvent:
        """Return what a frame asks for. Never raises for anything that a peer can send."""
        tpdu = b""
        if frame[0] == _TPDU_ID and len(frame) > TPDU_BYTES:
            tpdu, frame = frame[:TPDU_BYTES], frame[TPDU_BYTES:]
        dialect = self._dialect
        if dialect is None:
            dialect = self._dialect = self._dialects.get(frame[0])
            if dialect is None:
                return DialectUnknown()
        try:
            message = dialect.codec.decode(frame)
        except MessageMalformed as error:
            return self._refuse_malformed(frame, tpdu, dialect, error)
        if dialect.to_1987 is not None:
            message = dialect.to_1987(message)
        return self.receive_message(message, tpdu, now=now)

    def receive_message(
        self, message: Message, tpdu: bytes = b"", *, now: float
    ) -> TerminalRequest[Row] | OtherEvent:
        """Return what a message of the 1987 edition asks for."""
        if self.state is SessionState.CLOSED:
            return Refused("closed")
        self._last_heard = now
        if now - self._window_start >= 1.0:
            self._window_start, self._window_count = now, 0
        self._window_count += 1
        if self._window_count > MESSAGES_PER_SECOND_MAX:
            return Refused("messages_per_second_max")
        row = self._rows.get(message[0])  # pyright: ignore[reportArgumentType, reportCallIssue]
        if row is None:
            return Refused("message_type_unknown")
        if row.path == "network":
            return self._receive_management(message, tpdu)
        reason = self._refusal_of_request(message)
        if reason is not None:
            answer = begin_answer(message)
            answer[39] = _REFUSALS[reason]
            return Refused(reason, answer, tpdu, message)
        self.in_flight += 1
        return TerminalRequest(message, row, tpdu)

    def write(self, answer: Message, tpdu: bytes = b"") -> bytes:
        """Return the bytes of an answer in the terminal's dialect, once it has been heard.

        Raises: AnswerIncomplete, which carries the bytes to send then: a terminal is never left without an answer.
        """
        dialect = self._dialect
        assert dialect is not None
        if dialect.from_1987 is not None:
            answer = dialect.from_1987(answer)
        try:
            payload = dialect.codec.encode(answer)
        except FieldMalformed as error:
            raise AnswerIncomplete(error, _framed(_least(answer, dialect), tpdu)) from error
        return _framed(payload, tpdu)

    def signed_on(self, terminal_id: str) -> None:
        """Record that the terminal was recognised."""
        if self.state is not SessionState.CLOSED:
            self.state = SessionState.SIGNED_ON
            self.terminal_id = terminal_id

    def signed_off(self) -> None:
        """Record the sign-off. The terminal may sign on again on the same connection, within the sign-on deadline."""
        if self.state is SessionState.SIGNED_ON:
            self.state = SessionState.SIGNED_OFF
            self._opened_at = self._last_heard

    def close(self) -> None:
        """Record that the connection is gone."""
        self.state = SessionState.CLOSED

    def answered(self) -> None:
        """Record that a TerminalRequest has had its answer, or will get none."""
        if self.in_flight > 0:
            self.in_flight -= 1

    def overdue(self, *, now: float) -> SessionLimit | None:
        """Return the limit that the terminal has overrun, which closes the connection, or None."""
        if self._frame_since is not None and now - self._frame_since >= READ_DEADLINE_S:
            return "read_deadline_s"
        if self.state is not SessionState.SIGNED_ON and now - self._opened_at >= SIGN_ON_DEADLINE_S:
            return "sign_on_deadline_s"
        if now - self._last_heard >= IDLE_TIMEOUT_S:
            return "idle_timeout_s"
        return None

    def _refuse_malformed(
        self, frame: bytes, tpdu: bytes, dialect: TerminalDialect, error: MessageMalformed
    ) -> Malformed:
        """Answer 30 where the message type can be read and the terminal is known, else close."""
        self._malformed += 1
        if self.state is not SessionState.SIGNED_ON or self._malformed > MALFORMED_MAX:
            return Malformed(error)
        shown = dialect.codec.salvage(frame)
        if dialect.to_1987 is not None and 0 in shown:
            shown = dialect.to_1987(shown)
        if shown.get(0) not in self._rows:
            return Malformed(error)
        answer = begin_answer(shown)
        answer[39], answer[41] = FORMAT_ERROR, f"{self.terminal_id:8}"
        return Malformed(error, answer, tpdu, shown)

    def _refusal_of_request(self, message: Message) -> RefusedReason | None:
        if self.state is not SessionState.SIGNED_ON:
            return "not_signed_on"
        terminal_id = message.get(41)
        if not isinstance(terminal_id, str):
            return "terminal_absent"
        if terminal_id.rstrip(" ") != self.terminal_id:
            return "terminal_changed"
        if 11 not in message:
            return "trace_number_absent"
        return "in_flight_max" if self.in_flight >= IN_FLIGHT_MAX else None

    def _receive_management(self, message: Message, tpdu: bytes) -> NetworkRequest | Refused:
        terminal_id = str(message.get(41, "")).rstrip(" ")
        function, heard_in = _HEARD_IN.get(str(message.get(70)), (None, _OPEN))
        reason: RefusedReason | None = None
        if function is None:
            reason = "network_code_unknown" if 70 in message else "network_code_absent"
        elif self.state not in heard_in:
            reason = "not_signed_on"
        elif function == "sign_on" and not terminal_id:
            reason = "terminal_absent"
        elif function == "sign_on" and self.terminal_id and terminal_id != self.terminal_id:
            reason = "terminal_changed"
        else:
            return NetworkRequest(function, message, tpdu, terminal_id)
        return Refused(reason, network_answer(message, _REFUSALS[reason]), tpdu)


def _framed(payload: bytes, tpdu: bytes) -> bytes:
    if tpdu:
        payload = mirror_tpdu(tpdu) + payload
    return len(payload).to_bytes(2, "big") + payload


def _least(answer: Message, dialect: TerminalDialect) -> bytes:
    """Return an answer without the fields that the dialect cannot write.

    Without its response code or amount it says that we failed, for half of either would be another answer.
    """
    encode = dialect.codec.encode
    writable: Message = {0: answer[0]}
    for number, value in answer.items():
        try:
            encode({0: answer[0], number: value})
        except FieldMalformed:
            continue
        writable[number] = value
    if 39 not in writable or (4 in answer and 4 not in writable):
        writable.pop(38, None)
        writable[39] = dialect.malfunction
    return encode(writable)
