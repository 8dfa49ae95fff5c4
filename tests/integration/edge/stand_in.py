"""A stand-in for core on the real bus: answers what a test tells it to, and keeps what it was asked."""

import asyncio
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from core.bus import Batcher, Bus
from core.contracts.engine_requests import ENGINE_REQUESTS
from core.contracts.host_messages import HostSays, HostSaysKept
from core.contracts.payment import (
    AUTHORISE,
    HOST_REPLIED,
    Authorise,
    AuthoriseReply,
    Book,
    HostReply,
    HostRequest,
    Presence,
    RefusedFact,
    Reverse,
    SignOn,
    SignOnReply,
    Totals,
    TotalsReply,
)
from core.contracts.reasons import Reason
from core.contracts.subjects import ENGINE_QUEUE, PRESENCE, SIGN_ON, core_inbox, host
from core.values.clock import from_unix_us
from core.values.ids import rrn_of
from edge.translate.terminal_messages import TERMINAL_MESSAGES

encode = msgspec.msgpack.Encoder().encode
INBOX = core_inbox("stand-in")
TERMINALS_REFUSED = {"BLOCKED1": Reason.TERMINAL_BLOCKED, "UNKNOWN1": Reason.TERMINAL_UNKNOWN}

_VECTORS: Final = Path(__file__).parents[2] / "vectors" / "terminal_messages.json"

Decide = Callable[[Authorise], AuthoriseReply | None]


def approve(request: Authorise) -> AuthoriseReply:
    """Say yes, at once."""
    return AuthoriseReply(request.id, Reason.APPROVED, "A12345", request.amount_minor, rrn_of(request.id))


