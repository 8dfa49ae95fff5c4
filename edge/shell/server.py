"""Where terminals come in: listeners, every open connection, sign-on, presence, and what becomes of each event."""

import asyncio
import ssl
import time
from typing import assert_never

import msgspec
import structlog

from core.bus import Bus, BusError, BusRefused
from core.contracts.payment import Presence, SignOnReply
from core.contracts.reasons import Reason
from core.contracts.subjects import PRESENCE, SIGN_ON
from core.contracts.terminal_answers import SHOWN
from core.values.clock import from_unix_us
from core.values.edition1987 import APPROVED, FORMAT_ERROR, NOT_SUPPORTED, SECURITY_VIOLATION, UNAVAILABLE
from edge.protocol.answers import (
    begin_answer,
    network_answer,
)
from edge.protocol.limits import TLS_HANDSHAKE_TIMEOUT_S
from edge.protocol.session import (
    DialectUnknown,
    Malformed,
    NetworkRequest,
    OtherEvent,
    Refused,
    SessionState,
    TerminalRequest,
)
from edge.shell.connection import TerminalConnection
from edge.shell.limits import (
    BATCH_ITEMS_MAX,
    CONNECTIONS_MAX,
    CONNECTIONS_PER_TERMINAL_MAX,
    LISTEN_BACKLOG,
    SIGN_ON_TIMEOUT_S,
    TICK_S,
    WHEEL_SLOTS,
)
from edge.shell.payments import Payments
from edge.shell.requests import Requests
from edge.translate.errors import RequestRefused
from edge.translate.reasons import sign_on_code
from edge.translate.sign_on import to_sign_on
from edge.translate.terminal_messages import BY_TYPE, TERMINAL_MESSAGES, TerminalMessage
from observability import metrics

_encode = msgspec.msgpack.Encoder().encode
_decode_sign_on = msgspec.msgpack.Decoder(SignOnReply).decode
_log = structlog.get_logger("edge.server")


