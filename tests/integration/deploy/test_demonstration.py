"""The demonstration has a contract of each sort, mail and notices; seeding again changes nothing."""

from __future__ import annotations

import asyncpg

from deploy.sandbox.demonstration.contracts import make_contracts
from deploy.sandbox.demonstration.letters import seed_letters
from deploy.sandbox.demonstration.store import seed
from tests.support.servers import TestDatabase


async def test_the_demonstration_has_contracts_mail_and_notices_once(database: TestDatabase) -> None:
    await seed(database.dsn, password="a long demonstration password")
    connection = await asyncpg.connect(database.dsn)
    try:
        first = await _everything(connection)
        await make_contracts(database.dsn)
        await seed_letters(connection)
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


async def _everything(connection: asyncpg.Connection) -> list[list[asyncpg.Record]]:
    return [
        await connection.fetch("SELECT * FROM contract ORDER BY id"),
        await connection.fetch("SELECT * FROM contract_version ORDER BY contract_id, version"),
        await connection.fetch("SELECT * FROM contract_event ORDER BY id"),
        await connection.fetch("SELECT * FROM mail ORDER BY id"),
        await connection.fetch("SELECT * FROM notice ORDER BY id"),
    ]
