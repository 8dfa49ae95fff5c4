"""Edge's host links and the acquirer behind them, scripted: a book of its own, kept by reference."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.bus import Bus, Subscription
from core.contracts.payment import (
    DELIVERY_ACCEPTED,
    DELIVERY_NO_ORIGINAL,
    DELIVERY_REFUSED,
    HOST_NO_REPLY,
    HOST_NOT_SENT,
    HOST_REPLIED,
    HostReply,
    HostRequest,
)
from core.contracts.reasons import Reason
from core.contracts.subjects import LINKS_QUEUE, answers_of, host

ACQUIRER = "acq1"
EXCHANGE = msgspec.msgpack.encode([{}, {}])
_CODES = {Reason.APPROVED: "00", Reason.PARTIAL_APPROVAL: "10", Reason.INSUFFICIENT_FUNDS: "51"}

APPROVE = "approve"
PARTIAL = "partial"  # half of what was asked
DECLINE = "decline"
SILENT = "silent"  # approves in its book, the answer is lost, the link says "no reply" at once
MUTE = "mute"  # approves in its book and not even the link says anything
LATE = "late"  # approves in its book, the link says "no reply", then the answer comes
TWICE = "twice"  # approves and says so twice
NOT_SENT = "not_sent"  # the link had nobody to send to
ODD_CODE = "odd_code"  # approves in its book and answers with a code that nobody knows
OTHER_AMOUNT = "other_amount"  # approves another amount than asked; the link sees it
OTHER_CARD = "other_card"  # approves what was asked of another card; the link sees it
LOOSE_AMOUNT = "loose_amount"  # approves another amount, and a link that compares nothing passes it on
HOLD = "hold"  # approves in its book; the test lets the answer go


@dataclass
class Line:
    """What the host believes of one reference."""

    kind: str  # "0100", "0200", "refund", "advice"
    amount_minor: int
    captured_minor: int = 0
    reversed: bool = False


@dataclass
class StandInHost:
    """Answers `host.acq1`. Behaviours are taken from `script`, then from `usual`."""

    bus: Bus
    usual: str = APPROVE
    script: deque[str] = field(default_factory=deque)
    refuse_deliveries: bool = False
    delivery_codes: deque[tuple[str, int]] = field(default_factory=deque)  # host's code, what it means
    silent_deliveries: bool = False
    unwritable_deliveries: bool = False  # nothing leaves, for no message can be made of it
    book: dict[str, Line] = field(default_factory=dict)
    reversed_unseen: set[str] = field(default_factory=set)
    seen: list[HostRequest] = field(default_factory=list)
    held: dict[bytes, Callable[[], None]] = field(default_factory=dict)
    changes: dict[bytes, dict[str, Any]] = field(default_factory=dict)  # of what is said of an attempt
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    listening: Subscription | None = None
    usual_messages: bytes = EXCHANGE  # what is kept of an exchange

    def start(self) -> None:
        """Take messages."""
        decode = msgspec.msgpack.Decoder(list[HostRequest]).decode

        def on_message(_subject: str, reply: str, payload: bytes) -> None:
            for request in decode(payload):
                self.seen.append(request)
                self._handle(request, reply)
            self.arrived.set()

        self.listening = self.bus.subscribe(host(ACQUIRER), on_message, queue=LINKS_QUEUE)

    def forget(self) -> None:
        """Begin a new book and behave."""
        self.usual = APPROVE
        self.usual_messages = EXCHANGE
        self.refuse_deliveries = self.silent_deliveries = self.unwritable_deliveries = False
        for kept in (
            self.changes,
            self.script,
            self.delivery_codes,
            self.book,
            self.reversed_unseen,
            self.seen,
            self.held,
        ):
            kept.clear()

    def messages(self, mti: str) -> list[HostRequest]:
        """Every request of one message type, in order of arrival."""
        return [request for request in self.seen if request.message == mti]

    def _handle(self, request: HostRequest, reply: str) -> None:
        if request.message in ("0420", "0421"):
            self._deliver(request, reply, self._reverse)
        elif request.message in ("0120", "0121", "0220", "0221"):
            self._deliver(request, reply, self._book)
        else:
            self._decide(request, reply, self.script.popleft() if self.script else self.usual)

    def _deliver(self, request: HostRequest, reply: str, work: Callable[[HostRequest], int]) -> None:
        if self.silent_deliveries:
            self.say(reply, request, HOST_NO_REPLY, Reason.HOST_NO_REPLY)
        elif self.unwritable_deliveries:
            self.say(reply, request, HOST_NOT_SENT, Reason.MESSAGE_REFUSED, delivery=DELIVERY_REFUSED)
        elif self.delivery_codes:
            code, meant = self.delivery_codes.popleft()
            if meant in (DELIVERY_ACCEPTED, DELIVERY_NO_ORIGINAL):
                work(request)
            self.say(reply, request, HOST_REPLIED, Reason.OTHER_DECLINE, code=code, delivery=meant)
        elif self.refuse_deliveries:
            self.say(reply, request, HOST_REPLIED, Reason.SYSTEM_MALFUNCTION, code="96")
        else:
            self.say(reply, request, HOST_REPLIED, work(request))

    def _reverse(self, request: HostRequest) -> int:
        line = self.book.get(request.rrn)
        if line is None:
            self.reversed_unseen.add(request.rrn)
            return Reason.ORIGINAL_NOT_FOUND
        if request.replacement_minor >= 0:
            line.amount_minor = request.replacement_minor
            return Reason.APPROVED
        line.reversed = True
        return Reason.APPROVED

    def _book(self, request: HostRequest) -> int:
        if request.original_message:
            line = self.book.get(request.rrn)
            if line is None or line.reversed:
                return Reason.ORIGINAL_NOT_FOUND
            line.captured_minor = request.amount_minor
        elif request.rrn not in self.book:
            self.book[request.rrn] = Line("advice", request.amount_minor)
        return Reason.APPROVED

    def _decide(self, request: HostRequest, reply: str, behaviour: str) -> None:
        if behaviour == NOT_SENT:
            self.say(reply, request, HOST_NOT_SENT, Reason.HOST_UNREACHABLE)
            return
        if behaviour == DECLINE or request.rrn in self.reversed_unseen:
            self.say(reply, request, HOST_REPLIED, Reason.INSUFFICIENT_FUNDS)
            return
        amount_minor, reason = request.amount_minor, Reason.APPROVED
        if behaviour == PARTIAL and amount_minor > 1:
            amount_minor, reason = amount_minor // 2, Reason.PARTIAL_APPROVAL
        if request.rrn not in self.book:
            kind = "refund" if request.processing_code == "200000" else request.message
            booked_minor = amount_minor + 1 if behaviour in (OTHER_AMOUNT, LOOSE_AMOUNT) else amount_minor
            self.book[request.rrn] = Line(kind, booked_minor)

        def approve(late: bool = False) -> None:
            self.say(reply, request, HOST_REPLIED, reason, approved_minor=amount_minor, late=late)

        if behaviour in (APPROVE, PARTIAL):
            approve()
        elif behaviour == TWICE:
            approve()
            approve(late=True)
        elif behaviour == ODD_CODE:
            self.say(reply, request, HOST_REPLIED, Reason.HOST_CODE_UNKNOWN, code="77")
        elif behaviour in (OTHER_AMOUNT, OTHER_CARD):
            differs = behaviour.removeprefix("other_")
            self.say(reply, request, HOST_REPLIED, Reason.HOST_ANSWER_DIFFERS, code="00", differs=differs)
        elif behaviour == LOOSE_AMOUNT:
            self.say(reply, request, HOST_REPLIED, Reason.APPROVED, approved_minor=amount_minor + 1)
        elif behaviour == SILENT:
            self.say(reply, request, HOST_NO_REPLY, Reason.HOST_NO_REPLY)
        elif behaviour == LATE:
            self.say(reply, request, HOST_NO_REPLY, Reason.HOST_NO_REPLY)
            approve(late=True)
        elif behaviour == HOLD:
            self.held[request.id] = approve

    def say(
        self,
        subject: str,
        request: HostRequest,
        result: int,
        reason: int,
        *,
        code: str | None = None,
        approved_minor: int = 0,
        late: bool = False,
        differs: str = "",
        delivery: int = 0,
    ) -> None:
        """Answer as the link does."""
        replied = result == HOST_REPLIED
        approved = reason in (Reason.APPROVED, Reason.PARTIAL_APPROVAL)
        answer = HostReply(
            request.id,
            request.message,
            result,
            int(reason),
            (code or _CODES.get(Reason(reason), "05")) if replied else "",
            "A12345" if approved else "",
            approved_minor,
            100,
            2_000 if replied else 0,
            self.usual_messages if replied else b"",
            late,
            request.replacement_minor,
            differs,
            delivery,
        )
        changed = msgspec.structs.replace(answer, **self.changes.get(request.id, {}))
        self.bus.publish(answers_of(subject), msgspec.msgpack.encode([changed]))