class TerminalServer:
    """All terminal connections of this process."""

    def __init__(self, *, bus: Bus, payments: Payments, requests: Requests, edge: str) -> None:
        self._bus = bus
        self._payments = payments
        self._requests = requests
        self._edge = edge
        self._loop = asyncio.get_running_loop()
        self._servers: list[asyncio.Server] = []
        self._wheel: list[set[TerminalConnection]] = [set() for _ in range(WHEEL_SLOTS)]
        self._turn = 0
        self._by_terminal: dict[bytes, list[TerminalConnection]] = {}
        self._presence: dict[bytes, Presence] = {}
        self._tick: asyncio.TimerHandle | None = None
        self._closing = False
        self._counts = {True: 0, False: 0}
        self._today = 0
        self.now = self._loop.time
        self.frames_in = metrics.EDGE_FRAMES.child("in")
        self.frames_out = metrics.EDGE_FRAMES.child("out")
        self._received = {row.name: metrics.EDGE_MESSAGES.child(row.name) for row in TERMINAL_MESSAGES}
        for secure, transport in ((True, "tls"), (False, "tcp")):
            metrics.EDGE_CONNECTIONS.watch(lambda secure=secure: self._counts[secure], transport)
        metrics.EDGE_SESSIONS.watch(lambda: sum(map(len, self._by_terminal.values())))
        self._refresh_today()

    async def listen(self, *, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """Open a listener and return its port. With `tls` a client certificate is required. Raises: OSError."""
        secure = tls is not None
        server = await self._loop.create_server(
            lambda: TerminalConnection(self, secure=secure),
            host,
            port,
            backlog=LISTEN_BACKLOG,
            ssl=tls,
            ssl_handshake_timeout=TLS_HANDSHAKE_TIMEOUT_S if secure else None,
        )
        self._servers.append(server)
        if self._tick is None:
            self._tick = self._loop.call_later(TICK_S, self._on_tick)
        return server.sockets[0].getsockname()[1]

    async def close(self, *, drain_s: float) -> None:
        """Take no more connections nor requests; let pending answers out; close."""
        for server in self._servers:
            server.close()
        give_up_at = self.now() + drain_s
        while self._payments.pending and self.now() < give_up_at:  # noqa: ASYNC110 -- Ends once, at shutdown.
            await asyncio.sleep(0.02)
        self._closing = True
        if self._tick is not None:
            self._tick.cancel()
        for slot in self._wheel:
            for connection in list(slot):
                connection.close("shutdown")

    # Connections

    @property
    def connections(self) -> int:
        """Open sockets, signed on or not."""
        return self._counts[True] + self._counts[False]

    def opened(self, connection: TerminalConnection) -> None:
        """A socket is open; it has no name yet."""
        self._counts[connection.secure] += 1
        metrics.EDGE_CONNECTIONS_OPENED.child("tls" if connection.secure else "tcp").n += 1
        connection.slot = self._turn
        self._wheel[self._turn].add(connection)
        self._turn = (self._turn + 1) % WHEEL_SLOTS
        if self.connections > CONNECTIONS_MAX:
            connection.close("connections_max")

    def lost(self, connection: TerminalConnection) -> None:
        """A socket is gone, for whatever reason."""
        self._counts[connection.secure] -= 1
        self._wheel[connection.slot].discard(connection)
        self._leave(connection)

    def count_closed(self, cause: str) -> None:
        """Count a connection that we close; causes are our own words."""
        metrics.EDGE_CONNECTIONS_CLOSED.child(cause).n += 1

    def count_refused(self, cause: str) -> None:
        """Count a message that edge itself refuses."""
        metrics.EDGE_REFUSED.child(cause).n += 1

    def _leave(self, connection: TerminalConnection) -> None:
        terminal_id = connection.terminal_id
        if not terminal_id:
            return
        connection.terminal_id = b""
        others = self._by_terminal.get(terminal_id, [])
        if connection in others:
            others.remove(connection)
        if not others:
            self._by_terminal.pop(terminal_id, None)
            self._seen(terminal_id, connected=False)

    def _seen(self, terminal_id: bytes, *, connected: bool) -> None:
        self._presence[terminal_id] = Presence(terminal_id, self._edge, connected, time.time_ns() // 1000)

    # The wheel

    def _on_tick(self) -> None:
        if self._closing:
            return
        self._tick = self._loop.call_later(TICK_S, self._on_tick)
        now = self.now()
        self._turn = (self._turn + 1) % WHEEL_SLOTS
        overdue: list[tuple[TerminalConnection, str]] = []
        for connection in self._wheel[self._turn]:
            limit = connection.session.overdue(now=now)
            if limit is not None:
                overdue.append((connection, limit))
        for connection, limit in overdue:
            connection.close(limit)
        if self._turn == 0:
            self._payments.expire(time.time_ns() // 1000)
            self._refresh_today()
            self._publish_presence()

    def _refresh_today(self) -> None:
        self._today = from_unix_us(time.time_ns() // 1000).toordinal()

    def _publish_presence(self) -> None:
        if not self._presence or not self._bus.connected:
            return
        seen = list(self._presence.values())
        self._presence.clear()
        try:
            for start in range(0, len(seen), BATCH_ITEMS_MAX):
                self._bus.publish(PRESENCE, _encode(seen[start : start + BATCH_ITEMS_MAX]))
        except BusRefused as error:
            _log.warning("presence_refused", cause=error.limit)

    # Messages

    def request(self, connection: TerminalConnection, asked: TerminalRequest[TerminalMessage]) -> None:
        """A request that core must make durable before it is answered."""
        row = asked.row
        self._received[row.name].n += 1
        try:
            if row.path == "payments":
                self._payments.submit(connection, asked, self._today)
            else:
                self._requests.submit(connection, asked, self._today)
        except RequestRefused as error:
            self.count_refused(error.reason.name.lower())
            _log.info(
                "request_refused",
                terminal=connection.session.terminal_id,
                field=error.field,
                reason=error.reason.name,
            )
            answer = begin_answer(asked.message)
            answer[39] = error.response_code
            if row.is_fact:
                self._requests.keep_refused(
                    connection, asked.message, answer, asked.tpdu, self._today, field=error.field
                )
                return
            connection.request_done()
            connection.send(answer, asked.tpdu)

    def other(self, connection: TerminalConnection, event: OtherEvent) -> None:
        """Network management, and what the session does not take."""
        match event:
            case NetworkRequest():
                self._received["network"].n += 1
                self._network(connection, event)
            case Refused():
                self.count_refused(event.reason)
                self._answer_or_close(connection, event, event.reason)
            case Malformed():
                self.count_refused(event.error.code)
                _log.warning(
                    "message_malformed",
                    terminal=connection.session.terminal_id,
                    address=connection.address,
                    code=event.error.code,
                    field=getattr(event.error, "field", None),
                    problem=getattr(event.error, "problem", None),
                )
                self._answer_or_close(connection, event, "malformed")
            case DialectUnknown():
                connection.close("dialect_unknown")
            case _:
                assert_never(event)

    def _answer_or_close(
        self, connection: TerminalConnection, event: Refused | Malformed, cause: str
    ) -> None:
        answer, message = event.answer, event.message
        if answer is None:
            connection.close(cause)
            return
        row = BY_TYPE.get(str(message[0])) if message is not None else None
        if message is None or row is None or not row.is_fact or answer[39] != FORMAT_ERROR:
            connection.send(answer, event.tpdu)
            return
        # What it says has happened; it was not counted as a request, for the session did not take it.
        connection.session.in_flight += 1
        field: int = getattr(event.error, "field", 0) if isinstance(event, Malformed) else 0
        self._requests.keep_refused(connection, message, answer, event.tpdu, self._today, field=field)

    def _network(self, connection: TerminalConnection, asked: NetworkRequest) -> None:
        match asked.function:
            case "sign_on":
                self._sign_on(connection, asked)
                return
            case "sign_off":
                connection.session.signed_off()
                self._leave(connection)
            case "echo":
                if connection.terminal_id:
                    self._seen(connection.terminal_id, connected=True)
            case "key_exchange" | "cut_over":
                connection.send(network_answer(asked.message, NOT_SUPPORTED), asked.tpdu)
                return
            case _:
                assert_never(asked.function)
        connection.send(network_answer(asked.message, APPROVED), asked.tpdu)

    # Sign-on

    def _sign_on(self, connection: TerminalConnection, asked: NetworkRequest) -> None:
        message, tpdu, name = asked.message, asked.tpdu, asked.terminal_id
        if connection.signing_on:
            return  # A repeat of a sign-on that core is still answering.
        if connection.secure and connection.certificate_name != name:
            metrics.EDGE_SIGN_ON.child("certificate").n += 1
            _log.warning("sign_on_refused", terminal=name, cause="certificate", address=connection.address)
            connection.send(network_answer(message, SECURITY_VIOLATION, "CERTIFICAT REFUSE"), tpdu)
            connection.close("certificate")
            return
        answer = network_answer(message, APPROVED)

        def answered(payload: bytes | None, error: BusError | None) -> None:
            connection.signing_on = False
            connection.close_when_done()
            reply = None
            if payload is not None:
                try:
                    reply = _decode_sign_on(payload)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    _log.error("sign_on_reply_malformed")
            if reply is None:
                metrics.EDGE_SIGN_ON.child("no_core").n += 1
                _log.warning("sign_on_unanswered", cause=type(error).__name__)
                answer[39] = UNAVAILABLE
                connection.send(answer, tpdu)
                return
            self._signed_on(connection, name, reply)
            answer[39] = sign_on_code(reply.reason)
            if shown := SHOWN.get(reply.reason):
                answer[44] = shown
            connection.send(answer, tpdu)
            if reply.reason != Reason.NONE:
                connection.close("sign_on_refused")

        request = to_sign_on(
            message,
            certificate_name=connection.certificate_name,
            edge=self._edge,
            address=connection.address,
            at_us=time.time_ns() // 1000,
        )
        connection.signing_on = True
        try:
            self._bus.request_soon(SIGN_ON, _encode(request), timeout_s=SIGN_ON_TIMEOUT_S, answered=answered)
        except BusRefused as error:
            answered(None, error)

    def _signed_on(self, connection: TerminalConnection, name: str, reply: SignOnReply) -> None:
        if reply.reason != Reason.NONE:
            metrics.EDGE_SIGN_ON.child("refused").n += 1
            _log.info("sign_on_refused", terminal=name, cause=reply.reason, address=connection.address)
            return
        metrics.EDGE_SIGN_ON.child("welcome").n += 1
        if connection.session.state is SessionState.CLOSED:
            return  # It hung up while core was answering.
        connection.session.signed_on(name)
        if connection.terminal_id != reply.terminal_id:
            self._leave(connection)
            connection.terminal_id = reply.terminal_id
            others = self._by_terminal.setdefault(reply.terminal_id, [])
            others.append(connection)
            if len(others) > CONNECTIONS_PER_TERMINAL_MAX:
                others[0].close("replaced")
        self._seen(reply.terminal_id, connected=True)
