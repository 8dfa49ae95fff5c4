"""What is past its time goes, in batches; what is young, what stands, money and the audit stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from core.db.queries import load
from core.identity.api import record_action
from core.runtime.retention import Retention
from core.slices import RETENTION_RULES
from deploy.sandbox.demonstration.store import seed
from observability.metrics import PRUNED_ROWS
from tests.support.clocks import FixedClock
from tests.support.desk import add_attempt, add_event
from tests.support.servers import TestDatabase

FACTS = (
    "attempt",
    "event",
    "ledger_entry",
    "delivery",
    "batch_total",
    "approval",
    "action",
    "agent",
    "contract",
)
_AGED = load(Path(__file__).with_name("aged.sql"))
OLD, YOUNG = timedelta(days=500), timedelta(days=40)


@asynccontextmanager
async def seeded(database: TestDatabase) -> AsyncIterator[tuple[asyncpg.Pool, asyncpg.Connection]]:
    """A seeded database, as core reaches it and as its owner does."""
    await seed(database.dsn, password="a long demonstration password")
    owner = await asyncpg.connect(database.owner_dsn)
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        yield pool, owner
    await owner.close()


async def add_of_age(owner: asyncpg.Connection, age: timedelta) -> None:
    """Add three rows of each kind that is that old and over, and one that stands."""
    for statement in dict(_AGED.items()).values():
        await owner.execute(statement, age)


async def counts(owner: asyncpg.Connection, tables: tuple[str, ...]) -> dict[str, int]:
    """Return how many rows each table has."""
    found: dict[str, int] = {}
    for table in tables:
        found[table] = await owner.fetchval(f'SELECT count(*) FROM "{table}"') or 0  # noqa: S608
    return found


async def test_what_is_past_its_time_goes_in_batches_and_is_counted(database: TestDatabase) -> None:
    async with seeded(database) as (pool, owner):
        tables = tuple(rule.table for rule in RETENTION_RULES if rule.setting)
        before = await counts(owner, tables)
        await add_of_age(owner, YOUNG)
        with_young = await counts(owner, tables)
        await add_of_age(owner, OLD)
        counted = {table: PRUNED_ROWS.child(table).n for table in tables}
        environment = {rule.setting: "90" for rule in RETENTION_RULES}
        retention = Retention(pool, FixedClock(datetime.now(UTC)), RETENTION_RULES, environment, batch_rows=2)
        removed = await retention.run()
        assert removed == dict.fromkeys(tables, 3)
        after = await counts(owner, tables)
        standing = {"mail", "export_job", "alert"}  # one of each that is old and not over
        assert after == {table: with_young[table] + (table in standing) for table in tables}
        assert {table: PRUNED_ROWS.child(table).n - counted[table] for table in tables} == removed
        assert await retention.run() == dict.fromkeys(tables, 0)
        assert all(with_young[table] > before[table] for table in tables)


async def test_a_round_ends_and_the_next_one_goes_on(database: TestDatabase) -> None:
    async with seeded(database) as (pool, owner):
        await add_of_age(owner, OLD)
        retention = Retention(
            pool, FixedClock(datetime.now(UTC)), RETENTION_RULES, {}, batch_rows=1, batches_max=2
        )
        assert (await retention.run())["terminal_event"] == 2
        assert (await retention.run())["terminal_event"] == 1


async def test_a_batch_of_activity_removes_no_more_rows_than_it_locked(database: TestDatabase) -> None:
    async with seeded(database) as (pool, owner):
        # One minute of one store by two services and two brands: nothing else tells these rows apart.
        await owner.execute(
            "INSERT INTO activity_minute ("
            " minute, store_id, service, brand, state, reason, currency, transactions, amount_minor,"
            " payments)"
            " SELECT date_trunc('minute', now()) - $1::interval, (SELECT id FROM store LIMIT 1), v, b, 2, 1, 'EUR', 1, 100, 1"
            " FROM unnest('{pax,softpos}'::text[]) AS v, generate_series(1, 2) AS b",
            OLD,
        )
        retention = Retention(
            pool, FixedClock(datetime.now(UTC)), RETENTION_RULES, {}, batch_rows=1, batches_max=1
        )
        assert (await retention.run())["activity_minute"] == 1
        assert await pool.fetchval("SELECT count(*) FROM activity_minute") == 3


async def test_money_and_the_audit_outlast_every_setting(database: TestDatabase) -> None:
    async with seeded(database) as (pool, owner):
        attempt = await add_attempt(owner)
        await add_event(owner, attempt)
        await owner.execute(
            "INSERT INTO attempt_key (attempt_id, business_date, stan, amount_minor, card_last_four, approval_code)"
            " SELECT id, business_date, stan, amount_minor, card_last_four, approval_code FROM attempt"
        )
        agent_id = await owner.fetchval("SELECT id FROM agent LIMIT 1")
        assert agent_id is not None
        await record_action(
            owner,
            agent_id=agent_id.bytes,
            at=datetime.now(UTC),
            kind="session.opened",
            target_kind="agent",
            target_id=None,
            facts={},
        )
        before = await counts(owner, (*FACTS, "attempt_key"))
        shortest = {rule.setting: str(rule.days_min) for rule in RETENTION_RULES}
        in_thirty_years = FixedClock(datetime.now(UTC) + timedelta(days=30 * 365))
        await Retention(pool, in_thirty_years, RETENTION_RULES, shortest).run()
        assert await counts(owner, (*FACTS, "attempt_key")) == before
        assert before["attempt"] == before["event"] == before["attempt_key"] == 1


async def test_keys_go_with_the_transactions_that_they_find(database: TestDatabase) -> None:
    async with seeded(database) as (pool, owner):
        add_key = (
            "INSERT INTO attempt_key (attempt_id, business_date, stan, amount_minor, card_last_four, approval_code)"
            " VALUES (uuidv7($1::interval), current_date, 1, 1, '0014', '')"
        )
        await owner.execute(add_key, timedelta(days=-900))
        retention = Retention(pool, FixedClock(datetime.now(UTC)), RETENTION_RULES, {})
        # Without any transaction nothing says that those of these keys were put away.
        assert "attempt_key" not in await retention.run()
        await add_attempt(owner)
        await owner.execute(add_key, timedelta(minutes=1))
        assert (await retention.run())["attempt_key"] == 1
        assert (await counts(owner, ("attempt_key",)))["attempt_key"] == 1


async def test_what_a_terminal_did_lately_is_removed_by_nobody(database: TestDatabase) -> None:
    async with seeded(database) as (pool, owner):
        await add_of_age(owner, timedelta(days=29))
        for statement in ("DELETE FROM terminal_event", "UPDATE terminal_event SET kind = 'refused'"):
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await pool.execute(statement)
