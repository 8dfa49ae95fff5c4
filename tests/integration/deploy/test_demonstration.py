"""The demonstration has a contract of each sort, mail and notices; seeding again changes nothing."""

from __future__ import annotations

import asyncpg

from core.contracts.desk import Principal
from core.merchants.api import IntegratorHandlers
from deploy.sandbox.demonstration.contracts import make_contracts
from deploy.sandbox.demonstration.letters import seed_letters
from deploy.sandbox.demonstration.orders import put_shop_key, seed_orders, shop_key
from deploy.sandbox.demonstration.store import seed
from observability.process import SystemClock
from tests.support.servers import TestDatabase

PASSWORD = "a long demonstration password"


async def test_the_demonstration_has_contracts_mail_and_notices_once(database: TestDatabase) -> None:
    await seed(database.dsn, password=PASSWORD)
    connection = await asyncpg.connect(database.dsn)
    try:
        first = await _everything(connection)
        await make_contracts(database.dsn)
        await seed_letters(connection)
        await put_shop_key(connection, PASSWORD)
        await seed_orders(connection)
        assert await _everything(connection) == first
        states = await connection.fetch(
            "SELECT k.state, w.pdf_fr IS NOT NULL AS has_paper, w.signature ->> 'name' AS signatory"
            " FROM contract k JOIN contract_version w ON w.contract_id = k.id ORDER BY k.state"
        )
        mail = await connection.fetch("SELECT template, state FROM mail ORDER BY template, recipient")
        told = await connection.fetch(
            "SELECT g.email, n.kind FROM notice n JOIN agent g ON g.id = n.agent_id ORDER BY g.email, n.kind"
        )
    finally:
        await connection.close()
    assert [tuple(row) for row in states] == [
        ("active", True, "Agathe Fournier"),
        ("draft", False, None),
        ("ready", True, None),
    ]
    assert {tuple(row) for row in mail} == {
        ("contract_active", "failed"),
        ("contract_to_sign", "sent"),
        ("request_assigned", "sent"),
    }
    assert ("commercial@guichet.example", "onboarding_submit") in {tuple(row) for row in told}
    assert ("technicien@guichet.example", "request_assigned") in {tuple(row) for row in told}


async def test_the_sandbox_shop_has_a_key_and_orders_that_nobody_has_paid(database: TestDatabase) -> None:
    await seed(database.dsn, password=PASSWORD)
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        integrator = await IntegratorHandlers(pool, SystemClock()).check(Principal(shop_key(PASSWORD)))
        states = await pool.fetch(
            "SELECT reference, state FROM purchase_order WHERE company_id = $1::uuid ORDER BY reference",
            integrator.company_id.hex(),
        )
        paid = await pool.fetchval(
            "SELECT count(*) FROM instalment WHERE state NOT IN ('upcoming', 'cancelled')"
        )
    assert [tuple(row) for row in states] == [
        ("BR-2026-1001", "awaiting_payment"),
        ("BR-2026-1002", "awaiting_payment"),
        ("BR-2026-1003", "abandoned"),
        ("BR-2026-1004", "cancelled"),
    ]
    assert paid == 0, "no money has moved"


async def _everything(connection: asyncpg.Connection) -> list[list[asyncpg.Record]]:
    return [
        await connection.fetch("SELECT * FROM contract ORDER BY id"),
        await connection.fetch("SELECT * FROM contract_version ORDER BY contract_id, version"),
        await connection.fetch("SELECT * FROM contract_event ORDER BY id"),
        await connection.fetch("SELECT * FROM mail ORDER BY id"),
        await connection.fetch("SELECT * FROM notice ORDER BY id"),
        await connection.fetch("SELECT * FROM purchase_order ORDER BY id"),
        await connection.fetch("SELECT * FROM instalment ORDER BY id"),
        await connection.fetch("SELECT * FROM order_event ORDER BY id"),
    ]
