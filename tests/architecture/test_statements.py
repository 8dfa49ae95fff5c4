"""Every named statement is accepted by the migrated schema, and somebody uses it."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg
import pytest

from core.db.queries import load
from core.identity.people.store import CUSTOMER_STATEMENTS
from tests.architecture.tree import CHECKOUT, shown, tracked_files
from tests.support.servers import TestDatabase

FILES = [
    path
    for path in tracked_files()
    if path.suffix == ".sql"
    and not path.is_relative_to(CHECKOUT / "tests")
    and "migrations" not in path.parts
]


@pytest.mark.parametrize("path", FILES, ids=shown)
async def test_every_statement_is_accepted_by_the_schema(migrated: TestDatabase, path: Path) -> None:
    # Functions for the length of a session are the owner's, who fills an estate to measure with.
    for_owner = "FUNCTION pg_temp." in path.read_text()
    connection = await asyncpg.connect(migrated.owner_dsn if for_owner else migrated.dsn)
    refused: dict[str, str] = {}
    try:
        for name, statement in load(path).items():
            try:
                make = connection.execute if "FUNCTION pg_temp." in statement else connection.prepare
                await make(statement)
            except asyncpg.PostgresError as error:
                refused[name] = str(error)
    finally:
        await connection.close()
    assert refused == {}


async def test_statements_of_agents_are_accepted_of_customers_too(migrated: TestDatabase) -> None:
    """What is read of one realm by other names is no file of its own; no table of agents is left in it."""
    connection = await asyncpg.connect(migrated.dsn)
    try:
        for name, statement in CUSTOMER_STATEMENTS.items():
            await connection.prepare(statement)
            code = re.sub(r"--.*", "", statement)
            assert not re.search(
                r"\b(?:agent\w*|session|known_device|pending_login|recovery_code)\b", code
            ), name
    finally:
        await connection.close()


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_every_statement_is_used(path: Path) -> None:
    # A statement is used as an attribute of its file, or by its name in quotes on a connection of one's own. The manifest of a
    # slice names what is pruned of its parts.
    files = (*path.parent.rglob("*.py"), *path.parent.parent.glob("slice.py"))
    readers = "\n".join(reader.read_text() for reader in files)
    unused = [name for name, _ in load(path).items() if not re.search(rf"\.{name}\b|\"{name}\"", readers)]
    assert unused == []


_BARE = re.compile(
    r"\b(?:state|kind|reason|decline_reason|target_kind|layer|operation|finding)\s*(?:=|<>|NOT IN|IN)\s*\(?\s*[0-9]"
)


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_members_of_closed_sets_are_written_by_name(path: Path) -> None:
    assert _BARE.findall(path.read_text()) == []


@pytest.mark.parametrize("path", [path for path in FILES if "schedules" in path.parts], ids=shown)
def test_rows_of_schedules_are_locked_without_their_keys(path: Path) -> None:
    # Who writes what refers to an order shares its key: a lock of the key as well would have both wait for each other.
    assert not re.search(r"\bFOR UPDATE\b", re.sub(r"--.*", "", path.read_text()))
