"""What the demonstration shows of supervision before anything happens: a shared view, an alert that is over, an export."""

import uuid
from pathlib import Path
from typing import Final

import asyncpg

from core.db.queries import load

_SQL = load(Path(__file__).with_name("supervision.sql"))
_NAMESPACE: Final = uuid.UUID("0f6c2f1e-6a5b-4d0e-8a44-3b1c7d9e5a21")
_OWNER: Final = "hotline@guichet.example"
_STORE: Final = "Belle Rive Montparnasse"


async def seed_supervision(connection: asyncpg.Connection) -> None:
    """Add what is missing; twice is once. Agents and stores must stand already."""
    view, alert, export = (uuid.uuid5(_NAMESPACE, name) for name in ("view", "alert", "export"))
    await connection.execute(
        _SQL.add_view, view, _OWNER, "Refus du jour", '{"state": ["declined"], "period": ["today"]}'
    )
    if await connection.fetchval(_SQL.add_alert, alert, _STORE) is not None:
        await connection.execute(_SQL.add_happenings, alert)
    await connection.execute(_SQL.add_export, export, _OWNER)
