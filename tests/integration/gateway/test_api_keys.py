"""Keys of merchants' programs: made and revoked by agents, shown once, good for one company."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import asyncpg
import httpx

from core.contracts.ids import CompanyId
from tests.integration.gateway.test_administration import People, people
from tests.support.desk import DeskStack

__all__ = ["people"]

WHY = {"reason": "the program was replaced"}


async def some_company(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return a company."""
    return (await client.get("/v1/companies", params={"limit": 1})).json()["data"][0]


async def make(client: httpx.AsyncClient, company: str, name: str) -> httpx.Response:
    return await client.post("/v1/api-keys", json={"company": company, "name": name})


async def test_a_key_is_shown_once_and_kept_as_a_hash(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as agent:
        company = await some_company(agent)
        made = (await make(agent, company["id"], "Shown once")).json()
        assert re.fullmatch(r"gsk_[A-Za-z0-9_-]{43}", made["secret"])
        assert made["prefix"] == made["secret"][:12]
        listed = (await agent.get("/v1/api-keys", params={"company": company["id"]})).json()["data"]
        assert [key for key in listed if key["id"] == made["id"]] == [
            {name: value for name, value in made.items() if name != "secret"}
        ]
    kept = await rows.fetchrow("SELECT * FROM api_key WHERE name = 'Shown once'")
    assert kept is not None
    assert kept["key_hash"] == hashlib.sha256(made["secret"].encode()).digest()
    assert made["secret"][4:] not in str([*kept.values()])
    facts = await rows.fetchval(
        "SELECT facts::text FROM action WHERE kind = 'api_key.made' ORDER BY seq DESC"
    )
    assert made["secret"][12:] not in facts


async def test_a_program_learns_whose_its_key_is_until_it_is_revoked(
    people: People, desk_stack: DeskStack
) -> None:
    _, admin = await people.add("administrator")
    async with admin:
        company = await some_company(admin)
        made = (await make(admin, company["id"], "To be revoked")).json()
        async with desk_stack.client(made["secret"]) as program:
            told = (await program.get("/v1/merchant/company")).json()
            assert (told["id"], told["key"]) == (company["id"], "To be revoked")
            listed = (await admin.get("/v1/api-keys", params={"company": company["id"]})).json()["data"]
            assert next(key for key in listed if key["id"] == made["id"])["used_at"] is not None
            revoked = await admin.post(f"/v1/api-keys/{made['id']}/revoke", json=WHY)
            assert revoked.json()["revoked_at"] is not None, revoked.text
            refused = await program.get("/v1/merchant/company")
            assert (refused.status_code, refused.json()["code"]) == (401, "api_key_unknown")


async def test_a_second_person_is_told_who_revoked_a_key(people: People) -> None:
    _, admin = await people.add("administrator")
    _, supervisor = await people.add("supervisor")
    async with admin, supervisor:
        company = await some_company(admin)
        made = (await make(admin, company["id"], "Revoked by two")).json()
        address = f"/v1/api-keys/{made['id']}/revoke"
        first = await admin.post(address, json=WHY)
        again = await admin.post(address, json=WHY)
        assert (again.status_code, again.json()) == (200, first.json())
        late = await supervisor.post(address, json=WHY)
        assert (late.status_code, late.json()["code"]) == (409, "done_by_another"), late.text


async def test_a_company_has_ten_keys_at_most_and_no_two_of_one_name(people: People) -> None:
    _, admin = await people.add("administrator")
    async with admin:
        company = (await admin.get("/v1/companies", params={"limit": 2})).json()["data"][1]
        listed = (await admin.get("/v1/api-keys", params={"company": company["id"]})).json()["data"]
        for key in listed:
            await admin.post(f"/v1/api-keys/{key['id']}/revoke", json=WHY)
        keys = [(await make(admin, company["id"], f"Key {place}")).json() for place in range(10)]
        full = await make(admin, company["id"], "One more")
        assert (full.status_code, full.json()["code"]) == (409, "api_keys_too_many")
        await admin.post(f"/v1/api-keys/{keys[0]['id']}/revoke", json=WHY)
        taken = await make(admin, company["id"], "Key 1")
        assert [(error["field"], error["code"]) for error in taken.json()["errors"]] == [("name", "taken")]
        assert (await make(admin, company["id"], "Key 0")).status_code == 201, "its name is free again"


async def test_keys_are_made_by_who_may_where_the_company_is(people: People) -> None:
    _, hotline = await people.add("hotline")
    _, elsewhere = await people.add("administrator", departments=["90"])
    _, admin = await people.add("administrator")
    async with hotline, elsewhere, admin:
        company = await some_company(admin)
        refused = await make(hotline, company["id"], "Not allowed")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
        assert (await make(elsewhere, company["id"], "Out of scope")).status_code == 404
        assert (await make(admin, CompanyId(bytes(16)).text, "Nowhere")).status_code == 404
        assert (await make(admin, company["id"], "  ")).status_code == 422
