"""One terminal's session: what it may ask, in which state. Messages in, events out; no socket, no clock.

    NEW ----sign-on----> SIGNED_ON ----sign-off----> SIGNED_OFF
     |                    ^  |  ^                        |
     |                    |  |  +--------sign-on---------+
     +------ close -------+--+----> CLOSED

The session asks for a state change with an event, and the shell answers it: `signed_on()` once the terminal has been
recognised, `signed_off()`, `close()`. An event therefore never makes a fact by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from edge.protocol.field import Message
from edge.protocol.limits import (
    IDLE_TIMEOUT_S,
    IN_FLIGHT_MAX,
    MESSAGES_PER_SECOND_MAX,
    READ_DEADLINE_S,
    SIGN_ON_DEADLINE_S,
)
from edge.protocol.message_types import (
    CUT_OVER,
    ECHO,
    KEY_EXCHANGE,
    SIGN_OFF,
    SIGN_ON,
    is_repeat,
)


class SessionState(Enum):
    """Where a session is. CLOSED is final."""

    NEW = "new"
    SIGNED_ON = "signed_on"
    SIGNED_OFF = "signed_off"
    CLOSED = "closed"


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


@dataclass(frozen=True, slots=True)
class SignOnRequested:
    """The terminal says who it is (field 41). Recognise it, then call `signed_on`."""

    terminal_id: str


@dataclass(frozen=True, slots=True)
class SignOffRequested:
    """The terminal is done for now."""


@dataclass(frozen=True, slots=True)
class EchoRequested:
    """The terminal asks whether anybody is there."""


@dataclass(frozen=True, slots=True)
class KeyExchangeRequested:
    """The terminal asks for working keys."""


@dataclass(frozen=True, slots=True)
class CutOverRequested:
    """The terminal closes its business day."""


class MessageRow(Protocol):
    """What the session reads of a row of the table of message types."""

    @property
    def path(self) -> str:
        """`network` for network management, which never counts as in flight."""
        ...


Row = TypeVar("Row", bound=MessageRow)


class FinancialRequest(NamedTuple, Generic[Row]):
    """Something to answer once it is durable. Counts as in flight until `answered` is called.

    A tuple, for it is made for every payment and a frozen dataclass costs twice as much to make.
    """

    row: Row
    repeat: bool
    terminal_id: str
    trace_number: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The message is not taken. The shell says so to the terminal, or closes where `fatal`."""

    reason: RefusedReason
    fatal: bool = False


Event: TypeAlias = (
    SignOnRequested
    | SignOffRequested
    | EchoRequested
    | KeyExchangeRequested
    | CutOverRequested
    | FinancialRequest[Row]
    | Refused
)

_SIGNED_ON_ONLY: Final = frozenset({SessionState.SIGNED_ON})
_OPEN: Final = frozenset({SessionState.NEW, SessionState.SIGNED_ON, SessionState.SIGNED_OFF})
# The transition table: in which states each request is heard. What it leads to is in the methods of the same name.
_HEARD_IN: Final[dict[str, frozenset[SessionState]]] = {
    SIGN_ON: _OPEN,
    SIGN_OFF: _SIGNED_ON_ONLY,
    ECHO: frozenset({SessionState.SIGNED_ON, SessionState.SIGNED_OFF}),
    KEY_EXCHANGE: _SIGNED_ON_ONLY,
    CUT_OVER: _SIGNED_ON_ONLY,
}
_MANAGEMENT_EVENTS: Final[
    dict[str, SignOffRequested | EchoRequested | KeyExchangeRequested | CutOverRequested]
] = {
    SIGN_OFF: SignOffRequested(),
    ECHO: EchoRequested(),
    KEY_EXCHANGE: KeyExchangeRequested(),
    CUT_OVER: CutOverRequested(),
}


class TerminalSession(Generic[Row]):
    """The state of one connection. Times are seconds of any steady clock, the same one throughout."""

    __slots__ = (
        "_frame_since",
        "_last_heard",
        "_opened_at",
        "_rows",
        "_window_count",
        "_window_start",
        "in_flight",
        "state",
        "terminal_id",
    )

    def __init__(self, rows: Mapping[str, Row], *, now: float) -> None:
        """`rows` are those of the table, by the four digits of a message type."""
        self._rows = rows
        self.state = SessionState.NEW
        self.terminal_id = ""
        self.in_flight = 0
        self._opened_at = now
        self._last_heard = now
        self._frame_since: float | None = None
        self._window_start = now
        self._window_count = 0

    def receive(self, message: Message, *, now: float) -> Event[Row]:
        """Return what the message asks for. Never raises for anything that a peer can send."""
        if self.state is SessionState.CLOSED:
            return Refused("closed", fatal=True)
        self._last_heard = now
        if not self._within_rate(now):
            return Refused("messages_per_second_max", fatal=True)
        mti = str(message[0])
        row = self._rows.get(mti)
        if row is None:
            return Refused("message_type_unknown")
        if row.path == "network":
            return self._receive_management(message)
        return self._receive_financial(message, row, mti)

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
        """Record that a FinancialRequest has had its answer, or will get none."""
        if self.in_flight > 0:
            self.in_flight -= 1

    def partial_frame(self, pending: bool, *, now: float) -> None:
        """Record whether a frame has begun and not ended; the read deadline runs from its first byte."""
        if not pending:
            self._frame_since = None
        elif self._frame_since is None:
            self._frame_since = now

    def overdue(self, *, now: float) -> SessionLimit | None:
        """Return the limit that the terminal has overrun, which closes the connection, or None."""
        if self._frame_since is not None and now - self._frame_since >= READ_DEADLINE_S:
            return "read_deadline_s"
        if self.state is not SessionState.SIGNED_ON and now - self._opened_at >= SIGN_ON_DEADLINE_S:
            return "sign_on_deadline_s"
        if now - self._last_heard >= IDLE_TIMEOUT_S:
            return "idle_timeout_s"
        return None

    def _within_rate(self, now: float) -> bool:
        if now - self._window_start >= 1.0:
            self._window_start, self._window_count = now, 0
        self._window_count += 1
        return self._window_count <= MESSAGES_PER_SECOND_MAX

    def _receive_financial(self, message: Message, row: Row, mti: str) -> Event[Row]:
        if self.state is not SessionState.SIGNED_ON:
            return Refused("not_signed_on")
        terminal_id, trace_number = message.get(41), message.get(11)
        if not isinstance(terminal_id, str):
            return Refused("terminal_absent")
        if terminal_id.rstrip(" ") != self.terminal_id:
            return Refused("terminal_changed")
        if not isinstance(trace_number, str):
            return Refused("trace_number_absent")
        if self.in_flight >= IN_FLIGHT_MAX:
            return Refused("in_flight_max")
        self.in_flight += 1
        return FinancialRequest(row, is_repeat(mti), self.terminal_id, trace_number)

    def _receive_management(self, message: Message) -> Event[Row]:
        code = message.get(70)
        if not isinstance(code, str):
            return Refused("network_code_absent")
        heard_in = _HEARD_IN.get(code)
        if heard_in is None:
            return Refused("network_code_unknown")
        if self.state not in heard_in:
            return Refused("not_signed_on")
        if code != SIGN_ON:
            return _MANAGEMENT_EVENTS[code]
        terminal_id = message.get(41)
        if not isinstance(terminal_id, str) or not terminal_id.strip(" "):
            return Refused("terminal_absent")
        terminal_id = terminal_id.rstrip(" ")
        if self.terminal_id and terminal_id != self.terminal_id:
            return Refused("terminal_changed")
        return SignOnRequested(terminal_id)
