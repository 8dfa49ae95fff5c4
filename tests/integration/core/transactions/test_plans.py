"""The statements of the hot path use their indexes at 50,000 rows, on the partitions they need."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import asyncpg
import pytest

from core.db.queries import Queries
from core.transactions.engine.store import queries as engine
from core.transactions.jobs.store import queries as jobs
from core.transactions.relay import queries as relay
from deploy.local.postgres import PostgresServer
from tests.support.servers import fresh_database

FILL = """
INSERT INTO attempt (
    id, business_date, terminal_id, store_id, company_id, received_at, reverse_after, body_hash, amount_minor,
    card_fingerprint, stan, kind, message_class, acquirer_id, state, card_brand, currency, card_bin, card_last_four,
    card_expiry, entry_mode, transmitted_at, local_time, card_ciphertext, request
)
SELECT
    uuidv7(), current_date - (n % 3) * 12, t.id, t.store_id, NULL, now(), now(), 1, 100 + n, n, n, 2, 2, 1, 3, 2, 'EUR',
    '497010', '0014', '2912', '051', '', '', '\\x01', '\\x80'
FROM generate_series(1, 50000) AS n CROSS JOIN (SELECT id, store_id FROM terminal LIMIT 1) AS t
"""
FILL_EVENTS = """
INSERT INTO event (attempt_id, business_date, kind, state, reason)
SELECT id, business_date, 2, state, reason FROM attempt
"""
DIRECTORY = """
INSERT INTO account (id, name) VALUES (uuidv7(), 'Maison');
INSERT INTO company (account_id, legal_name, siren) SELECT id, 'Maison SA', '123456782' FROM account;
INSERT INTO store (company_id, name, siret, acceptor, merchant_category, department)
SELECT id, 'Halles', '12345678200010', 'ACCEPTOR0000001', '5411', '75' FROM company;
INSERT INTO acquirer (id, code, name) VALUES (1, 'acq1', 'Acquirer');
INSERT INTO service (store_id, kind, acquirer_id, active) SELECT id, 'pax', 1, true FROM store;
INSERT INTO terminal (store_id, service_id, terminal) SELECT store_id, id, 'T0000001' FROM service;
"""


@pytest.fixture(scope="module")
async def filled(postgres_server: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database with 50,000 attempts over three months."""
    async with fresh_database(postgres_server) as database:
        owner = await asyncpg.connect(
            database.admin_dsn,
            server_settings={"plan_cache_mode": "force_generic_plan"},
            statement_cache_size=0,
        )
        await owner.execute(DIRECTORY)
        await owner.execute("SELECT ensure_partitions(current_date - 40, current_date + 70)")
        await owner.execute(FILL)
        await owner.execute(FILL_EVENTS)
        await owner.execute("ANALYZE attempt")
        await owner.execute("ANALYZE event")
        yield owner
        await owner.close()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def plan_of(connection: asyncpg.Connection, statement: str) -> list[dict[str, Any]]:
    """Return the nodes of a statement's generic plan, every date today's and everything else NULL."""
    parameters = (await connection.prepare(statement)).get_parameters()
    values = ["current_date" if parameter.name == "date" else "NULL" for parameter in parameters]
    await connection.execute("DEALLOCATE ALL")
    await connection.execute("PREPARE planned AS " + statement)
    text = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE planned ({', '.join(values)})")
    return list(nodes(json.loads(str(text))[0]["Plan"]))


async def filled_months(connection: asyncpg.Connection, table: str) -> set[str]:
    """Return the partitions that hold rows."""
    rows = await connection.fetch(f"SELECT DISTINCT tableoid::regclass::text AS month FROM {table}")  # noqa: S608
    return {row["month"] for row in rows}


def scans_of(found: list[dict[str, Any]], table: str) -> list[dict[str, Any]]:
    """Return the scans of a partitioned table, of any month."""
    return [node for node in found if node.get("Relation Name", "").startswith(f"{table}_2")]


@pytest.mark.parametrize(
    ("queries", "name", "table"),
    [
        (engine, "arm_attempts", "attempt"),
        (engine, "decide_attempts", "attempt"),
        (engine, "time_out_attempts", "attempt"),
        (engine, "find_attempts", "attempt"),
        (engine, "find_known", "attempt"),
        (jobs, "find_overdue", "attempt"),
        (jobs, "read_delivered", "attempt"),
        (relay, "read_events_after", "event"),
        (relay, "read_summaries", "attempt"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_only_indexes_are_read(
    filled: asyncpg.Connection, queries: Queries, name: str, table: str
) -> None:
    scans = scans_of(await plan_of(filled, getattr(queries, name)), table)
    assert scans
    months = await filled_months(filled, table)
    whole = {node["Relation Name"] for node in scans if node["Node Type"] == "Seq Scan"}
    assert whole & months == set()


@pytest.mark.parametrize(
    "name", ["arm_attempts", "decide_attempts", "time_out_attempts", "find_attempts", "find_known"]
)
async def test_a_lane_goes_by_index_in_a_month_that_is_still_empty(
    filled: asyncpg.Connection, name: str
) -> None:
    # A lane plans once: what it plans on an empty month must serve when the month is full.
    await filled.execute("SET enable_seqscan = off")
    scans = scans_of(await plan_of(filled, getattr(engine, name)), "attempt")
    await filled.execute("RESET enable_seqscan")
    assert scans
    assert [node for node in scans if node["Node Type"] == "Seq Scan"] == []


async def test_the_relay_reads_its_position_without_sorting(filled: asyncpg.Connection) -> None:
    kinds = {node["Node Type"] for node in await plan_of(filled, relay.read_events_after)}
    assert "Sort" not in kinds
    assert kinds <= {"Limit", "Merge Append", "Index Scan"}


async def test_an_outcome_touches_the_month_of_its_attempt_only(filled: asyncpg.Connection) -> None:
    row = await filled.fetchrow(
        "SELECT id, business_date FROM attempt WHERE business_date = current_date LIMIT 1"
    )
    assert row is not None
    day: date = row["business_date"]
    await filled.execute("PREPARE decide AS " + engine.decide_attempts)
    transaction = filled.transaction()
    await transaction.start()
    text = await filled.fetchval(
        f"""
        EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE decide (
            '{{{row["id"]}}}', '{{{day.toordinal()}}}', '{{3}}', '{{100}}', '{{100}}', '{{00}}', '{{A}}', '{{1}}', '{{1}}',
            '{{""}}', '{{""}}', '{day}', '{day}'
        )
        """
    )
    await transaction.rollback()
    found = list(nodes(json.loads(str(text))[0]["Plan"]))
    touched = {
        node["Relation Name"]
        for node in scans_of(found, "attempt")
        if node.get("Actual Loops", 0) and "Scan" in node["Node Type"]
    }
    assert touched == {f"attempt_{day:%Y%m}"}
