"""The links of one acquirer: primary and secondary sockets, core's requests in, replies out in batches.

Listens to the bus only while a socket is up, so that requests go to an edge that can send them; with none anywhere
NATS tells core at once that nobody listens.
"""

import asyncio
from collections.abc import Callable

import msgspec
import structlog

from core.bus import Batcher, Bus, BusError, BusRefused, Subscription, publish_batch
from core.contracts.host_messages import HostSays, HostSaysKept
from core.contracts.payment import HostReply, HostRequest
from core.contracts.reasons import Reason
from core.contracts.subjects import HOST_SAYS, LINKS_QUEUE, answers_of, host, is_core_inbox
from core.values.clock import Clock
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.hostlink import MANAGEMENT_CLASS, Outstanding, answer_key
from edge.settings import AcquirerSettings
from edge.shell.host_socket import HostSocket
from edge.shell.limits import BATCH_ITEMS_MAX, HOST_TICK_S, REPLY_SUBJECTS_MAX, REQUEST_TIMEOUT_S, WAITING_MAX
from edge.translate.hosts import not_sent
from observability import metrics

_encode = msgspec.msgpack.Encoder().encode
_decode_kept = msgspec.msgpack.Decoder(HostSaysKept).decode
_decode_requests = msgspec.msgpack.Decoder(list[HostRequest]).decode
_UNCLEAR: dict[int, str] = {
    Reason.HOST_ANSWER_DIFFERS: "differs",
    Reason.HOST_CODE_UNKNOWN: "code_unknown",
}
_log = structlog.get_logger("edge.links")


