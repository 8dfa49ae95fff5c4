"""One terminal's socket: what the session makes of its bytes goes to the server, and answers come back.

No task, future or timer belongs to a connection: the server looks at all of them from one coarse wheel.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

from edge.dialects import TERMINAL_DIALECTS
from edge.protocol.errors import AnswerIncomplete, FrameRefused
from edge.protocol.field import Message
from edge.protocol.limits import IN_FLIGHT_MAX
from edge.protocol.session import OtherEvent, TerminalRequest, TerminalSession
from edge.shell.limits import WRITE_BUFFER_BYTES_MAX
from edge.translate.terminal_messages import BY_TYPE, TerminalMessage
from observability.instruments import HotCounter

_log = structlog.get_logger("edge.terminal")


class Owner(Protocol):
    """What a connection asks of who holds all connections: the server."""

    now: Callable[[], float]
    frames_in: HotCounter
    frames_out: HotCounter

    def opened(self, connection: "TerminalConnection") -> None: ...
    def lost(self, connection: "TerminalConnection") -> None: ...
    def count_closed(self, cause: str) -> None: ...
    def request(self, connection: "TerminalConnection", asked: TerminalRequest[TerminalMessage]) -> None: ...
    def other(self, connection: "TerminalConnection", event: OtherEvent) -> None: ...


class TerminalConnection(asyncio.Protocol):
    """Created by the server; `terminal_id` is empty until core has welcomed the terminal."""

    __slots__ = (
        "_backlog",
        "_ended",
        "_reading_paused",
        "_server",
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

    def __init__(self, server: Owner, *, secure: bool) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._reading_paused = False
        # Frames that came in one burst with more requests than may be in flight; reading is paused meanwhile.
        self._backlog: deque[bytes] = deque()
        self._taking = False
        self._ended = False
        self.secure = secure
        self.session: TerminalSession[TerminalMessage] = TerminalSession(
            TERMINAL_DIALECTS, BY_TYPE, now=server.now()
        )
        self.signing_on = False
        self.slot = -1  # Until the server knows it.
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
        self._server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio passes it.
        self._transport = None
        if self.slot >= 0:
            self._server.lost(self)
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
        now = self._server.now()
        try:
            frames = self.session.feed(data, now=now)
        except FrameRefused as error:
            for frame in error.frames:
                self._take(frame, now)
            self.close(error.limit)
            return
        for frame in frames:
            if self._backlog or self.session.in_flight >= IN_FLIGHT_MAX:
                self._wait(frame)
            else:
                self._take(frame, now)

    def send(self, answer: Message, tpdu: bytes = b"") -> bool:
        """Write an answer; False when the socket is gone."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        try:
            frame = self.session.write(answer, tpdu)
        except AnswerIncomplete as error:
            _log.error("answer_not_encodable", field=error.field, problem=error.problem)
            frame = error.frame
        transport.write(frame)
        self._server.frames_out.n += 1
        return True

    def request_done(self) -> None:
        """One request less in flight: answered, given up, or answered elsewhere."""
        self.session.answered()
        if self._backlog and not self._taking:
            asyncio.get_running_loop().call_soon(self._take_backlog)
        if self._ended:
            self.close_when_done()
        if self._reading_paused:
            self._resume_reading()

    def close(self, cause: str) -> None:
        """Close for a named reason, counted and logged."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._server.count_closed(cause)
        _log.info("terminal_closed", cause=cause, terminal=self.session.terminal_id, address=self.address)
        if cause == "terminal_does_not_read":
            transport.abort()
        else:
            transport.close()

    def _wait(self, frame: bytes) -> None:
        self._backlog.append(frame)
        if not self._reading_paused and self._transport is not None and not self._transport.is_closing():
            self._reading_paused = True
            self._transport.pause_reading()

    def _take_backlog(self) -> None:
        self._taking = True
        while self._backlog and self.session.in_flight < IN_FLIGHT_MAX:
            self._take(self._backlog.popleft(), self._server.now())
        self._taking = False
        self._resume_reading()
        self.close_when_done()

    def _resume_reading(self) -> None:
        """Read on where nothing waits and one more request may be in flight."""
        if not self._backlog and self._reading_paused and self.session.in_flight < IN_FLIGHT_MAX:
            self._reading_paused = False
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    def _close_ended(self) -> None:
        if not self.session.in_flight and not self._backlog and self._transport is not None:
            self._transport.close()

    def _take(self, frame: bytes, now: float) -> None:
        server = self._server
        server.frames_in.n += 1
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        session = self.session
        event = session.receive(frame, now=now)
        if not isinstance(event, TerminalRequest):
            server.other(self, event)
            return
        server.request(self, event)
        if session.in_flight >= IN_FLIGHT_MAX and not self._reading_paused:
            self._reading_paused = True
            transport.pause_reading()


def _common_name(transport: asyncio.BaseTransport) -> str:
    certificate = transport.get_extra_info("peercert") or {}
    for part in certificate.get("subject", ()):
        for name, value in part:
            if name == "commonName":
                return value
    return ""
