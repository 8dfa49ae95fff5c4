"""The daily run: takes what is due, pays it through the machine of payments, records how it ended (SCH-3).

It may be killed at any step and started again, and run in several processes at once:

| step | in one transaction | killed after it |
|---|---|---|
| 1 claim | instalments taken (whoever else claims passes them by), a debit each | the debit ends a minute later as not sent |
| 2 arm | the attempt, with its reversal armed: by the machine | the sweeper reverses what was sent |
| 3 decide | the outcome of the attempt: by the machine, or by the sweeper | the next round of any process settles it |
| 4 settle | what the attempt says: debit, instalment, order | nothing is left |

What an attempt says decides, whoever reads it; the memory of this process only makes that fast.
"""

import asyncio
import contextlib
import secrets
from datetime import date
from typing import Final

import asyncpg
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.bus import Bus
from core.contracts.payment import AuthoriseReply
from core.contracts.subjects import core_inbox
from core.db.passing import is_passing
from core.db.pool import open_pool
from core.schedules.collecting import store
from core.schedules.collecting.settling import settle
from core.transactions.exchanges.exchanges import Exchanges
from core.transactions.stored_cards.forestalling import ARMED_NO_MORE_S, forestall
from core.transactions.stored_cards.machine import StoredCards
from core.transactions.stored_cards.payment import StoredPayment
from core.values.clock import Clock, from_unix_us, paris_date
from core.values.ids import AttemptIds, lowest_id

CLAIMED_MAX: Final = 256
"""Instalments in a batch."""

UNDER_WAY_MAX: Final = 1_024
"""Debits that are claimed and not decided: a run waits for its hosts, and leaves them room for terminals."""

ROOM_WAIT_S: Final = 0.5
GATHERED_S: Final = 0.05
SETTLED_MAX: Final = 512
LEFT_MAX: Final = 200
LEFT_AGE_S: Final = 15
"""How old a debit is when rounds look at it that nobody has told of: whoever claimed it settles it sooner."""

CONNECTIONS_MAX: Final = 3
STATEMENT_TIMEOUT_MS: Final = 10_000

_log = structlog.get_logger("core.collecting")


