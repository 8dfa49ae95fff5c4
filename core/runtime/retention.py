"""Making room: what is past its keeping time goes, in small batches.

A statement that removes says `$1 cutoff` (a moment, or its lowest id: ids are UUIDv7) and `$2 rows`, takes the oldest
first, and skips what is locked, so that two workers share the work and wait for nobody.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

import asyncpg
import structlog

from core.db.rows import uuid_of
from core.values.clock import Clock, to_unix_us
from core.values.ids import lowest_id
from observability.metrics import PRUNED_ROWS
from observability.process import SettingRefused

DAYS_MAX: Final = 3_650
BATCH_ROWS: Final = 2_000
# A run on a table that has waited for years ends, and the next one goes on.
BATCHES_MAX: Final = 200
# Between two batches others commit, vacuum gets on, and a standby keeps up.
PAUSE_S: Final = 0.05

_log = structlog.get_logger("core.retention")


class RetentionRule(NamedTuple):
    """One kind of row: `statement` removes a batch of it; `by_id` when its cutoff is an id, else a moment.

    With `until`, a statement that finds the cutoff, it has no age of its own: it goes with what it belongs to.
    """

    table: str
    statement: str
    setting: str = ""
    days: int = 0
    days_min: int = 0
    by_id: bool = True
    until: str = ""


def ages(rules: Iterable[RetentionRule], environment: Mapping[str, str]) -> dict[str, timedelta]:
    """Return how long each is kept, by table. Raises: SettingRefused."""
    found: dict[str, timedelta] = {}
    for each in rules:
        if each.until:
            continue
        text = environment.get(each.setting, "") or str(each.days)
        # At most five digits: `int` of a longer text is nobody's number of days.
        if not (text.isascii() and text.isdigit() and len(text) <= 5):
            raise SettingRefused(f"{each.setting} is not a number of days")
        days = int(text)
        if not each.days_min <= days <= DAYS_MAX:
            raise SettingRefused(f"{each.setting} takes {each.days_min} to {DAYS_MAX} days")
        found[each.table] = timedelta(days=days)
    return found


class Retention:
    """One run removes what is due of every table; a second worker's run shares the work."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        rules: Iterable[RetentionRule],
        environment: Mapping[str, str],
        *,
        batch_rows: int = BATCH_ROWS,
        batches_max: int = BATCHES_MAX,
    ) -> None:
        """Raises: SettingRefused."""
        self._pool = pool
        self._clock = clock
        self._rules = tuple(rules)
        self._ages = ages(self._rules, environment)
        self._batch_rows = batch_rows
        self._batches_max = batches_max

    async def run(self) -> dict[str, int]:
        """Return how many rows of each table went; a table whose cutoff nothing gives is left out."""
        removed: dict[str, int] = {}
        for rule in self._rules:
            cutoff = await self._cutoff(rule)
            if cutoff is not None:
                removed[rule.table] = await self._remove(rule, cutoff)
        if any(removed.values()):
            _log.info("pruned", **{table: rows for table, rows in removed.items() if rows})
        return removed

    async def _cutoff(self, rule: RetentionRule) -> Any:
        if rule.until:
            return await self._pool.fetchval(rule.until)
        moment = self._clock.now() - self._ages[rule.table]
        return uuid_of(lowest_id(to_unix_us(moment))) if rule.by_id else moment

    async def _remove(self, rule: RetentionRule, cutoff: Any) -> int:
        total = 0
        for _ in range(self._batches_max):
            # A statement is a transaction of its own: its locks are gone before the next one begins.
            done = await self._pool.execute(rule.statement, cutoff, self._batch_rows)
            rows = int(done.rpartition(" ")[2])
            PRUNED_ROWS.child(rule.table).n += rows
            total += rows
            if rows < self._batch_rows:
                break
            await asyncio.sleep(PAUSE_S)
        return total
