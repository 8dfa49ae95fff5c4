"""The home page of who repairs names the terminals that fell silent while their shops are open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg

from core.contracts.permissions import Permission
from core.contracts.scope import Area
from core.identity.api import Grant, SignedIn
from core.terminals.api import silent_lately
from deploy.sandbox.demonstration.store import seed
from tests.support.callers import signed_in
from tests.support.clocks import FixedClock
from tests.support.servers import TestDatabase

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PRESENCE = (
    "INSERT INTO terminal_presence (terminal_id, edge, connected, last_seen_at)"
    " SELECT id, 'edge', $2, $3 FROM terminal WHERE terminal = $1"
    " ON CONFLICT (terminal_id) DO UPDATE SET connected = excluded.connected, last_seen_at = excluded.last_seen_at"
)


def repairer(*departments: str) -> SignedIn:
    """Return somebody who may read the directory there."""
    grant = Grant("technician", frozenset({Permission.DIRECTORY_READ}), Area(departments=departments or None))
    return signed_in(grant)


async def test_terminals_that_fell_silent_today_are_named_and_no_others(database: TestDatabase) -> None:
    await seed(database.dsn, password="a long demonstration password")
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        for terminal, connected, ago in (
            ("T0000001", False, timedelta(minutes=40)),
            ("T0000002", False, timedelta(minutes=5)),  # may be back in a moment
            ("T0000003", False, timedelta(hours=2)),
            ("T0000004", True, timedelta(hours=2)),
            ("T0000005", False, timedelta(days=3)),  # no news any more
        ):
            await pool.execute(PRESENCE, terminal, connected, MORNING - ago)

        async def named(caller: SignedIn, at: datetime) -> list[str]:
            found = await silent_lately(pool, FixedClock(at), caller, limit=100)
            return [one.terminal for one in found]

        assert await named(repairer(), MORNING) == ["T0000001", "T0000003"]
        assert await named(repairer("69"), MORNING) == ["T0000003"]
        assert await named(repairer("2A"), MORNING) == []
        # At night shops are closed, and terminals rest.
        assert await named(repairer(), MORNING.replace(hour=23)) == []
        await pool.execute("UPDATE terminal SET blocked_at = now() WHERE terminal = 'T0000001'")
        assert await named(repairer(), MORNING) == ["T0000003"]
