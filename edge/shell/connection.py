"""One terminal's socket: bytes to frames to messages to events, and answers back.

No task, future or timer belongs to a connection: the door looks at all of them from one coarse wheel.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

import structlog

from edge.dialects import DIALECTS, action_codes1993
from edge.protocol.codec import Codec
from edge.protocol.errors import (
    FieldMalformed,
    FrameRefused,
    MessageMalformed,
    ProtocolError,
)
from edge.protocol.field import Message
from edge.protocol.framing import TPDU_BYTES, FrameReader, mirror_tpdu
from edge.protocol.limits import IN_FLIGHT_MAX
from edge.protocol.session import FinancialRequest, TerminalSession
from edge.shell.limits import MALFORMED_MAX, WRITE_BUFFER_BYTES_MAX
from edge.translate import edition1993
from edge.translate.answers import begin_answer
from edge.translate.reasons import FORMAT_ERROR, MALFUNCTION
from edge.translate.terminal_messages import BY_TYPE

if TYPE_CHECKING:
    from edge.shell.door import TerminalDoor

_TPDU_ID: Final = 0x60
# The first byte of a message type tells its dialect: a digit in ASCII, or two packed digits.
_DIALECTS: Final[dict[int, Codec]] = {
    ord("0"): DIALECTS["ascii1987"],
    ord("1"): DIALECTS["ascii1993"],
    0x08: DIALECTS["bcd1987"],
    0x01: DIALECTS["bcd1987"],
    0x02: DIALECTS["bcd1987"],
    0x04: DIALECTS["bcd1987"],
    0x05: DIALECTS["bcd1987"],
}

_log = structlog.get_logger("edge.terminal")


class TerminalConnection(asyncio.Protocol):
    """Created by the door; `terminal_id` is empty until core has welcomed the terminal."""

    __slots__ = (
        "_backlog",
        "_codec",
        "_door",
        "_ended",
        "_malformed",
        "_mid_frame",
        "_reader",
        "_reading_paused",
        "_taking",
        "_transport",
        "address",
        "certificate_name",
        "secure",
        "session",
        "signing_on",
        "slot",
        "terminal_id",
    )

    def __init__(self, door: "TerminalDoor", *, secure: bool) -> None:
        self._door = door
        self._reader = FrameReader()
        self._codec: Codec | None = None
        self._transport: asyncio.Transport | None = None
        self._malformed = 0
        self._mid_frame = False
        self._reading_paused = False
        # Frames that came in one burst with more requests than may be in flight; reading is paused meanwhile.
        self._backlog: deque[bytes] = deque()
        self._taking = False
        self._ended = False
        self.secure = secure
        self.session = TerminalSession(BY_TYPE, now=door.now())
        self.signing_on = False
        self.slot = -1  # Until the door knows it.
        self.terminal_id = b""
        self.certificate_name = ""
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue]
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES_MAX)  # pyright: ignore
        if self.secure:
            self.certificate_name = _common_name(transport)
        self._door.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio passes it.
        self._transport = None
        if self.slot >= 0:
            self._door.lost(self)
        self.session.close()

    def eof_received(self) -> bool:
        """The terminal has nothing more to say, and still listens: close once what is under way is answered.

        Under TLS the socket closes: TLS 1.3 allows one side to end before the other, but asyncio and uvloop both answer
        a close_notify with their own, whatever this returns. The terminal asks again and gets the first answer.
        """
        self._ended = True
        self.close_when_done()
        return not self.secure

    def close_when_done(self) -> None:
        """Close after this turn of the loop if the terminal has ended and waits for nothing more."""
        if self._ended and not self.session.in_flight and not self._backlog and not self.signing_on:
            asyncio.get_running_loop().call_soon(self._close_ended)

    def pause_writing(self) -> None:
        self.close("terminal_does_not_read")

    def data_received(self, data: bytes) -> None:
        try:
            frames = self._reader.feed(data)
        except FrameRefused as error:
            for raw in error.frames:
                self._take(raw)
            self.close(error.limit)
            return
        for raw in frames:
            if self._backlog or self.session.in_flight >= IN_FLIGHT_MAX:
                self._wait(raw)
            else:
                self._take(raw)
        mid_frame = self._reader.mid_frame
        if mid_frame or self._mid_frame:
            self._mid_frame = mid_frame
            self.session.partial_frame(mid_frame, now=self._door.now())

    def send(self, answer: Message, tpdu: bytes = b"") -> bool:
        """Write an answer; False when the socket is gone."""
        transport = self._transport
        codec = self._codec
        if transport is None or codec is None or transport.is_closing():
            return False
        if codec.dialect.edition == 1993:
            answer = edition1993.from_1987(answer)
        try:
            payload = codec.encode(answer)
        except FieldMalformed as error:
            _log.error("answer_not_encodable", field=error.field, problem=error.problem)
            payload = _least(answer, codec)
        if tpdu:
            payload = mirror_tpdu(tpdu) + payload
        transport.write(len(payload).to_bytes(2, "big") + payload)
        self._door.frames_out.n += 1
        return True

    def request_done(self) -> None:
        """One request less in flight: answered, given up, or answered elsewhere."""
        self.session.answered()
        if self._backlog and not self._taking:
            asyncio.get_running_loop().call_soon(self._take_backlog)
        self.close_when_done()
        if not self._backlog and self._reading_paused and self.session.in_flight < IN_FLIGHT_MAX:
            self._reading_paused = False
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    def close(self, cause: str) -> None:
        """Close for a named reason, counted and logged."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._door.count_closed(cause)
        _log.info("terminal_closed", cause=cause, terminal=self.session.terminal_id, address=self.address)
        if cause == "terminal_does_not_read":
            transport.abort()
        else:
            transport.close()

    def _wait(self, raw: bytes) -> None:
        self._backlog.append(raw)
        if not self._reading_paused and self._transport is not None and not self._transport.is_closing():
            self._reading_paused = True
            self._transport.pause_reading()

    def _take_backlog(self) -> None:
        self._taking = True
        while self._backlog and self.session.in_flight < IN_FLIGHT_MAX:
            self._take(self._backlog.popleft())
        self._taking = False
        if not self._backlog and self._reading_paused and self.session.in_flight < IN_FLIGHT_MAX:
            self._reading_paused = False
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()
        self.close_when_done()

    def _close_ended(self) -> None:
        if not self.session.in_flight and not self._backlog and self._transport is not None:
            self._transport.close()

    def _take(self, raw: bytes) -> None:
        door = self._door
        door.frames_in.n += 1
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        tpdu = b""
        if raw[0] == _TPDU_ID and len(raw) > TPDU_BYTES:
            tpdu, raw = raw[:TPDU_BYTES], raw[TPDU_BYTES:]
        codec = self._codec
        if codec is None:
            codec = self._codec = _DIALECTS.get(raw[0])
            if codec is None:
                self.close("dialect_unknown")
                return
        try:
            message = codec.decode(raw)
        except MessageMalformed as error:
            self._answer_malformed(raw, tpdu, codec, error)
            return
        if codec.dialect.edition == 1993:
            message = edition1993.to_1987(message)
        session = self.session
        event = session.receive(message, now=door.now())
        if type(event) is FinancialRequest:
            door.financial(self, message, event.row, tpdu)
            if session.in_flight >= IN_FLIGHT_MAX and not self._reading_paused:
                self._reading_paused = True
                transport.pause_reading()
        else:
            door.other(self, message, event, tpdu)

    def _answer_malformed(self, raw: bytes, tpdu: bytes, codec: Codec, error: ProtocolError) -> None:
        """Answer 30 where the message type can be read and the terminal is known, else close."""
        self._malformed += 1
        field = error.field if isinstance(error, FieldMalformed) else None
        self._door.count_refused(error.code)
        _log.warning(
            "message_malformed",
            terminal=self.session.terminal_id,
            address=self.address,
            code=error.code,
            field=field,
            problem=getattr(error, "problem", None),
        )
        if not self.terminal_id or self._malformed > MALFORMED_MAX:
            self.close("malformed")
            return
        shown = codec.salvage(raw)
        if codec.dialect.edition == 1993 and 0 in shown:
            shown = edition1993.to_1987(shown)
        if shown.get(0) not in BY_TYPE:
            self.close("malformed")
            return
        answer = begin_answer(shown)
        answer[39], answer[41] = FORMAT_ERROR, f"{self.session.terminal_id:8}"
        self.send(answer, tpdu)


def _least(answer: Message, codec: Codec) -> bytes:
    """Return an answer without the fields that the dialect cannot write: a terminal is never left without one.

    Without its response code or amount it says that we failed, for half of either would be another answer.
    """
    writable: Message = {0: answer[0]}
    for number, value in answer.items():
        try:
            codec.encode({0: answer[0], number: value})
        except FieldMalformed:
            continue
        writable[number] = value
    if 39 not in writable or (4 in answer and 4 not in writable):
        writable.pop(38, None)
        writable[39] = action_codes1993.MALFUNCTION if codec.dialect.edition == 1993 else MALFUNCTION
    return codec.encode(writable)


def _common_name(transport: asyncio.BaseTransport) -> str:
    certificate = transport.get_extra_info("peercert") or {}
    for part in certificate.get("subject", ()):
        for name, value in part:
            if name == "commonName":
                return value
    return ""
