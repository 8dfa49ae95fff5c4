"""The demonstration's merchants are complete by the rules that agents are held to, and seeded once."""

from __future__ import annotations

import asyncpg

from core.contracts.merchants import CompanyFields
from core.merchants.forms import check_company
from core.merchants.onboarding.rules import Known, lacking
from core.merchants.onboarding.store import answers_of
from deploy.sandbox.demonstration.merchants import seed_merchants
from deploy.sandbox.demonstration.store import seed
from tests.support.servers import TestDatabase


async def test_seeding_merchants_twice_changes_nothing(database: TestDatabase) -> None:
    await seed(database.dsn, password="a long demonstration password")
    connection = await asyncpg.connect(database.dsn)
    try:
        await seed_merchants(connection)
        first = await _everything(connection)
        await seed_merchants(connection)
        assert await _everything(connection) == first
        companies = await connection.fetch(
            "SELECT legal_name, siren, legal_form, vat, activity, street, postcode, city, iban FROM company"
        )
        for row in companies:
            fields = CompanyFields(**dict(row.items()))
            assert check_company(fields) == (fields, [])
        files = {
            row["state"]: lacking(answers_of(row), Known())
            for row in await connection.fetch("SELECT state, answers::text AS answers FROM onboarding")
        }
    finally:
        await connection.close()
    assert set(files) == {"draft", "submitted"}
    assert [step.name for step in files["submitted"] if step.wrong] == []
    assert [step.name for step in files["draft"] if step.wrong] != []


async def _everything(connection: asyncpg.Connection) -> list[list[asyncpg.Record]]:
    return [
        await connection.fetch("SELECT * FROM company ORDER BY id"),
        await connection.fetch("SELECT * FROM contact ORDER BY id"),
        await connection.fetch("SELECT * FROM onboarding ORDER BY id"),
    ]
