"""Rules compare with the same hour on the wall, and one that fails holds nobody up."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from core.contracts.scope import Area
from core.db.pool import open_pool
from core.supervision.alerts import store, watch
from core.supervision.alerts.model import Rule
from core.supervision.alerts.watch import Watch
from core.values.clock import PARIS
from observability.process import SystemClock
from tests.support.servers import TestDatabase

# Clocks went back in the night before Sunday, 25 October 2026.
MONDAY_AFTER = datetime(2026, 10, 26, 9, 30, tzinfo=PARIS)


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database.dsn, name="test")
    yield opened
    await opened.close()


async def add_store(pool: asyncpg.Pool) -> uuid.UUID:
    account = await pool.fetchval("INSERT INTO account (name) VALUES ('Compte') RETURNING id")
    company = await pool.fetchval(
        "INSERT INTO company (account_id, legal_name, siren) VALUES ($1, 'Société', '552100554') RETURNING id",
        account,
    )
    made = await pool.fetchval(
        "INSERT INTO store (company_id, name, siret, acceptor, merchant_category, street, postcode, city, department)"
        " VALUES ($1, 'Magasin', '55210055400013', 'GCTW00000000001', '5411', '1 rue', '75014', 'Paris', '75')"
        " RETURNING id",
        company,
    )
    assert made is not None
    return made


async def count(pool: asyncpg.Pool, store_id: uuid.UUID, at: datetime, number: int) -> None:
    await pool.execute(
        "INSERT INTO activity_minute (minute, store_id, service, brand, state, reason, currency, transactions,"
        " amount_minor, payments) VALUES ($1, $2, 'pax', 2, 3, 100, 'EUR', $3, $3 * 100, $3)",
        at.astimezone(UTC),
        store_id,
        number,
    )


def rule(**changed: Any) -> Rule:
    usual: dict[str, Any] = {
        "id": bytes(16),
        "kind": "volume_drop",
        "name": "Baisse",
        "enabled": True,
        "severity": "warning",
        "threshold": 50,
        "window_minutes": 30,
        "volume_min": 1,
        "per": "store",
        "area": Area(),
        "quiet_from": None,
        "quiet_to": None,
        "updated_at": MONDAY_AFTER,
    }
    return Rule(**{**usual, **changed})


async def test_a_shop_that_opens_at_nine_sells_as_usual_after_the_clocks_changed(pool: asyncpg.Pool) -> None:
    store_id = await add_store(pool)
    for day in (5, 12, 19, 26):
        await count(pool, store_id, datetime(2026, 10, day, 9, 10, tzinfo=PARIS), 4)
        if day < 26:
            # An hour later it is always full, which is what the same hour of UTC would compare with.
            await count(pool, store_id, datetime(2026, 10, day, 10, 10, tzinfo=PARIS), 400)
    async with store.by_paris_clocks(pool) as connection:
        (measured,) = await store.measure(connection, rule(), MONDAY_AFTER)
        tried = await store.preview(connection, rule(), MONDAY_AFTER)
    assert (measured.volume, measured.usual, measured.weeks, measured.measured) == (4, 4.0, 3, 0.0)
    # What it would have said since last Monday is one thing: nobody has come between ten and now.
    assert tried.subjects == 0
    assert await pool.fetchval("SHOW TimeZone") == "UTC"


async def test_a_shop_whose_clock_did_not_change_sells_as_usual_after_that_of_paris_did(
    pool: asyncpg.Pool,
) -> None:
    store_id = await add_store(pool)
    await pool.execute("UPDATE store SET time_zone = 'America/Guadeloupe'")
    for weeks in range(4):
        at = MONDAY_AFTER.astimezone(UTC) - timedelta(weeks=weeks, minutes=10)
        await count(pool, store_id, at, 4)
        # What Paris calls the same hour is an hour away there, and always full.
        await count(pool, store_id, at - timedelta(hours=1), 400)
    async with store.by_paris_clocks(pool) as connection:
        (measured,) = await store.measure(connection, rule(), MONDAY_AFTER)
        tried = await store.preview(connection, rule(), MONDAY_AFTER)
    assert (measured.volume, measured.usual, measured.weeks, measured.measured) == (4, 4.0, 3, 0.0)
    assert tried.subjects == 0


async def test_a_rule_that_cannot_be_measured_holds_up_none_behind_it(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pool.execute(
        "INSERT INTO alert_rule (kind, name, enabled, severity, threshold, window_minutes, volume_min, per, area,"
        " created_at, updated_at) SELECT 'decline_rate', name, true, 'warning', 50, 15, 1, 'store', '{}', now(), now()"
        " FROM unnest('{A slow one,B behind it}'::text[]) AS name"
    )
    looked: list[str] = []
    measure = store.measure

    async def measured(connection: asyncpg.Connection, asked: Rule, now: datetime) -> list[Any]:
        looked.append(asked.name)
        if asked.name.startswith("A"):
            await connection.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)")
        return await measure(connection, asked, now)

    monkeypatch.setattr(watch.store, "measure", measured)
    assert await Watch(pool, SystemClock()).round() == 0
    assert [name for name in looked if name in ("A slow one", "B behind it")] == ["A slow one", "B behind it"]