class StandInCore:
    """`decide` answers authorisations: None for silence, or with `via_host` the acquirer answers."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.decide: Decide = approve
        self.via_host = False
        self.acknowledge = True
        self.authorised: list[Authorise] = []
        self.asked: list[Reverse | Book | RefusedFact | Totals | HostSays] = []
        self.sign_ons: list[SignOn] = []
        self.presence: list[Presence] = []
        self.host_replies: list[HostReply] = []
        self.keep = True
        self._waiting: dict[bytes, str] = {}
        self._to_host: Batcher[HostRequest] = Batcher(self._send_to_host, count_max=512, waiting_max=100_000)

    @classmethod
    async def start(cls, url: str) -> "StandInCore":
        """Connect and listen."""
        bus = await Bus.connect(url, name="stand-in", inbox_prefix="_INBOX.core")
        core = cls(bus)
        bus.subscribe(AUTHORISE.subject, core._on_authorise, ENGINE_QUEUE)
        finish: dict[type[Any], Callable[[Any], Any]] = {
            **_answers_of_vectors(),
            AuthoriseReply: core._acknowledged,
            TotalsReply: core._counted,
            HostSaysKept: lambda _says: HostSaysKept(known=False),
        }
        for one in ENGINE_REQUESTS:
            if one is not AUTHORISE:
                bus.subscribe(one.subject, core._answer(one.asked, finish[one.reply]))
        bus.subscribe(SIGN_ON, core._on_sign_on)
        bus.subscribe(PRESENCE, core._on_presence)
        bus.subscribe(INBOX, core._on_host_replies)
        await bus.flush()
        return core

    async def close(self) -> None:
        """Go away."""
        await self.bus.close()

    def ask_host(self, requests: list[HostRequest], acquirer: str = "acq1") -> None:
        """Send requests to the acquirer; replies gather in `host_replies`."""
        self.bus.publish(host(acquirer), encode(requests), INBOX)

    def _on_authorise(self, _subject: str, reply: str, payload: bytes) -> None:
        requests = msgspec.msgpack.decode(payload, type=list[Authorise])
        if self.keep:
            self.authorised += requests
        if self.via_host:
            for request in requests:
                self._waiting[request.id] = reply
                self._to_host.add(host_request(request))
            return
        replies = [answer for request in requests if (answer := self.decide(request)) is not None]
        if replies:
            self.bus.publish(reply, encode(replies))

    def _send_to_host(self, requests: list[HostRequest]) -> None:
        self.ask_host(requests)

    def _on_host_replies(self, _subject: str, _reply: str, payload: bytes) -> None:
        replies = msgspec.msgpack.decode(payload, type=list[HostReply])
        if self.keep:
            self.host_replies += replies
        answers: dict[str, list[AuthoriseReply]] = {}
        for one in replies:
            inbox = self._waiting.pop(one.id, None)
            if inbox is not None:
                answers.setdefault(inbox, []).append(
                    AuthoriseReply(
                        one.id,
                        one.reason if one.result == HOST_REPLIED else Reason.HOST_NO_REPLY,
                        one.approval_code,
                        one.approved_minor,
                        rrn_of(one.id),
                        one.host_code,
                    )
                )
        for inbox, batch in answers.items():
            self.bus.publish(inbox, encode(batch))

    def _answer(self, kind: Any, finish: Callable[[Any], Any]) -> Callable[[str, str, bytes], None]:
        def on_message(_subject: str, reply: str, payload: bytes) -> None:
            request = msgspec.msgpack.decode(payload, type=kind)
            self.asked.append(request)
            if self.acknowledge:
                self.bus.publish(reply, encode(finish(request)))

        return on_message

    def _acknowledged(self, request: Reverse | Book) -> AuthoriseReply:
        reason = Reason.REVERSED_BY_TERMINAL if isinstance(request, Reverse) else Reason.ADVICE_BOOKED
        return AuthoriseReply(request.id, reason, "", 0, rrn_of(request.id))

    def _counted(self, request: Totals) -> TotalsReply:
        return TotalsReply(
            id=request.id,
            in_balance=request.debit_minor == 1250,
            debit_count=1,
            debit_minor=1250,
            credit_count=0,
            credit_minor=0,
            reversal_count=0,
            reversal_minor=0,
        )

    def _on_sign_on(self, _subject: str, reply: str, payload: bytes) -> None:
        request = msgspec.msgpack.decode(payload, type=SignOn)
        self.sign_ons.append(request)
        reason = TERMINALS_REFUSED.get(request.terminal, Reason.NONE)
        terminal_id = b"" if reason else request.terminal.encode().rjust(16, b"\0")
        self.bus.publish(reply, encode(SignOnReply(reason, terminal_id, "ascii1987", "5411")))

    def _on_presence(self, _subject: str, _reply: str, payload: bytes) -> None:
        self.presence += msgspec.msgpack.decode(payload, type=list[Presence])


def _answers_of_vectors() -> dict[type[Any], Callable[[Any], Any]]:
    """Return how core answers in the first vector of each type of answer, which every row that asks core has."""
    replies: dict[str, dict[str, Any]] = {}
    for vector in json.loads(_VECTORS.read_text()):
        replies.setdefault(vector["row"], vector["reply"])
    return {
        request.reply: partial(_answer_of, request.reply, replies[row.name])
        for row in reversed(TERMINAL_MESSAGES)
        if (request := row.request) is not None
    }


def _answer_of(reply: type[Any], facts: dict[str, Any], request: Any) -> Any:
    return reply(id=request.id, **facts)


def host_request(request: Authorise, *, message: str = "0200", deadline_s: float = 10.0) -> HostRequest:
    """Return what core would ask the host for this attempt."""
    return HostRequest(
        id=request.id,
        message=message,
        processing_code="000000",
        amount_minor=request.amount_minor,
        currency=request.currency,
        card_ciphertext=request.card.ciphertext,
        card_expiry=request.card.expiry,
        sensitive=request.sensitive,
        stan=request.stan,
        transmitted_at=request.transmitted_at or from_unix_us(request.received_at_us).strftime("%m%d%H%M%S"),
        local_time=request.local_time,
        entry_mode=request.entry_mode,
        merchant_category="5411",
        rrn=rrn_of(request.id),
        terminal=request.terminal_id.lstrip(b"\0").decode(),
        acceptor="000000000000001",
        partial_ok=request.partial_ok,
        received_at_us=request.received_at_us,
        deadline_at_us=time.time_ns() // 1000 + int(deadline_s * 1e6),
    )


async def main(url: str) -> None:
    """Run alone, for measuring edge: every authorisation goes to the host and back."""
    core = await StandInCore.start(url)
    core.keep = False
    core.via_host = True
    await asyncio.Event().wait()


if __name__ == "__main__":
    import sys

    import uvloop

    uvloop.run(main(sys.argv[1]))
