"""The estate: who pays next, with which card, and when the network fails."""

import asyncio
import contextlib
import logging
import random
import ssl
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zlib import crc32

import msgspec

from core.values.clock import PARIS
from deploy.sandbox.simulators.cards import CARDS, estate_pan, load_start
from deploy.sandbox.simulators.fleet.member import Member
from deploy.sandbox.simulators.fleet.tally import Summary, Tally
from deploy.sandbox.simulators.journal import Journal, JournalEntry
from deploy.sandbox.simulators.requests import LOAD_TERMINALS_ABOVE, ODD, USUAL, Habits, Identity
from deploy.sandbox.simulators.stans import StanFile, Stans, run_offset
from deploy.sandbox.simulators.terminal import Terminal

TICK_S = 0.01
DRAIN_S = 30.0
STOP_S = 2.0
SESSIONS_WAIT_S = 5.0
STAN_BLOCK = 50
TASKS_MAX = 5_000
_OFFLINE_SHARE = 0.5
_VARIED_CARDS = tuple(
    name
    for name, card in CARDS.items()
    if card.behaviour
    not in {
        "approve",
        "no-reply",
        "late",
        "close-link",
        "reversal-third",
        "reversal-refused",
        "duplicate-at-host",
        "with-identification",
        "vip",
        "update-track",
        "odd-code",
        "blank-code",
        "no-code",
        "other-amount",
        "other-currency",
        "other-card",
        "other-reference",
        "other-type",
        "lost-request",
        "reversal-forbidden",
    }
)
_ROUGH_CARDS = (
    "no-reply", "late", "reversal-third", "twice", "with-identification", "vip", "update-track", "odd-code", "blank-code",
    "no-code", "other-amount", "other-currency", "other-card", "other-reference", "other-type", "lost-request",
    "reversal-forbidden",
)  # fmt: skip


log = logging.getLogger("guichet.fleet")


class Plan(msgspec.Struct):
    """What an estate does. Shares are of all payments, between 0 and 1."""

    host: str
    port: int
    terminals: list[Identity]
    rate_per_s: float
    seconds: float | None = None  # None: until stopped
    declines: float = 0.08  # cards that are declined or partially approved
    rough: float = 0.002  # cards that get no answer, a late one or two
    holds: float = 0.03
    refunds: float = 0.02
    cancellations: float = 0.02
    verifications: float = 0.01
    parts: float = 0.0  # a part of an earlier payment taken back
    resets: float = 0.0  # a payment under the number of an earlier one, and its reversal
    foreign: float = 0.0  # what is done off line or taken back in the forms of other makers
    odd_clocks: float = 0.0  # terminals of the load that are overseas, or tell the time otherwise
    cuts: float = 0.002  # chance, a payment, that a terminal loses its network
    cut_s: float = 4.0
    reply_timeout_s: float = 30.0
    reversal_timeout_s: float = 10.0
    journal: Path | None = None
    stan_file: Path | None = None
    seed: int | None = None


