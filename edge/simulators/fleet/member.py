"""One terminal of an estate: keeps its session up, pays when told to, never forgets a reversal or an advice."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from edge.protocol.field import Message
from edge.simulators import requests
from edge.simulators.fleet.tally import Tally
from edge.simulators.journal import ADVICE_ACKNOWLEDGED, ANSWERED, NO_ANSWER, REVERSAL_ACKNOWLEDGED, Told
from edge.simulators.stans import StansExhausted
from edge.simulators.terminal import Exchange, LinkLost, SignOnRefused, Terminal

WAITING_MAX = 500
"""Reversals and advices that a terminal keeps; beyond them it refuses to sell, as real ones do."""

OFFLINE_FLOOR_MINOR = 5_000
RECONNECT_S_MIN, RECONNECT_S_MAX = 0.2, 5.0
REFUSED_WAIT_S = 5.0
ECHO_AFTER_S = 30.0
AGAIN_S = 1.0
REMEMBERED_MAX = 20
_TRY_LATER = {"91", "96"}
_OFFLINE_APPROVAL = "OFFL01"


@dataclass(slots=True)
class Waiting:
    """Something that must be answered. `about` is the payment that a reversal takes back."""

    message: Message
    about: Message | None
    about_day: str
    outcome: str
    tries: int = 0


class Member:
    """A terminal at work. `tell` writes the journal."""

    def __init__(
        self, terminal: Terminal, tally: Tally, *, tell: Callable[[Told], None], chance: random.Random
    ) -> None:
        self.terminal = terminal
        self.waiting: deque[Waiting] = deque()
        self.busy = False
        self.online = False
        self.approved: deque[Exchange] = deque(maxlen=REMEMBERED_MAX)
        self._tally = tally
        self._tell = tell
        self._chance = chance
        self._offline_until = 0.0
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()

    # The session

    async def keep_session(self) -> None:
        """Connect, sign on, deliver what waits, echo; again after every loss, with a growing and random pause."""
        loop = asyncio.get_running_loop()
        pause = RECONNECT_S_MIN
        while True:
            offline = self._offline_until - loop.time()
            if offline > 0:
                await asyncio.sleep(offline)
            try:
                await self.terminal.connect()
                await self.terminal.sign_on()
            except SignOnRefused:
                self._tally.sign_ons_refused += 1
                await self.terminal.close()
                await asyncio.sleep(REFUSED_WAIT_S * self._chance.uniform(0.5, 1.5))
                continue
            except LinkLost:
                await asyncio.sleep(pause * self._chance.uniform(0.5, 1.5))
                pause = min(pause * 2, RECONNECT_S_MAX)
                continue
            self._tally.connections += 1
            self.online = True
            pause = RECONNECT_S_MIN
            try:
                await self._while_connected()
            finally:
                self.online = False
                self._tally.unexpected += len(self.terminal.unexpected)

    async def _while_connected(self) -> None:
        lost = asyncio.ensure_future(self.terminal.until_lost())
        try:
            while not lost.done():
                delivered = await self._deliver()
                if self.waiting and delivered:
                    continue
                pause = AGAIN_S if self.waiting else ECHO_AFTER_S * self._chance.uniform(0.7, 1.3)
                self._wake.clear()
                woken = asyncio.ensure_future(self._wake.wait())
                try:
                    await asyncio.wait({lost, woken}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
                    silent = not woken.done()
                finally:
                    woken.cancel()
                if silent and not self.waiting and not lost.done():
                    await self._echo()
        finally:
            lost.cancel()

    async def _echo(self) -> None:
        async with self._turn:
            try:
                done = await self.terminal.echo()
            except LinkLost:
                return
        self._tally.echoes += 1
        if done.answer is None:
            # A half-open socket looks fine until somebody asks.
            self.terminal.cut()

    async def _deliver(self) -> bool:
        """Send the first thing that waits, once. Return whether it is done with."""
        if not self.waiting:
            return False
        item = self.waiting[0]
        message = requests.repeated(item.message) if item.tries else item.message
        async with self._turn:
            try:
                done = await self.terminal.exchange(message, timeout_s=self.terminal.reversal_timeout_s)
            except LinkLost:
                return False
        item.tries += 1
        if done.answer is None or done.code in _TRY_LATER:
            return False
        self.waiting.popleft()
        if done.code == "00" and item.outcome == REVERSAL_ACKNOWLEDGED:
            self._tally.reversed += 1
        elif done.code == "00":
            self._tally.advices_acknowledged += 1
        outcome = item.outcome if done.code == "00" else ANSWERED
        about = item.about if item.about is not None and done.code == "00" else item.message
        self._tell(_told(outcome, about, item.about_day, done))
        return True

    def cut(self, seconds: float) -> None:
        """Lose the network for so long."""
        self._offline_until = asyncio.get_running_loop().time() + seconds
        self.terminal.cut()

    async def stop(self) -> None:
        """Sign off, where there is a session, and close."""
        if self.terminal.connected:
            with contextlib.suppress(LinkLost, TimeoutError, StansExhausted):
                await asyncio.wait_for(self.terminal.sign_off(), 2.0)
        await self.terminal.close()

    # The trade

    async def sell(
        self, pan: str, amount_minor: int, *, hold: bool = False, expiry: str = requests.EXPIRY
    ) -> Exchange | None:
        """Take a payment, offline below the floor when there is no network. Return the exchange, if there was one."""
        if len(self.waiting) >= WAITING_MAX or (
            not self.online and (hold or amount_minor > OFFLINE_FLOOR_MINOR)
        ):
            self._tally.refused_offline += 1
            return None
        if not self.online:
            self._sell_offline(pan, amount_minor)
            return None
        return await self._ask(
            "0100" if hold else "0200", requests.PURCHASE, pan, amount_minor, partial_ok=True, expiry=expiry
        )

    def _sell_offline(self, pan: str, amount_minor: int) -> None:
        advice = self.terminal.make_payment(
            "0220", requests.PURCHASE, pan, amount_minor, approval_code=_OFFLINE_APPROVAL
        )
        self._tally.advices += 1
        self._wait_for(Waiting(advice, None, self.terminal.today(), ADVICE_ACKNOWLEDGED))

    async def verify(self, pan: str) -> Exchange | None:
        """Check a card."""
        return await self._ask("0100", requests.VERIFICATION, pan, 0) if self.online else None

    async def refund(self, of: Exchange) -> Exchange | None:
        """Give an earlier purchase back."""
        if not self.online:
            return None
        return await self._ask("0200", requests.REFUND, str(of.request[2]), of.approved_minor, rrn=of.rrn)

    async def complete(self, hold: Exchange) -> None:
        """Capture a hold, offline if need be."""
        completion = self.terminal.make_payment(
            "0220",
            requests.PURCHASE,
            str(hold.request[2]),
            hold.approved_minor,
            rrn=hold.rrn,
            approval_code=hold.approval_code,
        )
        self._tally.advices += 1
        self._wait_for(Waiting(completion, None, self.terminal.today(), ADVICE_ACKNOWLEDGED))

    def cancel(self, of: Exchange) -> None:
        """Take an earlier payment back on the customer's wish."""
        stan, at = self.terminal.moment()
        message = requests.reversal(
            of.request, mti="0400", stan=stan, at=at, reason=requests.CUSTOMER_CANCELLATION, rrn=of.rrn
        )
        self._wait_for(Waiting(message, of.request, of.day, REVERSAL_ACKNOWLEDGED))

    async def _ask(
        self, mti: str, code: str, pan: str, amount_minor: int, **more: str | bool
    ) -> Exchange | None:
        async with self._turn:
            request = self.terminal.make_payment(mti, code, pan, amount_minor, **more)
            try:
                done = await self.terminal.exchange(request)
            except LinkLost:
                self._tally.refused_offline += 1
                return None
        self._tally.sent += 1
        if done.answer is None:
            self._tally.unknown += 1
            self._tell(_told(NO_ANSWER, request, done.day, done))
            self._wait_for(
                Waiting(self.terminal.make_reversal(request), request, done.day, REVERSAL_ACKNOWLEDGED)
            )
            return done
        self._tally.answered(done.code, done.elapsed_ms)
        self._tell(_told(ANSWERED, request, done.day, done))
        if done.approved and done.rrn and code == requests.PURCHASE and amount_minor and mti == "0200":
            self.approved.append(done)
        return done

    def _wait_for(self, item: Waiting) -> None:
        self.waiting.append(item)
        self._wake.set()


def _told(outcome: str, about: Message, day: str, done: Exchange) -> Told:
    told = Told(
        outcome=outcome,
        at_us=int(done.sent_at.timestamp() * 1_000_000),
        terminal=str(about[41]),
        day=day,
        message_class=str(about[0])[:2],
        stan=str(about[11]),
        amount_minor=int(about.get(4, 0)),
        mti=str(about[0]),
        processing_code=str(about.get(3, "")),
        code=done.code,
        rrn=done.rrn,
        approval_code=done.approval_code.strip(),
        original_rrn=str(about.get(37, "")),
    )
    return msgspec.structs.replace(told, approved_minor=done.approved_minor) if outcome == ANSWERED else told
