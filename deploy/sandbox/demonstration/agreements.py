"""The fees of the demonstration: one grid in force, by which its companies pay. The template comes by migration."""

import uuid
from pathlib import Path
from typing import Final

import asyncpg

from core.contracts.states import Brand
from core.db.queries import load
from deploy.sandbox.demonstration.demonstration import ACCOUNTS

_SQL = load(Path(__file__).with_name("agreements.sql"))
_NAMESPACE: Final = uuid.UUID("0b9e6f0e-4a0d-4f0a-8a53-6f5b9a1f7c20")
_GRID: Final = "Standard"
_ROWS: Final = (
    (Brand.CB, "eea", "debit", 20, 2, 0),
    (Brand.CB, "eea", "credit", 30, 2, 0),
    (Brand.CB, "eea", "commercial", 90, 5, 0),
    (Brand.VISA, "eea", "debit", 35, 3, 0),
    (Brand.VISA, "eea", "credit", 45, 3, 0),
    (Brand.VISA, "eea", "commercial", 120, 5, 10),
    (Brand.VISA, "uk", "debit", 110, 5, 10),
    (Brand.VISA, "rest", "debit", 160, 5, 15),
    (Brand.MASTERCARD, "eea", "debit", 35, 3, 0),
    (Brand.MASTERCARD, "eea", "credit", 45, 3, 0),
    (Brand.MASTERCARD, "eea", "commercial", 120, 5, 10),
    (Brand.MASTERCARD, "uk", "debit", 110, 5, 10),
    (Brand.MASTERCARD, "rest", "debit", 160, 5, 15),
    (Brand.AMEX, "eea", "credit", 190, 10, 20),
)
"""Brand, region, card type, basis points, fixed and minimum in cents: invented, of a usual size."""


async def seed_agreements(connection: asyncpg.Connection) -> None:
    """Add what is missing; running it again changes nothing."""
    grid, version = uuid.uuid5(_NAMESPACE, "grid"), uuid.uuid5(_NAMESPACE, "version 1")
    await connection.execute(_SQL.add_grid, grid, _GRID)
    await connection.execute(_SQL.add_version, version, grid)
    columns = [list(column) for column in zip(*_ROWS, strict=True)]
    await connection.execute(_SQL.add_rows, version, *columns)
    await connection.execute(_SQL.assign_companies, grid, list(ACCOUNTS))
