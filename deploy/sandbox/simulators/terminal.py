"""One terminal over one socket: it asks, waits, and takes back what got no answer, as the real ones do.

A payment without an answer in time is never asked again: its reversal is sent, and repeated until somebody answers.
"""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, TypeAlias, Unpack, cast

from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.requests import DayTotals, Details, Habits, Identity, Later, Moment
from deploy.sandbox.simulators.stans import Stans
from edge.dialects import DIALECTS
from edge.protocol.errors import ProtocolError
from edge.protocol.field import Message
from edge.protocol.framing import FrameReader, frame
from edge.protocol.message_types import response_mti

CONNECT_TIMEOUT_S = 10.0
REPLY_TIMEOUT_S = 30.0
REVERSAL_TIMEOUT_S = 10.0
REVERSALS_MAX = 5
_CODEC = DIALECTS["ascii1987"]


LossKind: TypeAlias = Literal["closed", "tls", "silent", "none", "no-sign-on"]


class TerminalError(Exception):
    """Something between a terminal and its edge, in words fit for one line."""


class LinkLost(TerminalError):
    """The socket closed, or was never there; `how` and the facts are for who says it in another language."""

    def __init__(self, said: str, *, how: LossKind, **facts: str) -> None:
        super().__init__(said)
        self.how = how
        self.facts = facts


class SignOnRefused(TerminalError):
    """The edge knows better than to let this terminal in."""

    def __init__(self, code: str, shown: str = "") -> None:
        super().__init__(f"sign-on refused with code {code}")
        self.code = code
        self.shown = shown  # field 44: the words for the till


@dataclass(slots=True)
class Exchange:
    """One request and what came of it. `answer` is None when nothing came in time."""

    request: Message
    answer: Message | None
    sent_at: datetime
    elapsed_ms: float
    day: str

    @property
    def code(self) -> str:
        """Data element 39, empty without an answer."""
        return str(self.answer.get(39, "")) if self.answer else ""

    @property
    def approved(self) -> bool:
        """Whether it was approved, in full or in part."""
        return self.code in {"00", "10"}

    @property
    def rrn(self) -> str:
        """Data element 37 of the answer."""
        return str(self.answer.get(37, "")) if self.answer else ""

    @property
    def approved_minor(self) -> int:
        """What was approved, in minor units: data element 4 of an approving answer."""
        if self.answer is None or not self.approved:
            return 0
        return int(self.answer.get(4, self.request.get(4, 0)))

    @property
    def approval_code(self) -> str:
        """Data element 38 of the answer."""
        return str(self.answer.get(38, "")) if self.answer else ""


@dataclass(slots=True)
class Payment:
    """A payment with the reversals that its silence caused, in order; the last one may be answered."""

    exchange: Exchange
    reversals: list[Exchange]

    @property
    def reversal_acknowledged(self) -> bool:
        """Whether somebody answered the last reversal with acceptance."""
        return bool(self.reversals) and self.reversals[-1].code == "00"


class _Socket(asyncio.Protocol):
    """Frames to and from waiting requests, by type of answer and STAN."""

    def __init__(self) -> None:
        self.waiting: dict[tuple[str, str], asyncio.Future[Message]] = {}
        self.unexpected: list[Message] = []
        self.lost = asyncio.get_running_loop().create_future()
        self._reader = FrameReader()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            for raw in self._reader.feed(data):
                message = _CODEC.decode(raw)
                future = self.waiting.get((str(message[0]), str(message.get(11, ""))))
                if future is not None and not future.done():
                    future.set_result(message)
                elif len(self.unexpected) < 100:
                    self.unexpected.append(message)
        except ProtocolError:
            assert self.transport is not None
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.transport = None
        if not self.lost.done():
            self.lost.set_result(None)
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(
                    LinkLost("the connection was closed before an answer came", how="closed")
                )


