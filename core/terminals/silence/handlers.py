"""Which terminals fell silent while their shops are open."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import asyncpg

from core.db.queries import load_beside
from core.identity.api import Permission, SignedIn, require
from core.terminals.assigning.store import are_many
from core.terminals.wall.rules import silence_at
from core.values.clock import Clock
from core.values.ids import encode_id

LATELY: Final = timedelta(hours=24)
"""Who has been silent for longer is no news: the list of terminals and the wall show it too."""

_SQL = load_beside(__file__)


class SilentTerminal(NamedTuple):
    """A terminal in service that was there within the day and says nothing."""

    terminal_id: str
    terminal: str
    store_name: str
    city: str
    last_seen_at: datetime
    time_zone: str


async def silent_lately(
    pool: asyncpg.Pool, clock: Clock, caller: SignedIn, *, limit: int
) -> list[SilentTerminal]:
    """Return them, who fell silent last first; none where shops are closed and it rests. Raises: NotPermitted."""
    scope = require(caller, Permission.DIRECTORY_READ)
    now = clock.now()
    parameters = (scope.parameter(), now - LATELY, *silence_at(now), limit)
    places = scope.places()
    if places.anywhere or await are_many(pool, places.departments):
        rows = await pool.fetch(_SQL.silent_lately, *parameters)
    else:
        rows = await pool.fetch(_SQL.silent_lately_of_places, *parameters, *places.named)
    return [
        SilentTerminal(
            encode_id("terminal", row["id"].bytes),
            row["terminal"],
            row["store_name"],
            row["city"],
            row["last_seen_at"],
            row["time_zone"],
        )
        for row in rows
    ]
