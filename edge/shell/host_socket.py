"""One socket to an acquirer host: connects, signs on, echoes, correlates. Reconnects for ever, with back-off."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

import structlog

from core.contracts.host_messages import HostMessageKind, HostSays
from core.contracts.payment import HostReply, HostRequest
from core.contracts.reasons import Reason
from core.values.edition1987 import APPROVED
from edge.dialects import DIALECTS
from edge.keys.port import SealBroken, SecurityModule
from edge.protocol.errors import FieldMalformed, FrameRefused, HostLinkRefused, ProtocolError
from edge.protocol.field import Message
from edge.protocol.framing import FrameReader
from edge.protocol.hostlink import (
    CorrelationKey,
    HostLink,
    Late,
    LinkState,
    Outstanding,
    Unsolicited,
    request_key,
)
from edge.protocol.limits import HOST_ASKED_MAX, HOST_ECHO_DEADLINE_S, HOST_LATE_KEYS_MAX
from edge.protocol.message_types import ECHO, SIGN_OFF, SIGN_ON
from edge.shell.limits import HOST_BACK_OFF_S, HOST_CONNECT_TIMEOUT_S, HOST_WRITE_BUFFER_BYTES_MAX
from edge.translate.host_requests import (
    answer_to_host,
    code_at_once,
    is_request,
    kind_to_keep,
    to_host_says,
)
from edge.translate.hosts import hash_card, no_reply, not_sent, to_host_message, to_host_reply
from edge.translate.masked import masked
from observability import metrics
from observability.instruments import HotCounter

_MICROSECONDS: Final = 1_000_000

_log = structlog.get_logger("edge.host")


class SentRequest(NamedTuple):
    """A request on its way to the host. Holds no card number."""

    request: HostRequest
    reply_subject: str
    shown: dict[int, Any]
    sent_us: int  # since received_at_us
    card_hash: int


def owner_of(request: HostRequest) -> bytes:
    """Return what a request and its repeats share, and no other request: a part taken back is not the whole."""
    return request.id if request.replacement_minor < 0 else request.id + b"part"


class Links(Protocol):
    """What a socket asks of the links that it is one of."""

    acquirer: str
    keys: SecurityModule
    late: HotCounter

    def reply(self, subject: str, reply: HostReply) -> None: ...
    def keep(self, says: HostSays, kept: Callable[[bool], None]) -> None: ...
    def count_refused(self, cause: str) -> None: ...
    def take_elsewhere(self, heard_on: "HostSocket", message: Message, now_us: int) -> None: ...
    def state_changed(self) -> None: ...


class HostSocket(asyncio.Protocol):
    """Several of these make the links of an acquirer. `up` is when it carries requests."""

    def __init__(self, links: Links, *, role: str, host: str, port: int, outstanding: Outstanding) -> None:
        self.role = role
        self._links = links
        self._host = host
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._codec = DIALECTS["ascii1987"]
        self._machine = HostLink(outstanding=outstanding)
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._sent: dict[CorrelationKey, SentRequest] = {}
        self._late: dict[CorrelationKey, SentRequest] = {}
        self._failures = 0
        self._retry_at = 0.0
        self._stan = 0
        self._managing: dict[CorrelationKey, str] = {}
        self._asked_waiting = 0
        self._write_paused = False
        self._closing = False
        self._seconds = metrics.HOST_SECONDS.child(links.acquirer)
        self._lost_count = metrics.HOST_RECONNECTS.child(links.acquirer, role)

    @property
    def up(self) -> bool:
        """Whether requests may go out here now."""
        return self._machine.state is LinkState.UP and not self._write_paused

    @property
    def in_flight(self) -> int:
        """Requests without a reply yet."""
        return len(self._sent)

    def close(self) -> None:
        """Close and stay closed; what is in flight becomes unknown."""
        self._closing = True
        if self._connecting is not None:
            self._connecting.cancel()
        if self._transport is not None:
            self._transport.close()

    def tick(self, now: float) -> None:
        """Do what time asks for: reconnect, sign on, echo, give up requests past their deadline."""
        for key in self._machine.expired(now):
            self._expire(key)
        if self._closing:
            return
        if self._failures and self._machine.settled(now=now):
            self._failures = 0
        match self._machine.duty(now=now):
            case "connect":
                if now >= self._retry_at and self._connecting is None:
                    self._machine.change("connect", now=now)
                    self._connecting = self._loop.create_task(self._connect())
            case "sign_on":
                self._manage(SIGN_ON, now)
            case "echo":
                self._manage(ECHO, now)
            case "disconnect":
                _log.warning("host_silent", acquirer=self._links.acquirer, role=self.role)
                self._drop()
            case None:
                pass

    def send(self, requests: list[HostRequest], reply_subject: str) -> None:
        """Send a batch with one write. What cannot go out is answered as not sent."""
        now_us = time.time_ns() // 1000
        now = self._loop.time()
        machine = self._machine
        encode = self._codec.encode
        keys = self._links.keys
        out: list[bytes] = []
        for request in requests:
            if request.deadline_at_us <= now_us:
                self._links.reply(reply_subject, not_sent(request, Reason.HOST_UNREACHABLE, at_us=now_us))
                continue
            try:
                message = to_host_message(request, keys)
                payload = encode(message)
                key = request_key(message)
                if self._is_under_way(key, request):
                    # The bus brought it twice. "Not sent" would be a lie: the answer to the first is the answer.
                    self._links.count_refused("repeated")
                    continue
                machine.sent(
                    key,
                    now + (request.deadline_at_us - now_us) / _MICROSECONDS,
                    now=now,
                    owner=owner_of(request),
                )
            except HostLinkRefused as error:
                self._links.count_refused(error.reason)
                self._links.reply(reply_subject, not_sent(request, Reason.SYSTEM_BUSY, at_us=now_us))
                continue
            except (SealBroken, FieldMalformed, KeyError) as error:
                self._links.count_refused(type(error).__name__)
                _log.error(
                    "host_request_refused",
                    message=request.message,
                    problem=type(error).__name__,
                    field=getattr(error, "field", None),
                )
                self._links.reply(reply_subject, not_sent(request, Reason.MESSAGE_REFUSED, at_us=now_us))
                continue
            self._sent[key] = SentRequest(
                request, reply_subject, masked(message), now_us - request.received_at_us, hash_card(message)
            )
            out.append(len(payload).to_bytes(2, "big") + payload)
        if out and self._transport is not None:
            self._transport.write(b"".join(out))

    def _is_under_way(self, key: CorrelationKey, request: HostRequest) -> bool:
        """Whether this very request waits for its answer already."""
        sent = self._sent.get(key)
        return sent is not None and owner_of(sent.request) == owner_of(request)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue]
        transport.set_write_buffer_limits(high=HOST_WRITE_BUFFER_BYTES_MAX)  # pyright: ignore
        self._reader = FrameReader()
        self._write_paused = False
        self._machine.change("connected", now=self._loop.time())
        self.tick(self._loop.time())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio passes it.
        self._transport = None
        self._disconnected()

    def pause_writing(self) -> None:
        self._write_paused = True
        self._links.state_changed()

    def resume_writing(self) -> None:
        self._write_paused = False
        self._links.state_changed()

    def data_received(self, data: bytes) -> None:
        try:
            frames = self._reader.feed(data)
        except FrameRefused as error:
            _log.warning("host_frame_refused", acquirer=self._links.acquirer, limit=error.limit)
            frames = error.frames
            self._loop.call_soon(self._drop)
        now_us = time.time_ns() // 1000
        for raw in frames:
            try:
                message = self._codec.decode(raw)
                if is_request(message):
                    self._asked(message, now_us)
                    continue
                if not self.take(message, now_us):
                    self._links.take_elsewhere(self, message, now_us)
            except ProtocolError as error:
                self._links.count_refused(error.code)
                _log.warning("host_answer_malformed", acquirer=self._links.acquirer, problem=str(error))
                continue

    # Answers

    def take(self, message: Message, now_us: int) -> bool:
        """Take an answer, in time or late, to what was sent here; False when it answers nothing of this link.

        Raises: MessageTypeUnknown, FieldMalformed.
        """
        answer = self._machine.answered(message)
        if isinstance(answer, Unsolicited):
            return False
        self._machine.heard(now=self._loop.time())
        if isinstance(answer, Late):
            self._answered_late(answer.key, message, now_us)
        else:
            self._answered(answer, message, now_us)
        return True

    def _answered(self, key: CorrelationKey, message: Message, now_us: int) -> None:
        sent = self._sent.pop(key, None)
        if sent is None:
            self._managed(key, message)
            return
        request = sent.request
        replied_us = now_us - request.received_at_us
        self._seconds.observe(replied_us - sent.sent_us)
        self._links.reply(
            sent.reply_subject,
            to_host_reply(
                request,
                sent.shown,
                message,
                sent.card_hash,
                sent_us=sent.sent_us,
                replied_us=replied_us,
                late=False,
            ),
        )

    def _answered_late(self, key: CorrelationKey, message: Message, now_us: int) -> None:
        self._links.late.n += 1
        sent = self._late.pop(key, None)
        if sent is None:
            return
        replied_us = now_us - sent.request.received_at_us
        reply = to_host_reply(
            sent.request,
            sent.shown,
            message,
            sent.card_hash,
            sent_us=sent.sent_us,
            replied_us=replied_us,
            late=True,
        )
        self._links.reply(sent.reply_subject, reply)

    def _expire(self, key: CorrelationKey) -> None:
        sent = self._sent.pop(key, None)
        if sent is None:
            return
        while len(self._late) >= HOST_LATE_KEYS_MAX:
            del self._late[next(iter(self._late))]
        self._late[key] = sent
        waited_us = time.time_ns() // 1000 - sent.request.received_at_us
        self._links.reply(
            sent.reply_subject,
            no_reply(sent.request, sent.shown, sent_us=sent.sent_us, replied_us=waited_us),
        )

    # The link's own life

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(HOST_CONNECT_TIMEOUT_S):
                await self._loop.create_connection(lambda: self, self._host, self._port)
        except (OSError, TimeoutError) as error:
            _log.info(
                "host_unreachable", acquirer=self._links.acquirer, role=self.role, cause=type(error).__name__
            )
            if self._machine.state is LinkState.CONNECTING:
                self._disconnected()
        finally:
            self._connecting = None

    def _manage(self, code: str, now: float) -> None:
        if self._transport is None:
            return
        self._stan = self._stan % 999_999 + 1
        message: Message = {
            0: "0800",
            7: datetime.now(UTC).strftime("%m%d%H%M%S"),
            11: f"{self._stan:06d}",
            70: code,
        }
        key = request_key(message)
        self._machine.sent(key, now + HOST_ECHO_DEADLINE_S, now=now)
        self._managing = {key: code}
        self._write(message)

    def _write(self, message: Message) -> None:
        payload = self._codec.encode(message)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(len(payload).to_bytes(2, "big") + payload)

    def _managed(self, key: CorrelationKey, message: Message) -> None:
        code = self._managing.pop(key, None)
        if code is None:
            return
        accepted = message.get(39) == APPROVED and message.get(70, code) == code
        if code == SIGN_ON:
            metrics.HOST_SIGN_ONS.child(
                self._links.acquirer, self.role, "accepted" if accepted else "refused"
            ).n += 1
        if not accepted:
            # A host that refuses an echo has forgotten our session: only a new one helps.
            _log.warning(
                "host_management_refused",
                acquirer=self._links.acquirer,
                role=self.role,
                function=code,
                code=message.get(39),
                failures=self._failures,
            )
            self._drop()
        elif code == SIGN_ON:
            self._accepted()

    def _accepted(self) -> None:
        if self._machine.state in (LinkState.SIGNING_ON, LinkState.SIGNED_OFF):
            self._machine.change("accepted", now=self._loop.time())
            _log.info("host_link_up", acquirer=self._links.acquirer, role=self.role)
            self._links.state_changed()

    # What the host asks of us

    def _asked(self, message: Message, now_us: int) -> None:
        """Answer a request of the host's own: at once, or when core has kept it."""
        kind = kind_to_keep(message)
        if kind is not None:
            self._keep(message, kind, now_us)
            return
        code = code_at_once(message)
        self._write(answer_to_host(message, code))
        self._count_asked("answered" if code == APPROVED else "refused")
        if code != APPROVED:
            _log.warning("host_request_not_supported", acquirer=self._links.acquirer, message=message[0])
        elif message[70] == SIGN_OFF and self._machine.state is LinkState.UP:
            _log.warning("host_signed_off", acquirer=self._links.acquirer, role=self.role)
            self._machine.change("signed_off", now=self._loop.time())
            self._links.state_changed()
        elif message[70] == SIGN_ON and self._machine.state is LinkState.SIGNED_OFF:
            self._accepted()

    def _keep(self, message: Message, kind: HostMessageKind, now_us: int) -> None:
        """No answer before core has it on disk; without one the host repeats."""
        if self._asked_waiting >= HOST_ASKED_MAX:
            self._count_asked("unanswered")
            return
        self._asked_waiting += 1

        def kept(taken: bool) -> None:
            self._asked_waiting -= 1
            self._count_asked("kept" if taken else "unanswered")
            if taken:
                self._write(answer_to_host(message, APPROVED))

        says = to_host_says(message, kind, acquirer=self._links.acquirer, received_at_us=now_us)
        self._links.keep(says, kept)

    def _count_asked(self, result: str) -> None:
        metrics.HOST_ASKED.child(self._links.acquirer, result).n += 1

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _disconnected(self) -> None:
        """Whatever was in flight may have arrived or not: unknown, which core reverses."""
        now = self._loop.time()
        was_up = self._machine.state is LinkState.UP
        self._retry_at = now + HOST_BACK_OFF_S[min(self._failures, len(HOST_BACK_OFF_S) - 1)]
        self._failures += 1
        self._lost_count.n += 1
        for key in self._machine.change("disconnected", now=now):
            self._expire(key)
        if was_up:
            _log.warning("host_link_down", acquirer=self._links.acquirer, role=self.role)
        self._links.state_changed()