class Terminal:
    """A terminal. One request at a time is what real ones do; this class does not insist."""

    def __init__(
        self,
        identity: Identity,
        *,
        host: str,
        port: int,
        stans: Stans,
        tls: ssl.SSLContext | None = None,
        reply_timeout_s: float = REPLY_TIMEOUT_S,
        reversal_timeout_s: float = REVERSAL_TIMEOUT_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        habits: Habits = requests.USUAL,
    ) -> None:
        self.identity = identity
        self.habits = habits
        self.reply_timeout_s = reply_timeout_s
        self.reversal_timeout_s = reversal_timeout_s
        self._address = (host, port)
        self._stans = stans
        self._tls = tls
        self._now = now
        self._socket: _Socket | None = None

    @property
    def connected(self) -> bool:
        """Whether the socket is open."""
        return self._socket is not None and self._socket.transport is not None

    async def until_lost(self) -> None:
        """Return once the socket is closed, at once when there is none."""
        if self._socket is not None:
            await asyncio.shield(self._socket.lost)

    @property
    def unexpected(self) -> list[Message]:
        """Answers that nobody waited for: late ones and doubles."""
        return self._socket.unexpected if self._socket else []

    async def connect(self) -> None:
        """Open the socket. Raises: LinkLost."""
        await self.close()
        loop = asyncio.get_running_loop()
        host, port = self._address
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, self._socket = await loop.create_connection(
                    _Socket, host, port, ssl=self._tls, server_hostname=host if self._tls else None
                )
        except ssl.SSLError as error:
            address, reason = f"{host}:{port}", error.reason or "handshake failed"
            raise LinkLost(
                f"{address} refused the TLS session: {reason}", how="tls", address=address, reason=reason
            ) from error
        except (OSError, TimeoutError) as error:
            address = f"{host}:{port}"
            raise LinkLost(f"nothing answers at {address}", how="silent", address=address) from error

    async def close(self) -> None:
        """Close the socket, if it is open."""
        if self._socket is not None and self._socket.transport is not None:
            self._socket.transport.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._socket.lost), 2.0)

    def cut(self) -> None:
        """Drop the socket as a pulled cable does, without a word."""
        if self._socket is not None and self._socket.transport is not None:
            self._socket.transport.abort()

    def today(self) -> str:
        """Return the terminal's local date, ISO."""
        return Moment.of(self._now(), self.habits).day

    def moment(self) -> tuple[str, Moment]:
        """Return a new STAN and the present."""
        at = Moment.of(self._now(), self.habits)
        return self._stans.take(date.fromisoformat(at.day)), at

    async def exchange(self, request: Message, *, timeout_s: float | None = None) -> Exchange:
        """Send one message and wait for its answer. Raises: LinkLost before anything is sent; later it is silence."""
        socket = self._socket
        if socket is None or socket.transport is None or socket.transport.is_closing():
            raise LinkLost("the terminal is not connected", how="none")
        key = (response_mti(str(request[0])), str(request[11]))
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        socket.waiting[key] = future
        data = frame(_CODEC.encode(request))
        sent_at, started = self._now(), time.perf_counter()
        answer: Message | None = None
        try:
            socket.transport.write(data)
            answer = await asyncio.wait_for(future, self.reply_timeout_s if timeout_s is None else timeout_s)
        except (TimeoutError, LinkLost):
            pass
        finally:
            socket.waiting.pop(key, None)
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Exchange(request, answer, sent_at, elapsed_ms, Moment.of(sent_at, self.habits).day)

    async def sign_on(self) -> Exchange:
        """Open the session. Raises: LinkLost, SignOnRefused."""
        stan, at = self.moment()
        done = await self.exchange(
            requests.sign_on(self.identity, stan=stan, at=at), timeout_s=CONNECT_TIMEOUT_S
        )
        if done.answer is None:
            raise LinkLost("the sign-on got no answer", how="no-sign-on")
        if done.code != "00":
            raise SignOnRefused(done.code, str(done.answer.get(44, "")))
        return done

    async def sign_off(self) -> Exchange:
        """End the session."""
        stan, at = self.moment()
        return await self.exchange(requests.sign_off(self.identity, stan=stan, at=at))

    async def echo(self) -> Exchange:
        """Ask whether anybody is there."""
        stan, at = self.moment()
        return await self.exchange(requests.echo(self.identity, stan=stan, at=at))

    async def pay(self, pan: str, amount_minor: int, **details: Unpack[Details]) -> Payment:
        """Buy (0200); an approval in part is welcome unless it is said not to be."""
        details.setdefault("partial_ok", True)
        return await self._ask("0200", requests.PURCHASE, pan, amount_minor, **details)

    async def preauthorise(self, pan: str, amount_minor: int, **details: Unpack[Details]) -> Payment:
        """Hold an amount (0100)."""
        return await self._ask("0100", requests.PURCHASE, pan, amount_minor, **details)

    async def verify(self, pan: str, **details: Unpack[Details]) -> Payment:
        """Ask whether a card is good (0100, amount 0)."""
        return await self._ask("0100", requests.VERIFICATION, pan, 0, **details)

    async def refund(self, pan: str, amount_minor: int, *, rrn: str, **details: Unpack[Details]) -> Payment:
        """Give back (0200, processing code 20) what `rrn` names."""
        return await self._ask("0200", requests.REFUND, pan, amount_minor, rrn=rrn, **details)

    async def _ask(
        self, mti: str, processing_code: str, pan: str, amount_minor: int, **details: Unpack[Later]
    ) -> Payment:
        request = self.make_payment(mti, processing_code, pan, amount_minor, **details)
        done = await self.exchange(request)
        return Payment(done, [] if done.answer is not None else await self.reverse(request))

    def make_payment(
        self, mti: str, processing_code: str, pan: str, amount_minor: int, **details: Unpack[Later]
    ) -> Message:
        """Return a request of its own STAN. Raises: StansExhausted."""
        stan, at = self.moment()
        return requests.payment(
            self.identity,
            mti=mti,
            processing_code=processing_code,
            pan=pan,
            amount_minor=amount_minor,
            stan=stan,
            at=at,
            **details,
        )

    async def complete(
        self, pan: str, amount_minor: int, *, rrn: str, **details: Unpack[Details]
    ) -> Exchange:
        """Capture a hold (0220 with the RRN of the hold)."""
        return await self.advise(pan, amount_minor, rrn=rrn, **details)

    async def advise(self, pan: str, amount_minor: int, **details: Unpack[Later]) -> Exchange:
        """Tell of a purchase that was approved offline, or complete one; repeated (0221) when nobody answers."""
        request = self.make_payment("0220", requests.PURCHASE, pan, amount_minor, **details)
        return await self.insist(request, tries=REVERSALS_MAX, timeout_s=self.reply_timeout_s)

    async def cancel(self, original: Message, *, rrn: str = "") -> Exchange:
        """Take back an answered payment on the customer's wish (0400, reason 17)."""
        stan, at = self.moment()
        request = requests.reversal(
            original,
            mti="0400",
            stan=stan,
            at=at,
            reason=requests.CUSTOMER_CANCELLATION,
            rrn=rrn,
            habits=self.habits,
        )
        return await self.insist(request, tries=REVERSALS_MAX, timeout_s=self.reply_timeout_s)

    def make_reversal(self, original: Message, *, rrn: str = "") -> Message:
        """Return a 0420 for a message whose answer never came."""
        stan, at = self.moment()
        return requests.reversal(
            original,
            mti="0420",
            stan=stan,
            at=at,
            reason=requests.LATE_OR_NO_RESPONSE,
            rrn=rrn,
            habits=self.habits,
        )

    async def reverse(
        self, original: Message, *, rrn: str = "", tries: int = REVERSALS_MAX
    ) -> list[Exchange]:
        """Take back a message whose answer never came: 0420, then 0421 until answered, `tries` in all."""
        request = self.make_reversal(original, rrn=rrn)
        return await self._insist(request, tries=tries, timeout_s=self.reversal_timeout_s)

    async def insist(self, request: Message, *, tries: int, timeout_s: float) -> Exchange:
        """Send a message and its repeats until one is answered; return the last exchange."""
        return (await self._insist(request, tries=tries, timeout_s=timeout_s))[-1]

    async def _insist(self, request: Message, *, tries: int, timeout_s: float) -> list[Exchange]:
        exchanges: list[Exchange] = []
        message = request
        for _ in range(tries):
            if exchanges and not self.connected:
                break
            if not self.connected:
                return [Exchange(request, None, self._now(), 0.0, Moment.of(self._now(), self.habits).day)]
            exchanges.append(await self.exchange(message, timeout_s=timeout_s))
            if exchanges[-1].answer is not None:
                break
            message = requests.repeated(request)
        return exchanges

    async def send_totals(self, counted: DayTotals, *, currency: str = "978") -> Exchange:
        """Compare the day's totals (0500)."""
        stan, at = self.moment()
        return await self.exchange(
            requests.totals(self.identity, counted, stan=stan, at=at, currency=currency)
        )
