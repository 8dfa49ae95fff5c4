"""V12: whatever has no person behind it is named, whoever wrote it and however."""
# ruff: noqa: S608 - the statements of a forger are put together from names of our own.

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from core.identity.store import record_action
from core.values.ids import PREFIXES, encode_id
from core.verify.model import Finding
from core.verify.people import check_people
from deploy.local.postgres import PostgresServer
from deploy.sandbox.demonstration.store import seed
from tests.support.desk import add_attempt
from tests.support.servers import TestDatabase, fresh_database

# The agent who forges by SQL, and a stranger to the audit.
ADMIN = "(SELECT id FROM agent WHERE email = 'admin@guichet.example')"
HOTLINE = "(SELECT id FROM agent WHERE email = 'hotline@guichet.example')"
TERMINAL = "(SELECT id FROM terminal WHERE terminal = 'T0000001')"
SERVICE = "(SELECT service_id FROM terminal WHERE terminal = 'T0000001')"


@pytest.fixture(scope="module")
async def demonstration(postgres_server: PostgresServer) -> AsyncIterator[TestDatabase]:
    """A seeded database, in which no test leaves anything."""
    async with fresh_database(postgres_server) as made:
        await seed(made.dsn, password="a long demonstration password")
        yield made


@pytest.fixture
async def owner(demonstration: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may write what it likes; none of it is committed."""
    connection = await asyncpg.connect(demonstration.owner_dsn)
    written = connection.transaction()
    await written.start()
    yield connection
    await written.rollback()
    await connection.close()


async def found(owner: asyncpg.Connection) -> Finding:
    return await check_people(owner)


async def id_of(owner: asyncpg.Connection, statement: str, *arguments: object) -> bytes:
    value = await owner.fetchval(statement, *arguments)
    assert value is not None
    return value.bytes


async def agent(owner: asyncpg.Connection, name: str) -> bytes:
    return await id_of(owner, "SELECT id FROM agent WHERE email = $1", f"{name}@guichet.example")


async def act(
    owner: asyncpg.Connection, who: bytes, kind: str, target: bytes | None, **facts: object
) -> None:
    await record_action(
        owner, agent_id=who, at=datetime.now(UTC), kind=kind, target_kind="transaction", target_id=target, facts=facts
    )  # fmt: skip


async def test_a_matter_is_closed_by_a_person_and_by_the_one_who_is_named(owner: asyncpg.Connection) -> None:
    attempt_id = await add_attempt(owner)
    closed = await id_of(
        owner,
        "INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, due_at, accepted_at,"
        f" closed_by, closed_reason) SELECT id, business_date, 1, 51, 1250, 1, now(), now(), {ADMIN}, 'told by phone'"
        " FROM attempt WHERE id = $1 RETURNING id",
        uuid.UUID(bytes=attempt_id),
    )
    blame = f"matter {encode_id('host_matter', closed)}: closed without an action of a person"
    assert blame in (await found(owner)).examples
    await act(owner, await agent(owner, "hotline"), "host_matter.closed", closed)
    assert blame in (await found(owner)).examples, "the action of another"
    await act(owner, await agent(owner, "admin"), "host_matter.closed", closed)
    assert blame not in (await found(owner)).examples


async def refund(owner: asyncpg.Connection, original: bytes, amount_minor: int) -> bytes:
    """Write a refund as the engine does for people, and nothing else."""
    raw = await add_attempt(owner, kind=4, amount_minor=amount_minor, original_id=original)  # type: ignore[arg-type]
    await owner.execute("UPDATE attempt SET message_class = 12 WHERE id = $1", uuid.UUID(bytes=raw))
    return raw


async def test_v12_holds_of_a_demonstration(owner: asyncpg.Connection) -> None:
    finding = await found(owner)
    assert (finding.breaches, finding.examples) == (0, [])
    assert finding.checked > 100


FORGED = {
    f"INSERT INTO agent_grant (agent_id, role) VALUES ({HOTLINE}, 'administrator')": "no action of a person",
    f"UPDATE agent_grant SET role = 'supervisor' WHERE agent_id = {HOTLINE}": "its action is about another grant",
    "UPDATE agent_grant SET departments = NULL WHERE departments IS NOT NULL"
    " AND agent_id = (SELECT id FROM agent WHERE email = 'vendeur@guichet.example')": "reaches elsewhere",
    f"UPDATE agent_grant SET amount_max_minor = 5 WHERE agent_id = {HOTLINE}": "reaches elsewhere",
    f"UPDATE agent_grant SET revoked_at = now(), revoked_by = {ADMIN} WHERE agent_id = {HOTLINE}": "revoked without",
    "INSERT INTO role_permission VALUES ('hotline', 'transactions.refund')": "role hotline, transactions.refund",
    "DELETE FROM role_permission WHERE role = 'hotline' AND permission = 'journals.read'": "taken away without",
    "UPDATE approval_limit SET amount_minor = 200000": "limit transaction.refund EUR",
    "INSERT INTO approval_limit (kind, currency, amount_minor) VALUES ('transaction.refund', 'USD', 9)": "EUR|USD",
    f"INSERT INTO block (target_kind, target_id, reason, blocked_by) VALUES (3, {TERMINAL}, 'forged', {ADMIN})": (
        "block blk_"
    ),
    f"UPDATE terminal SET blocked_at = now() WHERE id = {TERMINAL}": "blocked without a block",
    f"UPDATE service SET blocked_at = now() WHERE id = {SERVICE}": "blocked without a block",
    "UPDATE store SET blocked_at = now() WHERE acceptor = 'GCT000000000001'": "blocked without a block",
}


@pytest.mark.parametrize("statement", FORGED)
async def test_v12_names_what_nobody_did(owner: asyncpg.Connection, statement: str) -> None:
    await owner.execute(statement)
    finding = await found(owner)
    assert finding.breaches >= 1
    assert any(word in example for word in FORGED[statement].split("|") for example in finding.examples)


async def test_v12_names_a_block_that_was_lifted_by_nobody(owner: asyncpg.Connection) -> None:
    who = await agent(owner, "admin")
    target = await id_of(owner, f"SELECT {TERMINAL}")
    made = await id_of(
        owner,
        "INSERT INTO block (target_kind, target_id, reason, blocked_by) VALUES (3, $1, 'lost', $2) RETURNING id",
        uuid.UUID(bytes=target),
        uuid.UUID(bytes=who),
    )
    await owner.execute(
        f"UPDATE terminal SET blocked_at = (SELECT blocked_at FROM block) WHERE id = {TERMINAL}"
    )
    await act(owner, who, "block.made", target, block=encode_id("block", made), reason="lost")
    assert (await found(owner)).examples == []
    await owner.execute(f"UPDATE terminal SET blocked_at = NULL WHERE id = {TERMINAL}")
    assert [example.split(": ")[1] for example in (await found(owner)).examples] == [
        "its block is not in force"
    ]
    await owner.execute("UPDATE block SET lifted_at = now(), lifted_by = blocked_by, lift_reason = 'found'")
    assert [example.split(": ")[1] for example in (await found(owner)).examples] == [
        "lifted without an action"
    ]


async def test_v12_names_a_service_limit_that_is_not_what_a_person_set(owner: asyncpg.Connection) -> None:
    service = await id_of(owner, f"SELECT {SERVICE}")
    await act(
        owner, await agent(owner, "admin"), "service.limits", service,
        before={"transaction_max_minor": 500000}, after={"transaction_max_minor": 500000, "store_day_max_minor": None},
    )  # fmt: skip
    assert (await found(owner)).examples == []
    await owner.execute(f"UPDATE service SET transaction_max_minor = 99999999 WHERE id = {SERVICE}")
    (example,) = (await found(owner)).examples
    assert example.startswith("limit transaction_max_minor of svc_")


async def test_v12_names_refunds_and_cancellations_without_a_person(owner: asyncpg.Connection) -> None:
    original = await add_attempt(owner)
    raw = await refund(owner, original, 154_907)
    cancelled = await add_attempt(owner)
    await owner.execute("UPDATE attempt SET state = 7, reason = 54 WHERE id = $1", uuid.UUID(bytes=cancelled))
    shown, other = encode_id("transaction", raw), encode_id("transaction", cancelled)
    assert (await found(owner)).examples == [
        f"refund {shown}: no action of a person",
        f"cancellation {other}: no action of a person",
    ]
    who = await agent(owner, "backoffice")
    await act(owner, who, "transaction.cancelled", cancelled, reason="twice")
    await act(owner, who, "transaction.refunded", original, refund=shown, amount_minor=1)
    assert (await found(owner)).examples == [f"refund {shown}: its action is about another refund"]


async def test_v12_names_a_large_refund_that_no_second_person_approved(owner: asyncpg.Connection) -> None:
    asker, decider = await agent(owner, "backoffice"), await agent(owner, "superviseur")
    original = await add_attempt(owner)
    raw = await refund(owner, original, 154_907)
    shown = encode_id("transaction", raw)
    await act(owner, decider, "transaction.refunded", original, refund=shown, amount_minor=154_907)
    assert (await found(owner)).examples == [f"refund {shown}: above the limit, and nobody approved it"]

    approval = uuid.uuid4()
    await owner.execute(
        "INSERT INTO approval (id, kind, target_kind, target_id, store_id, service, amount_minor, currency, reason,"
        " state, asked_by, asked_at, expires_at, decided_by, decided_at, result_id)"
        " SELECT $1, 'transaction.refund', 'transaction', $2, store_id, 'pax', 154907, 'EUR', 'broken', 'done', $3,"
        " now(), now() + interval '7 days', $4, now(), $5 FROM attempt WHERE id = $2",
        approval, uuid.UUID(bytes=original), uuid.UUID(bytes=asker), uuid.UUID(bytes=decider), uuid.UUID(bytes=raw),
    )  # fmt: skip
    assert (await found(owner)).examples == [f"refund {shown}: its approval has no action of its people"]
    named = encode_id("approval", approval.bytes)
    await act(owner, asker, "approval.asked", original, approval=named)
    await act(owner, decider, "approval.approved", original, approval=named)
    assert (await found(owner)).examples == []

    await owner.execute("UPDATE approval SET amount_minor = 1 WHERE id = $1", approval)
    assert (await found(owner)).examples == [f"refund {shown}: its approval is of something else"]
    await owner.execute("UPDATE approval SET amount_minor = 154907 WHERE id = $1", approval)
    await owner.execute(
        "UPDATE agent_grant SET granted_by = $1 WHERE agent_id = $2", uuid.UUID(bytes=asker), uuid.UUID(bytes=decider)
    )  # fmt: skip
    assert (
        f"refund {shown}: its second person holds the right from the first, or not at all"
        in (await found(owner)).examples
    )
    # At two removes it is the same.
    between = uuid.UUID(bytes=await agent(owner, "hotline"))
    await owner.execute(
        "INSERT INTO agent_grant (agent_id, role, granted_by, granted_at)"
        " VALUES ($1, 'administrator', $2, now() - interval '1 day')",
        between, uuid.UUID(bytes=asker),
    )  # fmt: skip
    await owner.execute(
        "UPDATE agent_grant SET granted_by = $1, granted_at = now() - interval '1 hour' WHERE agent_id = $2",
        between, uuid.UUID(bytes=decider),
    )  # fmt: skip
    assert (
        f"refund {shown}: its second person holds the right from the first, or not at all"
        in (await found(owner)).examples
    )


async def test_v12_counts_parts_of_one_payment_together(owner: asyncpg.Connection) -> None:
    who = await agent(owner, "backoffice")
    original, shown = await add_attempt(owner), ""
    for _ in range(2):
        raw = await refund(owner, original, 30_000)
        await owner.execute("UPDATE attempt SET state = 3 WHERE id = $1", uuid.UUID(bytes=raw))
        shown = encode_id("transaction", raw)
        await act(owner, who, "transaction.refunded", original, refund=shown, amount_minor=30_000)
    assert (await found(owner)).examples == [f"refund {shown}: above the limit, and nobody approved it"]


async def test_v12_judges_a_refund_by_the_limit_of_its_time(owner: asyncpg.Connection) -> None:
    who, admin = await agent(owner, "backoffice"), await agent(owner, "admin")
    original = await add_attempt(owner)
    raw = await refund(owner, original, 40_000)
    shown = encode_id("transaction", raw)
    await act(owner, who, "transaction.refunded", original, refund=shown, amount_minor=40_000)
    await owner.execute(
        "UPDATE approval_limit SET amount_minor = 1000, before_minor = 50000, set_by = $1",
        uuid.UUID(bytes=admin),
    )
    await act(
        owner, admin, "limit.changed", None,
        limit="transaction.refund", currency="EUR", before_minor=50_000, amount_minor=1_000,
    )  # fmt: skip
    assert (await found(owner)).examples == []


@pytest.mark.parametrize("kind", ["transaction", "grant", "block"])
async def test_ids_in_sql_are_those_of_the_audit(owner: asyncpg.Connection, kind: str) -> None:
    for raw in (bytes(16), b"\xff" * 16, uuid.uuid4().bytes):
        said = await owner.fetchval("SELECT public_id($1, $2)", PREFIXES[kind], uuid.UUID(bytes=raw))
        assert said == encode_id(kind, raw)
