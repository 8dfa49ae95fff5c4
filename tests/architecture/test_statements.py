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


_TAKEN = re.compile(r"\bLIMIT\b[^()]*\bFOR (?:NO KEY )?UPDATE\b[^()]*\bSKIP LOCKED\b")
_READ_ONCE = re.compile(r"\b\w+ AS (?:MATERIALIZED )?\($")


def unbounded_parts(statement: str) -> list[str]:
    """Return what stands before each subquery that takes a bounded number of rows, and is no CTE, which is read once.

    The planner may read a subquery again for each row of the statement around it: it then passes over the rows that this
    very statement has changed, and takes the next ones, beyond its bound.
    """
    code = re.sub(r"--.*", "", statement)
    openings = (code[: _opened_at(code, taken.start()) + 1] for taken in _TAKEN.finditer(code))
    # Behind LATERAL it is read for each row by intent, as often as what it is joined to has rows.
    return [
        " ".join(before[-60:].split())
        for before in openings
        if before and not _READ_ONCE.search(before) and not before.endswith("LATERAL (")
    ]


def _opened_at(code: str, place: int) -> int:
    """Return where the innermost parenthesis around a place opens, -1 when there is none."""
    depth = 0
    for at in range(place - 1, -1, -1):
        depth += (code[at] == ")") - (code[at] == "(")
        if depth < 0:
            return at
    return -1


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_what_takes_a_bounded_number_of_rows_is_read_once(path: Path) -> None:
    assert {name: parts for name, text in load(path).items() if (parts := unbounded_parts(text))} == {}


@pytest.mark.parametrize(
    ("statement", "is_refused"),
    [
        ("DELETE FROM t WHERE id IN (\n SELECT id FROM t WHERE f(a) LIMIT $1 FOR UPDATE SKIP LOCKED)", True),
        (
            "UPDATE t SET a = 1 WHERE id = ANY (SELECT id FROM t LIMIT 5 FOR NO KEY UPDATE OF t SKIP LOCKED)",
            True,
        ),
        (
            "UPDATE t SET a = 1 FROM (SELECT id FROM t LIMIT 5 FOR UPDATE SKIP LOCKED) AS d WHERE t.id = d.id",
            True,
        ),
        ("WITH d AS MATERIALIZED (SELECT id FROM t LIMIT 5 FOR UPDATE SKIP LOCKED) DELETE FROM t", False),
        (
            "WITH d AS (SELECT id FROM t WHERE a IN (1) LIMIT 5 FOR UPDATE OF t SKIP LOCKED) DELETE FROM t",
            False,
        ),
        ("SELECT id FROM t ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED", False),
        ("DELETE FROM t WHERE id IN (SELECT id FROM t WHERE a FOR UPDATE SKIP LOCKED)", False),  # no bound
    ],
)
def test_the_form_that_may_exceed_its_bound_is_known(statement: str, *, is_refused: bool) -> None:
    assert bool(unbounded_parts(statement)) is is_refused
