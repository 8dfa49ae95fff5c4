"""The scope in SQL and the scope in Python are one rule; the chain of actions shows who touched it."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest

from core.contracts.scope import EVERYTHING, Area, Scope
from core.identity.store import record_action
from tests.support.servers import TestDatabase

STORE, OTHER_STORE = uuid.UUID(int=1), uuid.UUID(int=2)
COMPANY, OTHER_COMPANY = uuid.UUID(int=3), uuid.UUID(int=4)
AREAS = (
    Area(),
    Area(departments=("75",)),
    Area(stores=(STORE.bytes,)),
    Area(companies=(COMPANY.bytes,), services=("pax",)),
    Area(departments=("69",), stores=(STORE.bytes,), services=("softpos", "pax")),
    Area(services=("softpos",)),
    Area(departments=()),
    Area(services=()),
)


async def test_the_statement_and_the_feed_apply_one_rule(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.dsn)
    scopes = [Scope(), EVERYTHING, *(Scope((area,)) for area in AREAS), Scope(AREAS[1:4])]
    places = list(
        itertools.product(
            ("75", "69"), (STORE, OTHER_STORE), (COMPANY, OTHER_COMPANY), ("pax", "ecommerce", None)
        )
    )
    seen = 0
    try:
        for scope in scopes:
            for department, store, company, service in places:
                expected = scope.sees(department, store.bytes, company.bytes, service)
                seen += expected
                found = await connection.fetchval(
                    "SELECT sees($1::area[], $2, $3, $4, $5)",
                    scope.parameter(),
                    department,
                    store,
                    company,
                    service,
                )
                assert found is expected, (scope, department, store, company, service)
    finally:
        await connection.close()
    assert 0 < seen < len(scopes) * len(places)


async def _act(connection: asyncpg.Connection, kind: str) -> None:
    await record_action(
        connection,
        agent_id=bytes(16),
        at=datetime.now(UTC),
        kind=kind,
        target_kind="agent",
        target_id=None,
        facts={"why": "a test"},
    )


async def test_actions_are_a_chain_that_nobody_may_change(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        for kind in ("first", "second", "third"):
            await _act(connection, kind)
        rows = await connection.fetch("SELECT seq, previous_hash, hash FROM action ORDER BY seq")
        assert [row["seq"] for row in rows] == [1, 2, 3]
        assert [row["previous_hash"] for row in rows] == [b"\x00", rows[0]["hash"], rows[1]["hash"]]
        for attempt in (
            "UPDATE action SET kind = 'other' WHERE seq = 2",
            "DELETE FROM action WHERE seq = 2",
            "TRUNCATE action",
        ):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(attempt)
        changed = "SELECT count(*) FROM action WHERE hash <> action_digest(previous_hash, seq, id, agent_id, at, kind,"
        changed += " target_kind, target_id, facts, ip)"
        assert await connection.fetchval(changed) == 0
        # Whoever owns the database can switch the guard off: the chain still tells.
        await connection.execute("ALTER TABLE action DISABLE TRIGGER action_append_only")
        await connection.execute("UPDATE action SET kind = 'other' WHERE seq = 2")
        assert await connection.fetchval(changed) == 1
    finally:
        await connection.close()
