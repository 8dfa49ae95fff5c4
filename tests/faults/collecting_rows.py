"""Row 34: the daily run killed, doubled and paused while it collects and terminals pay."""

from __future__ import annotations

import asyncio
import random

import asyncpg

from core.contracts.states import APPROVED_STATES
from deploy.local.postgres import OWNER_ROLE
from perf.bench.collect import SQL
from tests.faults.rig import BACK_S_MAX, Load, Outcome, Rig, until
from tests.faults.rows import under_load

STORES = 4
COLLECTED_S_MAX = 90.0
_KILLED = ("core-worker", "core-engine", "core-worker", "edge")
_chance = random.Random(20_261_129)

# Some cards that terminals have read are declined for good by their bank: `refused` has its word for it.
# One snapshot: a debit that waits for its next try may be claimed again between two statements.
_FACTS = """
SELECT count(*) FILTER (WHERE i.state = 'in_progress' OR i.state = 'upcoming' AND i.collect_after IS NULL) AS still,
    count(*) FILTER (WHERE i.state = 'paid') AS paid,
    count(*) FILTER (WHERE i.state = 'upcoming') AS again,
    count(*) FILTER (WHERE i.state NOT IN ('paid', 'upcoming', 'in_progress') AND NOT b.declined) AS lost,
    count(*) FILTER (WHERE i.state NOT IN ('paid', 'upcoming', 'in_progress') AND b.declined) AS refused, (
    SELECT count(*) FROM debit AS d INNER JOIN attempt AS a ON a.id = d.id AND a.business_date = d.business_date
    WHERE a.state = ANY($1)
) AS approved
FROM instalment AS i INNER JOIN purchase_order AS o ON o.id = i.order_id
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM debit AS d INNER JOIN attempt AS a ON a.id = d.id AND a.business_date = d.business_date
        WHERE d.instalment_id = i.id AND d.state = 'declined' AND a.host_code <> ''
    ) AS declined
) AS b
WHERE i.number = 1 AND o.activated_at IS NOT NULL
"""


async def run_killed(rig: Rig, *, due: int, kills: int) -> Outcome:
    """Purchases are due all at once; whoever works on them is killed at random moments, and the run is paused between."""
    owner = await asyncpg.connect(rig.stack.database_url(OWNER_ROLE))

    async def inject(_load: Load) -> None:
        await owner.execute(SQL.pause)
        await owner.execute(SQL.services, STORES)
        await owner.execute(SQL.points_of_sale)
        await owner.execute(SQL.purchases, due)
        await owner.execute(SQL.resume)
        for number in range(kills):
            await asyncio.sleep(_chance.uniform(0.05, 0.6))
            name = _KILLED[number % len(_KILLED)]
            killed = rig.stack.kill(name)
            if number == kills // 2:
                await owner.execute(SQL.pause)
                await owner.execute(SQL.resume)
            await rig.stack.wait_ready(name, after_pid=killed, timeout_s=BACK_S_MAX)

    facts: dict[str, int] = {}

    async def is_collected() -> bool:
        row = await owner.fetchrow(_FACTS, [int(state) for state in APPROVED_STATES])
        assert row is not None
        facts.update(row)
        return not facts["still"]

    try:
        outcome = await under_load(rig, "34", "kill -9 while the run collects", f"SIGKILL x {kills}", inject)
        # What was claimed and never armed ends a minute later.
        await until(is_collected, timeout_s=COLLECTED_S_MAX)
        outcome.facts |= facts
        outcome.report = await rig.verify()
        return outcome
    finally:
        await owner.close()
