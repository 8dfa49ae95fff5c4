"""Statements of a customer's own purchases as typed functions."""

from core.db.queries import load_beside
from core.db.rows import Connection
from core.runtime.manifest import Expected

_SQL = load_beside(__file__)


async def find_expected(connection: Connection, email: str) -> Expected | None:
    """Return who bought something with an address that nobody has proved yet."""
    row = await connection.fetchrow(_SQL.expected, email)
    return None if row is None else Expected(row["name"], row["language"])