class AcquirerLinks:
    """Requests go to the primary while it is up, else to the secondary; sockets of a role take turns."""

    def __init__(self, settings: AcquirerSettings, *, bus: Bus, keys: SecurityModule, clock: Clock) -> None:
        self.acquirer = settings.name
        self.keys = keys
        self._bus = bus
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._subscription: Subscription | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._turn = 0
        self._closing = False
        self._batchers: dict[str, Batcher[HostReply]] = {}
        self.late = metrics.HOST_LATE.child(self.acquirer)
        self._sizes = metrics.BATCH_ITEMS.child("edge.host_reply")
        self._request_sizes = metrics.BATCH_ITEMS.child("edge.host_request")
        self._results = {
            number: metrics.HOST_REQUESTS.child(self.acquirer, word)
            for number, word in ((1, "replied"), (2, "no_reply"), (3, "not_sent"))
        }
        self.outstanding = Outstanding()
        self.sockets = [
            HostSocket(self, role=role, host=address.host, port=address.port, outstanding=self.outstanding)
            for role, addresses in (("primary", settings.primary), ("secondary", settings.secondary))
            for address in addresses
            for _ in range(settings.sockets)
        ]
        for role in ("primary", "secondary"):
            metrics.HOST_LINKS_UP.watch(
                lambda role=role: sum(link.up for link in self.sockets if link.role == role),
                self.acquirer,
                role,
            )
        metrics.HOST_IN_FLIGHT.watch(lambda: sum(link.in_flight for link in self.sockets), self.acquirer)

    @property
    def up(self) -> bool:
        """Whether any link carries requests."""
        return any(link.up for link in self.sockets)

    def start(self) -> None:
        """Connect, and keep connected."""
        self._on_tick()

    async def close(self) -> None:
        """Take no more requests, let replies leave, close."""
        self._closing = True
        if self._subscription is not None:
            self._subscription.unsubscribe()
            self._subscription = None
        if self._tick is not None:
            self._tick.cancel()
        for link in self.sockets:
            link.close()
        await asyncio.sleep(0)
        for batcher in self._batchers.values():
            batcher.flush()

    def reply(self, subject: str, reply: HostReply) -> None:
        """Tell core, together with everything else of this turn of the loop."""
        self._results[reply.result].n += 1
        if reply.reason in _UNCLEAR:
            metrics.HOST_UNCLEAR.child(self.acquirer, _UNCLEAR[reply.reason]).n += 1
        batcher = self._batchers.get(subject)
        if batcher is None:
            if len(self._batchers) >= REPLY_SUBJECTS_MAX:
                self._batchers.pop(next(iter(self._batchers))).flush()
            batcher = self._batchers[subject] = Batcher(
                lambda replies: self._publish(subject, replies),
                count_max=BATCH_ITEMS_MAX,
                waiting_max=2 * WAITING_MAX,
            )
        if not batcher.add(reply):
            # Core's own deadline makes this one unknown, and the sweeper reverses it.
            self.count_refused("replies_waiting_max")

    def keep(self, says: HostSays, kept: Callable[[bool], None]) -> None:
        """Let core keep what a host says on its own; `kept` hears once whether it is durable."""

        def answered(reply: bytes | None, error: BusError | None) -> None:
            try:
                taken = reply is not None and _decode_kept(reply).kept
            except (msgspec.DecodeError, UnicodeDecodeError):
                taken = False
            if not taken:
                _log.warning("host_message_not_kept", acquirer=self.acquirer, cause=type(error).__name__)
            kept(taken)

        try:
            self._bus.request_soon(HOST_SAYS, _encode(says), timeout_s=REQUEST_TIMEOUT_S, answered=answered)
        except BusRefused as error:
            answered(None, error)

    def count_refused(self, cause: str) -> None:
        """Count what a link refused or could not read; causes are our own words."""
        metrics.EDGE_REFUSED.child(f"host_{cause.lower()}").n += 1

    def take_elsewhere(self, heard_on: HostSocket, message: Message, now_us: int) -> None:
        """Give an answer to the link that asked: some hosts answer on another. What nobody asked leaves a trace."""
        key = answer_key(message)
        if key.message_class != MANAGEMENT_CLASS:
            for link in self.sockets:
                if link is not heard_on and link.take(message, now_us):
                    return
            # Perhaps the second answer to a request that was sent twice.
            self.outstanding.answered(key)
        self.count_refused("unsolicited")
        _log.warning(
            "host_answer_unsolicited",
            acquirer=self.acquirer,
            message=message[0],
            terminal=message.get(41),
            trace_number=message.get(11),
            code=message.get(39),
        )

    def state_changed(self) -> None:
        """A socket came up or went down: listen, or stop listening."""
        up = self.up
        if up and self._subscription is None and not self._closing:
            self._subscription = self._bus.subscribe(host(self.acquirer), self._on_requests, LINKS_QUEUE)
        elif not up and self._subscription is not None:
            self._subscription.unsubscribe()
            self._subscription = None

    def _on_requests(self, _subject: str, reply_subject: str, payload: bytes) -> None:
        if not is_core_inbox(reply_subject):
            _log.error("reply_subject_refused", subject=host(self.acquirer))
            return
        reply_subject = answers_of(reply_subject)
        requests = _decode_requests(payload)
        self._request_sizes.observe(len(requests))
        link = self._choose()
        if link is None:
            at_us = self._clock.unix_us()
            for request in requests:
                self.reply(reply_subject, not_sent(request, Reason.HOST_UNREACHABLE, at_us=at_us))
            return
        link.send(requests, reply_subject)

    def _choose(self) -> HostSocket | None:
        """Return the next socket that is up, primaries first."""
        self._turn += 1
        for role in ("primary", "secondary"):
            candidates = [link for link in self.sockets if link.role == role and link.up]
            if candidates:
                return candidates[self._turn % len(candidates)]
        return None

    def _publish(self, subject: str, replies: list[HostReply]) -> None:
        self._sizes.observe(len(replies))
        try:
            publish_batch(self._bus, _encode, subject, replies)
        except BusRefused as error:
            _log.warning("host_replies_refused", cause=error.limit, count=len(replies))

    def _on_tick(self) -> None:
        if self._closing:
            return
        self._tick = self._loop.call_later(HOST_TICK_S, self._on_tick)
        now = self._loop.time()
        for link in self.sockets:
            link.tick(now)
