"""One terminal of an estate: keeps its session up, pays when told to, never forgets a reversal or an advice."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Unpack

import msgspec

from deploy.sandbox.simulators import requests
from deploy.sandbox.simulators.fleet import foreign
from deploy.sandbox.simulators.fleet.tally import Tally
from deploy.sandbox.simulators.journal import (
    ADVICE_ACKNOWLEDGED,
    ANSWERED,
    NO_ANSWER,
    REVERSAL_ACKNOWLEDGED,
    JournalEntry,
)
from deploy.sandbox.simulators.requests import Later
from deploy.sandbox.simulators.stans import StansExhausted
from deploy.sandbox.simulators.terminal import Exchange, LinkLost, SignOnRefused, Terminal
from edge.protocol.field import Message

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
    outcome: str  # for the journal; empty: not told there
    tries: int = 0
    stays_minor: int = 0  # of a reversal in part


class Member:
    """A terminal at work. `tell` writes the journal."""

    def __init__(
        self, terminal: Terminal, tally: Tally, *, tell: Callable[[JournalEntry], None], chance: random.Random
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
        elif done.code == "00" and item.outcome:
            self._tally.advices_acknowledged += 1
        outcome = item.outcome if done.code == "00" else ANSWERED
        about = item.about if item.about is not None and done.code == "00" else item.message
        if not item.outcome:
            return True
        entry = _entry(outcome, about, item.about_day, done)
        self._tell(msgspec.structs.replace(entry, replacement_minor=item.stays_minor))
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

    def cancel(self, of: Exchange, *, stays_minor: int = 0) -> None:
        """Take an earlier payment back on the customer's wish, or all of it but `stays_minor`."""
        stan, at = self.terminal.moment()
        message = requests.reversal(
            of.request,
            mti="0400",
            stan=stan,
            at=at,
            reason=requests.CUSTOMER_CANCELLATION,
            rrn=of.rrn,
            stays_minor=stays_minor,
            habits=self.terminal.habits,
        )
        self._wait_for(Waiting(message, of.request, of.day, REVERSAL_ACKNOWLEDGED, stays_minor=stays_minor))

    async def sell_again_under(self, earlier: Exchange, pan: str, amount_minor: int) -> Exchange | None:
        """Pay under the number of an earlier payment, as after a counter reset, on the day before by a wrong clock."""
        if not self.online:
            return None
        _, at = self.terminal.moment()
        day = date.fromisoformat(at.day) - timedelta(days=1)
        request = requests.payment(
            self.terminal.identity,
            mti="0200",
            processing_code=requests.PURCHASE,
            pan=pan,
            amount_minor=amount_minor,
            stan=str(earlier.request[11]),
            at=replace(at, local_date=f"{day:%m%d}", day=day.isoformat()),
        )
        done = await self._exchange(request, day.isoformat())
        if done is not None and done.approved:
            message = requests.reversal(
                request, mti="0400", stan=self.terminal.moment()[0], at=at,
                reason=requests.CUSTOMER_CANCELLATION, habits=self.terminal.habits,
            )  # fmt: skip
            self._wait_for(Waiting(message, request, day.isoformat(), REVERSAL_ACKNOWLEDGED))
        return done

    def sell_as_others(self, pan: str, amount_minor: int) -> None:
        """Tell of an offline sale in one of the forms of other makers."""
        messages = self._chance.choice(foreign.OFFLINE)(
            self.terminal, foreign.Sale(pan, amount_minor), self._chance
        )
        self._send_all(messages)

    def cancel_as_others(self, of: Exchange) -> None:
        """Take a payment back in one of the forms of other makers."""
        self._send_all(self._chance.choice(foreign.CANCELLING)(self.terminal, of, self._chance))

    def complete_as_others(self, hold: Exchange) -> None:
        """Capture a hold that is named by its approval code alone."""
        self._send_all([foreign.completion_by_code(self.terminal, hold)])

    def _send_all(self, messages: list[Message]) -> None:
        for message in messages:
            self._wait_for(Waiting(message, None, self.terminal.today(), ""))

    async def _ask(
        self, mti: str, code: str, pan: str, amount_minor: int, **details: Unpack[Later]
    ) -> Exchange | None:
        request = self.terminal.make_payment(mti, code, pan, amount_minor, **details)
        done = await self._exchange(request)
        if done is None or done.answer is None:
            return done
        if done.approved and done.rrn and code == requests.PURCHASE and amount_minor and mti == "0200":
            self.approved.append(done)
        return done

    async def _exchange(self, request: Message, day: str = "") -> Exchange | None:
        """Ask and note what came; no answer means a reversal, no link means nothing was asked."""
        async with self._turn:
            try:
                done = await self.terminal.exchange(request)
            except LinkLost:
                self._tally.refused_offline += 1
                return None
        day = day or done.day
        self._tally.sent += 1
        if done.answer is None:
            self._tally.unknown += 1
            self._tell(_entry(NO_ANSWER, request, day, done))
            self._wait_for(Waiting(self.terminal.make_reversal(request), request, day, REVERSAL_ACKNOWLEDGED))
            return done
        self._tally.answered(done.code, done.elapsed_ms)
        self._tell(_entry(ANSWERED, request, day, done))
        return done

    def _wait_for(self, item: Waiting) -> None:
        self.waiting.append(item)
        self._wake.set()


def _entry(outcome: str, about: Message, day: str, done: Exchange) -> JournalEntry:
    entry = JournalEntry(
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
    return (
        msgspec.structs.replace(entry, approved_minor=done.approved_minor) if outcome == ANSWERED else entry
    )
