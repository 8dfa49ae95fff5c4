"""What two-person acts and the estate show at first: an approval that was refused, options, a repair."""

from pathlib import Path
from typing import Final

import asyncpg

from core.db.queries import load

_SQL: Final = load(Path(__file__).with_name("approvals.sql"))


async def seed_approvals(connection: asyncpg.Connection) -> None:
    """Add one of each; running it again changes nothing."""
    await connection.execute(_SQL.add_profiles)
    await connection.execute(_SQL.add_approval)
    await connection.execute(_SQL.add_run)
