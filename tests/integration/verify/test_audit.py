"""V9 audit: whatever is done to the chain of actions behind the product's back is found."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import pytest

from core.identity.api import record_action
from core.verify.audit import check_audit
from tests.integration.verify.conftest import Verification
from tests.integration.verify.payments import Writer
from tests.support.servers import TestDatabase

LINKS = 7


async def _act(connection: asyncpg.Connection, count: int = LINKS) -> None:
    for number in range(count):
        await record_action(
            connection,
            agent_id=bytes(15) + b"\x01",
            at=datetime.now(UTC),
            kind="block.made",
            target_kind="terminal",
            target_id=bytes(16),
            facts={"reason": f"reason {number}", "amounts": [1, 2.5]},
            ip="192.0.2.1",
        )


async def test_v9_audit_recomputes_a_sound_chain(writer: Writer, verification: Verification) -> None:
    assert (await verification()).finding("V9 audit").checked == 0
    await _act(writer.connection)
    finding = (await verification()).finding("V9 audit")
    assert (finding.checked, finding.breaches) == (LINKS, 0)
    newest = await writer.connection.fetchval("SELECT encode(hash, 'hex') FROM action WHERE seq = $1", LINKS)
    assert newest is not None
    assert finding.note == f"up to #{LINKS}, hash {newest[:16]}…"


SPOILED = {
    "UPDATE action SET facts = '{}' WHERE seq = 3": "action #3",
    "UPDATE action SET agent_id = gen_random_uuid() WHERE seq = 1": "action #1",
    "UPDATE action SET at = at + interval '1 us' WHERE seq = 7": "action #7",
    "UPDATE action SET previous_hash = '\\x01' WHERE seq = 5": "action #5",
    "DELETE FROM action WHERE seq = 4": "action #5",
    "DELETE FROM action WHERE seq = 1": "action #2",
    "UPDATE action SET seq = NULL WHERE seq = 7": "an action without a number",
    # Whoever recomputes a changed row's own hash breaks the link to the next one.
    "UPDATE action SET kind = 'x.y', hash = action_digest(previous_hash, seq, id, agent_id, at, 'x.y', target_kind,"
    " target_id, facts, ip) WHERE seq = 3": "action #4",
}


async def test_v9_audit_sees_what_was_done_to_the_chain(writer: Writer, verification: Verification) -> None:
    connection = writer.connection
    await _act(connection)
    await connection.execute("ALTER TABLE action DISABLE TRIGGER action_append_only")
    for statement, example in SPOILED.items():
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(statement)
        finding = await check_audit(connection)
        assert finding.examples[:1] == [example], statement
        await transaction.rollback()
    await connection.execute("DELETE FROM action WHERE seq = 6")
    report = await verification()
    assert report.finding("V9 audit").breaches == 1
    assert not report.holds


async def test_v9_audit_sees_that_the_end_was_cut_off_where_somebody_had_looked(
    writer: Writer, verification: Verification
) -> None:
    await _act(writer.connection)
    await writer.connection.execute(
        "INSERT INTO action_checked (seq, hash, at) SELECT seq, hash, now() FROM action ORDER BY seq DESC LIMIT 1"
    )
    await writer.connection.execute("ALTER TABLE action DISABLE TRIGGER action_append_only")
    await writer.connection.execute("DELETE FROM action WHERE seq = 7")
    finding = (await verification()).finding("V9 audit")
    assert finding.examples == ["action #7 was whole once and is not there any more"]


FORBIDDEN = (
    "UPDATE action SET kind = 'other'",
    "DELETE FROM action",
    "TRUNCATE action",
    "ALTER TABLE action DISABLE TRIGGER ALL",
    "ALTER TABLE action DISABLE TRIGGER action_append_only",
    "DROP TRIGGER action_chain ON action",
    (
        "CREATE OR REPLACE FUNCTION action_digest(bytea, bigint, uuid, uuid, timestamptz, text, text, uuid, jsonb,"
        " text) RETURNS bytea LANGUAGE sql RETURN '\\x00'::bytea"
    ),
    "SET session_replication_role = replica",
)


async def test_the_run_time_login_can_only_add_actions(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.dsn)
    try:
        await _act(connection, 2)
        for attempt in FORBIDDEN:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(attempt)
        # A number and hashes of one's own choice are overwritten by the chain.
        await connection.execute(
            "INSERT INTO action (agent_id, kind, target_kind, seq, hash, previous_hash)"
            " VALUES (gen_random_uuid(), 'a.b', 'agent', 99, '\\x01', '\\x02')"
        )
        assert [row["seq"] for row in await connection.fetch("SELECT seq FROM action ORDER BY seq")] == [
            1,
            2,
            3,
        ]
    finally:
        await connection.close()
