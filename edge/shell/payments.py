"""Authorisations, purchases and refunds on their way: terminal, core, terminal. The hot path of edge.

One entry per request that has no answer yet. Core's replies come in whatever grouping is ready; each finds its entry
by attempt id and leaves on the connection that asked last.
"""

import time
from datetime import datetime
from typing import Final

import msgspec
import structlog

from core.bus import Batcher, Bus, BusRefused, publish_batch
from core.contracts.payment import AUTHORISE, Authorise, AuthoriseReply
from core.contracts.reasons import Reason
from core.contracts.subjects import edge_inbox
from core.contracts.terminal_answers import payment_code
from core.values.ids import AttemptIds
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.session import TerminalRequest
from edge.shell.connection import TerminalConnection
from edge.shell.limits import ANSWER_DEADLINE_S, BATCH_ITEMS_MAX, PENDING_MAX, WAITING_MAX
from edge.translate.fields import Arrival
from edge.translate.terminal_messages import TERMINAL_MESSAGES, TerminalMessage
from observability import metrics
from observability.tracing import SlowTraces

_MICROSECONDS: Final = 1_000_000
_STAMPED_AGAIN_S: Final = 60
_LEAP_YEAR: Final = 2000
_NOT_TAKEN: Final = frozenset({Reason.SYSTEM_BUSY, Reason.MESSAGE_REFUSED})

_encode = msgspec.msgpack.Encoder().encode
_decode_replies = msgspec.msgpack.Decoder(list[AuthoriseReply]).decode
_log = structlog.get_logger("edge.payments")


class _Pending(msgspec.Struct, gc=False):
    """Who waits, and the answer as far as the request decided it. Holds no card number."""

    id: bytes
    connection: TerminalConnection
    row: TerminalMessage
    answer: Message
    tpdu: bytes
    key: tuple[bytes, int, int]
    body_hash: int
    transmitted_at: str
    local_time: str
    business_date: int
    received_at_us: int
    said_again: "_SaidAgain | None" = None


class _SaidAgain(msgspec.Struct, gc=False):
    """A request and its repeats of other times, while core is asked about each: its terminal hears one answer.

    Core keeps the times of a repeat before it answers it, for the terminal's reversal may name them: what was approved is
    told as the answer of the last one. What core could not take of a repeat is no answer, and what core says is another
    message has an answer of its own.
    """

    first: _Pending
    last: _Pending
    asked: int = 1  # requests without an answer from core
    held: AuthoriseReply | None = None
    is_answered: bool = False

    def hear(self, pending: _Pending, reply: AuthoriseReply) -> AuthoriseReply | None:
        """Take one of core's answers; return what the terminal is told now, None for nothing yet or nothing more."""
        self.asked -= 1
        is_first, is_last = pending is self.first, pending is self.last
        if reply.reason == Reason.REPEAT_DIFFERS and not is_first:
            self.last = self.first if is_last else self.last
            is_known = self.held is not None and self.last is self.first
        elif reply.reason in _NOT_TAKEN and not is_first:
            self.held = self.held or (reply if self.asked == 0 else None)
            is_known = False
        else:
            self.held = reply
            is_known = is_last or (is_first and not reply.approved_minor)
        if self.is_answered or not (is_known or self.asked == 0):
            return None
        self.is_answered = True
        return self.held


