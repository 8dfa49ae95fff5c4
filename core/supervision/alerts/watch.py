"""The worker's side of alerts: every rule is measured, then what changed is written in a short transaction."""

from datetime import datetime

import asyncpg
import msgspec
import structlog

from core.supervision.alerts import store
from core.supervision.alerts.model import Measured, Rule
from core.supervision.alerts.rules import decide
from core.values.clock import Clock

_log = structlog.get_logger("core.alerts")


class Watch:
    """Looks at every rule that is switched on. Two workers that look at once open one alert: its key is unique."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def round(self) -> int:
        """Look once; return how many alerts opened."""
        opened = 0
        for rule in await store.list_rules(self._pool, enabled=True):
            try:
                opened += await self._look(rule, self._clock.now())
            except (asyncpg.PostgresError, TimeoutError) as error:
                # One rule that takes too long must not silence those behind it.
                _log.warning("alert_rule_not_measured", rule=rule.name, error=type(error).__name__)
        return opened

    async def _look(self, rule: Rule, now: datetime) -> int:
        # Measured outside of a transaction that writes: the relay waits for those before it publishes.
        async with store.by_paris_clocks(self._pool) as connection:
            found = await store.measure(connection, rule, now)
        standing = await store.list_standing(self._pool, rule.id)
        changes = decide(rule, found, standing, now)
        put = changes.put[: store.SUBJECTS_MAX]
        put = await self._with_usual(rule, put, {alert.key for alert in standing}, now)
        if not put and not changes.recover:
            return 0
        async with self._pool.acquire() as connection, connection.transaction():
            opened = await store.put_alerts(connection, rule, put, now) if put else 0
            if changes.recover:
                await store.recover_alerts(connection, changes.recover, now)
        if opened or changes.recover:
            _log.info("alerts_changed", rule=rule.name, opened=opened, recovered=len(changes.recover))
        return opened

    async def _with_usual(
        self, rule: Rule, put: list[Measured], known: set[str], now: datetime
    ) -> list[Measured]:
        """Say what is usual beside what is new; a week of activity is read for those alone."""
        fresh = [one.key for one in put if one.key not in known and one.usual is None]
        if rule.kind not in {"decline_rate", "host_link_down"} or not fresh:
            return put
        usual = await store.usual_rates(self._pool, rule, fresh, now)
        return [
            msgspec.structs.replace(one, usual=usual[one.key]) if one.key in usual else one for one in put
        ]
