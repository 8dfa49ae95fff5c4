"""The round that tells customers: finds what is near, asks whether it is still so, writes the mail (NOT-1).

It may be killed at any step and started again, and run in several processes at once. A notice is decided in the transaction
that writes its mail, while its order is held: it is told once, and only while it is so.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from core.db.rows import Connection
from core.notifications.api import Queued, queue_mails
from core.schedules.notices import store
from core.schedules.notices.model import Due, Policy
from core.schedules.notices.rules import ending_months, is_still_so, letter_of
from core.values.clock import Clock, paris_date

BATCH_ROWS: Final = 200
BATCHES_MAX: Final = 5
"""As many in a round as leave the pool to others: what is left comes with the next one."""

CARDS_ROWS: Final = 1_000


class TellingRound:
    """One look at what customers are to be told of, by the calendar of schedules."""

    def __init__(self, pool: asyncpg.Pool, calendar: Clock) -> None:
        self._pool = pool
        self._calendar = calendar
        self._cards_on: date | None = None  # the day whose cards were looked through
        self._cards_after: tuple[str, bytes] | None = None

    async def round(self) -> int:
        """Tell what is due; return of how many notices it was decided."""
        now = self._calendar.now()
        policy = await store.read_policy(self._pool, paris_date(now))
        if policy is None:
            return 0
        await self._find(policy, now)
        decided = 0
        for _ in range(BATCHES_MAX):
            async with self._pool.acquire() as connection, connection.transaction():
                batch = await _tell(connection, policy, now)
            decided += batch
            if batch < BATCH_ROWS:
                break
        return decided

    async def _find(self, policy: Policy, now: datetime) -> None:
        today = paris_date(now)
        last = today + timedelta(days=policy.announce_days)
        for _ in range(BATCHES_MAX):
            found = await store.announce(self._pool, today=today, last=last, now=now, limit=BATCH_ROWS)
            if found < BATCH_ROWS:
                break
        for _ in range(BATCHES_MAX):
            if self._cards_on == today:
                break
            self._cards_after = await store.note_cards(
                self._pool,
                ending_months(today, policy.card_days),
                after=self._cards_after,
                now=now,
                limit=CARDS_ROWS,
            )
            if self._cards_after is None:
                self._cards_on = today


async def _tell(connection: Connection, policy: Policy, now: datetime) -> int:
    due = await store.take_due(connection, now, limit=BATCH_ROWS)
    told = [each for each in due if is_still_so(each, now)]
    mails = dict(zip([each.id for each in told], await queue_mails(connection, _mails(told)), strict=True))
    await store.decide(connection, [(each.id, mails.get(each.id)) for each in due], now=now)
    await store.remind_later(
        connection,
        [
            (each.order.id, each.about_id, number, now + timedelta(days=days))
            for each in told
            if each.kind == "instalment_unpaid"
            for number, days in enumerate(sorted(policy.reminder_days), start=1)
        ],
    )
    return len(due)


def _mails(told: Sequence[Due]) -> list[Queued]:
    letters = [(each, letter_of(each)) for each in told]
    return [
        Queued(
            template=letter.template,
            to=each.order.email,
            locale=each.order.language,
            facts=letter.facts,
            about_kind="order",
            about_id=each.order.id,
            once_key=each.id.hex(),
        )
        for each, letter in letters
    ]