class Collecting:
    """`collect` and `take_up` are called by the worker, again and again; `settle_decided` waits for what is decided.

    `calendar` says which day it is for schedules: in the sandbox it can be moved. What is sent is sent at the time of
    `clock`.
    """

    def __init__(
        self, *, dsn: str, bus: Bus, clock: Clock, calendar: Clock, instance: str, host_deadline_ms: int
    ) -> None:
        self._dsn = dsn
        self._name = f"{instance}-collect"
        self._clock = clock
        self._calendar = calendar
        self._ids = AttemptIds(secrets.randbits(62))
        self._cards = StoredCards(
            dsn=dsn,
            bus=bus,
            clock=clock,
            name=self._name,
            inbox=core_inbox(self._name, "worker"),
            committed=_nobody_waits,
            decided=self._on_decided,
            host_deadline_ms=host_deadline_ms,
        )
        self._pool: asyncpg.Pool | None = None
        self._after = store.Cursor()
        self._reached = store.Cursor()  # of the last claim, whether or not it was committed
        self._left_after = bytes(16)
        self._under_way: dict[bytes, date] = {}  # business dates of debits that this process has claimed
        self._decided: list[tuple[UUID, date]] = []
        self._woken = asyncio.Event()
        self._room = asyncio.Event()
        self.claimed = 0
        self.settled = 0
        self.left = 0

    async def start(self) -> None:
        """Open connections."""
        self._pool = await open_pool(
            self._dsn,
            name=f"guichet-{self._name}",
            connections_max=CONNECTIONS_MAX,
            statement_timeout_ms=STATEMENT_TIMEOUT_MS,
            of_batches=True,
        )
        await self._cards.start()

    async def stop(self) -> None:
        """Stop taking; what is under way is settled by the next round of whatever process."""
        await self._cards.stop()
        if self._pool is not None:
            await self._pool.close()

    @property
    def exchanges(self) -> Exchanges:
        """The exchanges with hosts of this run; what its orders owe back is sent by them too."""
        return self._cards.machine.exchanges

    @property
    def _connections(self) -> asyncpg.Pool:
        assert self._pool is not None
        return self._pool

    async def collect(self) -> int:
        """Claim and send what is due, for as long as room comes for more; return how many were claimed."""
        claimed = 0
        while await self._has_room():
            taken = await self._claim()
            claimed += taken
            if taken == 0:
                break
        return claimed

    async def _has_room(self) -> bool:
        """Wait until another batch may be under way, and no longer than hosts that are well take."""
        if len(self._under_way) + CLAIMED_MAX > UNDER_WAY_MAX:
            self._room.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ROOM_WAIT_S):
                    await self._room.wait()
        return len(self._under_way) + CLAIMED_MAX <= UNDER_WAY_MAX

    async def _claim(self) -> int:
        """Claim a batch; one by one where the database refuses what is written of one of them, so that the others go on."""
        try:
            return await self._claim_batch(CLAIMED_MAX)
        except Exception as error:
            if is_passing(error):
                raise
            _log.exception("instalments_not_claimed")
        claimed = 0
        for _ in range(CLAIMED_MAX):
            try:
                taken = await self._claim_batch(1)
            except Exception as error:
                if is_passing(error):
                    raise
                _log.exception("instalment_not_claimed", instalment=self._reached.instalment_id.hex)
                self._after = self._reached
                continue
            claimed += taken
            if taken == 0:
                break
        return claimed

    async def _claim_batch(self, count: int) -> int:
        now = self._calendar.now()
        today = paris_date(now)
        made_at_us = self._clock.unix_us()
        async with self._connections.acquire() as connection, connection.transaction():
            taken = await store.take_due(connection, today=today, now=now, after=self._after, limit=count)
            if not taken:
                # From the beginning again: what was given back meanwhile lies behind.
                self._after = store.Cursor()
                return 0
            self._reached = store.Cursor(*taken[-1])
            rows = await store.add_debits(
                connection,
                [instalment for _, instalment in taken],
                [self._ids.next(made_at_us) for _ in taken],
                made_at=from_unix_us(made_at_us // 1000 * 1000),
                today=today,
            )
            if len(rows) < len(taken):
                raise ValueError("an instalment that was claimed has no debit")
            await store.begin_run(connection, today)
        self._after = self._reached
        self.claimed += len(rows)
        payments: list[StoredPayment] = []
        for row in rows:
            if row["forbidden"]:
                self._decided.append((row["id"], row["business_date"]))
                continue
            payment = store.payment_of(row)
            self._under_way[payment.id] = row["business_date"]
            payments.append(payment)
        sent = self._cards.pay(payments)
        for payment in payments[sent:]:
            # The machine is without its database: nothing was armed, and a round of later ends the debit.
            self._under_way.pop(payment.id, None)
        self._woken.set()
        return len(rows)

    def _on_decided(self, reply: AuthoriseReply) -> None:
        business_date = self._under_way.pop(reply.id, None)
        if business_date is not None:
            self._decided.append((UUID(reply.id), business_date))
            self._woken.set()
            if len(self._under_way) + CLAIMED_MAX <= UNDER_WAY_MAX:
                self._room.set()

    async def settle_decided(self) -> None:
        """Wait until debits are decided, and settle them."""
        if not self._decided:
            self._woken.clear()
            await self._woken.wait()
            # Nobody waits for it: what is decided meanwhile shares its commit.
            await asyncio.sleep(GATHERED_S)
        while batch := self._decided[:SETTLED_MAX]:
            # What fails is settled by `take_up`.
            del self._decided[: len(batch)]
            await self._settle(batch)

    async def take_up(self) -> int:
        """Settle what nobody in any process has settled, and end what was claimed and never armed."""
        now_us = self._clock.unix_us()
        self._forget_untold(lowest_id(now_us - ARMED_NO_MORE_S * 1_000_000))
        left = await store.find_left(
            self._connections,
            after=self._left_after,
            before=lowest_id(now_us - LEFT_AGE_S * 1_000_000),
            armed_no_more_s=ARMED_NO_MORE_S,
            limit=LEFT_MAX,
        )
        # What cannot be settled is passed by, until the end is reached.
        self._left_after = left[-1][0].bytes if len(left) == LEFT_MAX else bytes(16)
        if ended := [(debit_id, day) for debit_id, day, has_ended in left if has_ended]:
            await self._settle(ended)
        for debit_id, day, has_ended in left:
            if not has_ended:
                try:
                    await self._end_unarmed(debit_id, day)
                except Exception as error:
                    if is_passing(error):
                        raise
                    _log.exception("debit_not_ended", trace_id=debit_id.hex)
        self.left += len(left)
        return len(left)

    def _forget_untold(self, before: bytes) -> None:
        """Make room for others: of these nobody in this process hears any more."""
        for debit_id in [each for each in self._under_way if each < before]:
            del self._under_way[debit_id]

    async def _end_unarmed(self, debit_id: UUID, business_date: date) -> None:
        async with self._connections.acquire() as connection, connection.transaction():
            payment = await store.lock_claimed(connection, debit_id)
            if payment is None or not await forestall(connection, payment, cause="collecting"):
                return
        _log.warning("debit_never_armed", trace_id=debit_id.hex)
        await self._settle([(debit_id, business_date)])

    async def _settle(self, debits: list[tuple[UUID, date]]) -> None:
        """Settle debits together; one by one where the database refuses what follows from one of them."""
        try:
            async with self._connections.acquire() as connection, connection.transaction():
                settled = await settle(connection, debits, now=self._calendar.now())
        except Exception as error:
            if is_passing(error):
                raise
            _log.exception("debits_not_settled", trace_id=debits[0][0].hex, count=len(debits))
            if len(debits) > 1:
                for each in debits:
                    await self._settle([each])
        else:
            self.settled += settled


def _nobody_waits() -> None:
    """The relay, in another process, looks by itself."""