def habits_of(identity: Identity, share: float) -> Habits:
    """Return how a terminal tells the time: the same at every run, and as usual for those of the demonstration."""
    number = identity.terminal.strip().removeprefix("T")
    if not number.isdecimal() or int(number) <= LOAD_TERMINALS_ABOVE:
        return USUAL
    draw = crc32(number.encode())
    return ODD[draw // 1000 % len(ODD)] if draw % 1000 < share * 1000 else USUAL


class Estate:
    """Many members, one plan."""

    def __init__(self, plan: Plan, *, tls: Callable[[str], ssl.SSLContext] | None = None) -> None:
        """Prepare. `tls` gives a terminal's client context. Raises: OSError for a journal that cannot be written."""
        self.plan = plan
        self.tally = Tally()
        self._chance = random.Random(plan.seed)  # noqa: S311 - shoppers, nothing secret
        self._journal = Journal(plan.journal) if plan.journal else None
        self._shopper = load_start()
        self._started = time.monotonic()
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        local = datetime.now(PARIS)
        first = run_offset(local.hour * 3600 + local.minute * 60 + local.second)
        self.members = [
            Member(
                Terminal(
                    identity,
                    host=plan.host,
                    port=plan.port,
                    stans=Stans(
                        identity.terminal,
                        file=self._stan_file(habits_of(identity, plan.odd_clocks)),
                        first=first,
                        block=STAN_BLOCK,
                    ),
                    habits=habits_of(identity, plan.odd_clocks),
                    tls=tls(identity.terminal) if tls else None,
                    reply_timeout_s=plan.reply_timeout_s,
                    reversal_timeout_s=plan.reversal_timeout_s,
                ),
                self.tally,
                tell=self._tell,
                chance=self._chance,
            )
            for identity in plan.terminals
        ]

    def _stan_file(self, habits: Habits) -> StanFile | None:
        """Return where numbers are counted: days of different clocks are counted apart."""
        path = self.plan.stan_file
        if path is None or habits == USUAL:
            return StanFile(path) if path else None
        clock = f"{habits.zone.rpartition('/')[2].lower()}{habits.clock_off_s:+d}"
        return StanFile(path.with_name(f"{path.stem}-{clock}{path.suffix}"))

    def _tell(self, entry: JournalEntry) -> None:
        if self._journal is not None:
            self._journal.tell(entry)

    def stop(self) -> None:
        """End the payments; `run` then drains and returns."""
        self._stopping.set()

    @property
    def waiting(self) -> int:
        """Reversals and advices without an answer yet."""
        return sum(len(member.waiting) for member in self.members)

    @property
    def online(self) -> int:
        """Terminals with a session."""
        return sum(member.online for member in self.members)

    def summary(self) -> Summary:
        """Return the figures at this moment."""
        return self.tally.summary(
            terminals=len(self.members), seconds=time.monotonic() - self._started, waiting=self.waiting
        )

    async def run(self, *, progress: Callable[["Estate", float], None] | None = None) -> Summary:
        """Behave for the plan's seconds or until stopped; `progress` gets the seconds since the start."""
        sessions = [asyncio.ensure_future(self._session(member)) for member in self.members]
        try:
            await self._wait_for_sessions()
            self._started = time.monotonic()
            if self.plan.seconds is not None and not self.tally.connections:
                # Nobody is there: what would be sold off line now could never be told.
                return self.summary()
            await self._pay(progress)
            if self._tasks:
                patience_s = STOP_S if self._stopping.is_set() else self.plan.reply_timeout_s + 5
                await asyncio.wait(self._tasks, timeout=patience_s)
            await self._drain(progress)
            return self.summary()
        finally:
            for running in (*sessions, *self._tasks):
                running.cancel()
            await asyncio.gather(*sessions, return_exceptions=True)
            await asyncio.gather(*(member.stop() for member in self.members), return_exceptions=True)
            if self._journal is not None:
                self._journal.close()

    async def _session(self, member: Member) -> None:
        # An estate never wakes up all at once.
        await asyncio.sleep(self._chance.uniform(0, min(1.0, len(self.members) / 200)))
        await member.keep_session()

    async def _wait_for_sessions(self) -> None:
        """Give the terminals a moment; those that cannot sign on sell offline or not at all."""
        until = time.monotonic() + SESSIONS_WAIT_S
        while self.online < len(self.members) and time.monotonic() < until and not self._stopping.is_set():
            await self._pause(0.05)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or less when stopped."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _pay(self, progress: Callable[["Estate", float], None] | None) -> None:
        plan, begun = self.plan, 0
        while not self._stopping.is_set():
            elapsed = time.monotonic() - self._started
            if plan.seconds is not None and elapsed >= plan.seconds:
                return
            while begun < elapsed * plan.rate_per_s:
                begun += 1
                self._begin()
            if progress is not None:
                progress(self, elapsed)
            await self._pause(max(TICK_S, min(0.2, 1 / plan.rate_per_s)))

    def _begin(self) -> None:
        free = [member for member in self.members if not member.busy] if len(self._tasks) < TASKS_MAX else []
        if not free:
            return
        member = self._chance.choice(free)
        member.busy = True
        task = asyncio.ensure_future(self._one(member))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a terminal stumbled: %s", task.exception())

    async def _one(self, member: Member) -> None:
        plan, chance = self.plan, self._chance
        try:
            if member.online and chance.random() < plan.cuts:
                member.cut(chance.uniform(0.5, 1.5) * plan.cut_s)
            draw = chance.random()
            seldom = plan.holds + plan.foreign
            if draw < plan.holds:
                hold = await member.sell(self._card(), self._amount(), hold=True)
                if hold is not None and hold.approved:
                    if chance.random() < plan.foreign:
                        member.complete_as_others(hold)
                    else:
                        await member.complete(hold)
            elif draw < seldom:
                if chance.random() < _OFFLINE_SHARE or not member.approved:
                    member.sell_as_others(self._card(), self._amount())
                else:
                    member.cancel_as_others(member.approved.pop())
            elif draw < seldom + plan.verifications:
                await member.verify(self._card())
            elif draw < seldom + plan.verifications + plan.refunds and member.approved:
                await member.refund(member.approved.popleft())
            elif draw < seldom + plan.verifications + plan.refunds + plan.cancellations and member.approved:
                member.cancel(member.approved.pop())
            elif draw > 1 - plan.parts and member.approved:
                paid = member.approved.pop()
                member.cancel(paid, stays_minor=max(1, paid.approved_minor * 6 // 10))
            elif 1 - plan.parts - plan.resets < draw <= 1 - plan.parts and member.approved:
                await member.sell_again_under(member.approved[0], self._card(), self._amount())
            else:
                await member.sell(self._card(), self._amount())
        finally:
            member.busy = False

    def _card(self) -> str:
        draw = self._chance.random()
        if draw < self.plan.rough:
            return CARDS[self._chance.choice(_ROUGH_CARDS)].pan
        if draw < self.plan.rough + self.plan.declines:
            return CARDS[self._chance.choice(_VARIED_CARDS)].pan
        self._shopper += 1
        return estate_pan(self._shopper)

    def _amount(self) -> int:
        """Most baskets are small; a few are not. Between 1 and 450 euros, which keeps clear of scripted amounts."""
        return int(min(45_000, 100 + self._chance.lognormvariate(7.6, 0.8)))

    async def _drain(self, progress: Callable[["Estate", float], None] | None) -> None:
        until = time.monotonic() + (STOP_S if self._stopping.is_set() else DRAIN_S)
        while self.waiting and time.monotonic() < until:
            if progress is not None:
                progress(self, time.monotonic() - self._started)
            await asyncio.sleep(0.1)
