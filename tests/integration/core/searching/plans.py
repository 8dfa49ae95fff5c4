"""What an estate of the tests has, and what PostgreSQL means to do with a statement on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg

UNTIL = datetime(2026, 11, 20, 8, tzinfo=UTC)
TRANSACTIONS, MERCHANTS, TERMINALS = 12_000, 3_000, 4_000
NOW = UNTIL


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def indexes_of(
    connection: asyncpg.Connection, statement: str, *values: Any
) -> tuple[set[str], set[str]]:
    """Return the indexes that a statement reads, and the tables that it reads whole."""
    text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)
    found = list(nodes(json.loads(str(text))[0]["Plan"]))
    used = {node["Index Name"] for node in found if "Index Name" in node}
    whole = {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}
    return used, whole