class Payments:
    """The table of pending payments, the batch to core and the replies from it."""

    def __init__(self, *, bus: Bus, keys: SecurityModule, ids: AttemptIds, edge: str) -> None:
        self._bus = bus
        self._keys = keys
        self._ids = ids
        self._inbox = edge_inbox(edge)
        self._pending: dict[bytes, _Pending] = {}
        self._by_key: dict[tuple[bytes, int, int], _Pending] = {}
        self._batcher: Batcher[Authorise] = Batcher(
            self._publish, count_max=BATCH_ITEMS_MAX, waiting_max=WAITING_MAX
        )
        self._traces = SlowTraces()
        self._sizes = metrics.BATCH_ITEMS.child("edge.authorise")
        self._seconds = {
            row.name: metrics.EDGE_SECONDS.child(row.name).observe
            for row in TERMINAL_MESSAGES
            if row.path == "payments"
        }
        self._answered = metrics.EDGE_ANSWERS.child("payment")
        self._undeliverable = metrics.EDGE_ANSWERS.child("undeliverable")
        self._unexpected = metrics.EDGE_ANSWERS.child("unexpected")
        self._repeats = metrics.EDGE_REPEATS.child()
        self._expired = metrics.EDGE_UNANSWERED.child("deadline")
        self._unheard = metrics.EDGE_UNANSWERED.child("no_core")
        metrics.EDGE_PENDING.watch(lambda: len(self._pending))
        metrics.QUEUE_WAITING.watch(lambda: self._batcher.waiting, "edge.authorise")
        metrics.QUEUE_REFUSED.watch(lambda: self._batcher.refused, "edge.authorise")
        bus.subscribe(self._inbox, self._on_replies, on_no_responders=self._on_no_responders)

    @property
    def pending(self) -> int:
        """Requests without an answer yet."""
        return len(self._pending)

    def submit(
        self, connection: TerminalConnection, asked: TerminalRequest[TerminalMessage], today: int
    ) -> None:
        """Take a request of a signed-on terminal. Raises: RequestRefused; then nothing of it was taken."""
        message, row, tpdu = asked
        received_at_us = time.time_ns() // 1000
        terminal_id = connection.terminal_id
        arrival = Arrival(self._ids.next(received_at_us), terminal_id, received_at_us, today)
        request: Authorise = row.translate(message, arrival, self._keys)
        # Without its date: a repeat after midnight has another one.
        key = (terminal_id, request.message_class, request.stan)
        first = self._by_key.get(key)
        said_again = None
        if first is not None and first.body_hash == request.body_hash:
            if first.local_time == request.local_time and first.transmitted_at == request.transmitted_at:
                self._repeat(first, connection, tpdu)
                return
            if (
                request.repeat
                or first.local_time == request.local_time
                or _is_stamped_at_once(first.transmitted_at, request.transmitted_at)
            ):
                said_again = self._asked_before(first, request)
        answer = row.begin(message)
        pending = _Pending(
            request.id,
            connection,
            row,
            answer,
            tpdu,
            key,
            request.body_hash,
            request.transmitted_at,
            request.local_time,
            request.business_date,
            received_at_us,
        )
        if not self._bus.connected or len(self._pending) >= PENDING_MAX or not self._batcher.add(request):
            if said_again is not None and first is not None:
                self._repeat(first, connection, tpdu)
            else:
                self._refuse(connection, answer, tpdu)
            return
        self._pending[request.id] = pending
        if said_again is not None:
            self._repeats.n += 1
            said_again.asked += 1
            said_again.last = pending
            pending.said_again = said_again
            self._by_key[key] = pending
        elif first is None:
            self._by_key[key] = pending

    def _asked_before(self, first: _Pending, request: Authorise) -> _SaidAgain:
        """Return what may be a repeat of other times joins. Core is told what it repeats: by its type, or stamped anew at once."""
        said_again = first.said_again
        if said_again is None:
            said_again = first.said_again = _SaidAgain(first, first)
        if request.repeat or _is_stamped_at_once(first.transmitted_at, request.transmitted_at):
            request.first_id, request.first_date = said_again.first.id, said_again.first.business_date
        return said_again

    def _hear(self, pending: _Pending, said_again: _SaidAgain, reply: AuthoriseReply) -> None:
        """Take core's answer to one of several requests that may be one message, and tell the last one when it is time."""
        pending.said_again = None  # The two know each other, and nobody collects them.
        told, last = said_again.hear(pending, reply), said_again.last
        if reply.reason == Reason.REPEAT_DIFFERS and pending is not said_again.first:
            self._tell(pending, reply)
        if told is None:
            return
        if self._by_key.get(last.key) is last:
            del self._by_key[last.key]  # What is said once more is a question of its own.
        self._tell(last, told)

    def _tell(self, pending: _Pending, reply: AuthoriseReply) -> None:
        if pending.connection.send(pending.row.finish(pending.answer, reply), pending.tpdu):
            self._answered.n += 1
        else:
            self._undeliverable.n += 1

    def expire(self, now_us: int) -> None:
        """Forget what core has not answered for so long that no terminal waits any more."""
        oldest_us = now_us - ANSWER_DEADLINE_S * _MICROSECONDS
        overdue: list[bytes] = []
        for attempt_id, pending in self._pending.items():
            if pending.received_at_us > oldest_us:
                break  # In order of reception.
            overdue.append(attempt_id)
        for attempt_id in overdue:
            pending = self._forget(attempt_id)
            pending.connection.request_done()
            if (said_again := pending.said_again) is not None:
                said_again.asked -= 1
                pending.said_again = None
            self._expired.n += 1

    def _repeat(self, first: _Pending, connection: TerminalConnection, tpdu: bytes) -> None:
        """The first answer answers the repeat too, on whichever connection the terminal is now."""
        self._repeats.n += 1
        if first.connection is connection:
            connection.request_done()
        else:
            first.connection.request_done()
            first.connection = connection
        first.tpdu = tpdu

    def _refuse(self, connection: TerminalConnection, answer: Message, tpdu: bytes) -> None:
        answer[39] = payment_code(Reason.SYSTEM_BUSY)
        connection.request_done()
        connection.send(answer, tpdu)

    def _publish(self, requests: list[Authorise]) -> None:
        self._sizes.observe(len(requests))
        if self._bus.connected:
            try:
                publish_batch(self._bus, _encode, AUTHORISE.subject, requests, self._inbox)
            except BusRefused as error:
                _log.warning("payments_refused", cause=error.limit, count=len(requests))
            else:
                return
        # Nothing left this process, so a decline is the truth.
        for request in requests:
            if request.id in self._pending:
                pending = self._forget(request.id)
                if (said_again := pending.said_again) is not None:
                    pending.connection.request_done()
                    self._hear(pending, said_again, AuthoriseReply(request.id, Reason.SYSTEM_BUSY, "", 0, ""))
                else:
                    self._refuse(pending.connection, pending.answer, pending.tpdu)

    def _on_replies(self, _subject: str, _reply: str, payload: bytes) -> None:
        now_us = time.time_ns() // 1000
        pendings = self._pending
        by_key = self._by_key
        for reply in _decode_replies(payload):
            pending = pendings.pop(reply.id, None)
            if pending is None:
                self._unexpected.n += 1
                continue
            if by_key.get(pending.key) is pending:
                del by_key[pending.key]
            connection = pending.connection
            connection.request_done()
            if (said_again := pending.said_again) is not None:
                self._hear(pending, said_again, reply)
            elif connection.send(pending.row.finish(pending.answer, reply), pending.tpdu):
                self._answered.n += 1
            else:
                self._undeliverable.n += 1
            took_us = now_us - pending.received_at_us
            self._seconds[pending.row.name](took_us)
            self._traces.note(reply.id, "edge", took_us, now_us)

    def _on_no_responders(self, _subject: str) -> None:
        # The server says that nobody took a batch, not which one: the terminals' own timeouts and repeats do the rest.
        self._unheard.n += 1

    def _forget(self, attempt_id: bytes) -> _Pending:
        pending = self._pending.pop(attempt_id)
        if self._by_key.get(pending.key) is pending:
            del self._by_key[pending.key]
        return pending


def _is_stamped_at_once(first: str, again: str) -> bool:
    """Whether two times of sending (MMDDhhmmss) lie within a minute: no terminal makes two payments in that."""
    try:
        sent = [datetime.strptime(f"{_LEAP_YEAR}{each}", "%Y%m%d%H%M%S") for each in (first, again)]  # noqa: DTZ007 -- Compared alone.
    except ValueError:
        return False
    return abs((sent[1] - sent[0]).total_seconds()) <= _STAMPED_AGAIN_S
