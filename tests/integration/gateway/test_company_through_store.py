"""Who sees a store sees whose it is: the company and its account, to read, without bank details and contacts."""

from __future__ import annotations

import uuid

import asyncpg

from core.values.ids import decode_id
from tests.integration.gateway.test_administration import People, people
from tests.integration.gateway.test_fees import approved_grid
from tests.integration.gateway.test_merchants import BACK_OFFICE, company, make, make_company, store_of
from tests.support.desk import DeskStack

__all__ = ["people"]


async def test_a_store_shows_its_company_to_read_and_nothing_more(
    desk_stack: DeskStack, people: People, rows: asyncpg.Connection
) -> None:
    agent, client = await people.add("back_office", departments=["2A"])
    async with desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as office, client:
        owner = await make_company(office, iban="FR7630006000011234567890189")
        address = {"company": owner["id"], "not_duplicate_reason": "Un second étal"}
        store = await make(office, "/v1/stores", address | {"store": store_of(owner["siren"])})
        other = await make(office, "/v1/stores", address | {"store": store_of(owner["siren"], name="Autre")})
        contact = {"of": owner["id"], "contact": {"name": "Odette", "role": "owner", "phone": "+33142685300"}}
        await make(office, "/v1/contacts", contact)
        stranger = await make_company(office)
        path, account = f"/v1/companies/{owner['id']}", f"/v1/accounts/{owner['account']['id']}"
        assert (await client.get(path)).status_code == 404
        await rows.execute(
            "INSERT INTO agent_grant (agent_id, role, stores) VALUES ($1, 'back_office', ARRAY[$2::uuid])",
            uuid.UUID(bytes=decode_id("agent", agent)),
            uuid.UUID(bytes=decode_id("store", store["id"])),
        )

        seen = (await client.get(path)).json()
        assert (seen["legal_name"], seen["siren"]) == (owner["legal_name"], owner["siren"])
        assert (seen["iban"], seen["contacts"], seen["through_store"]) == (None, [], True)
        assert [one["id"] for one in seen["stores"]] == [store["id"]]
        listed = (await client.get("/v1/companies", params={"query": owner["siren"]})).json()["data"]
        assert [(one["id"], one["iban"]) for one in listed] == [(owner["id"], None)]
        of_account = (await client.get(account)).json()
        assert [one["id"] for one in of_account["companies"]] == [owner["id"]]
        assert (of_account["contacts"], of_account["through_store"]) == ([], True)
        assert "7630006" not in f"{seen}{listed}{of_account}"

        grid = await approved_grid(desk_stack, "Grille d'une société vue par un magasin")
        edits = {"revision": owner["revision"], "company": company()}
        for method, address_of, body in (
            ("PATCH", path, edits),
            ("POST", "/v1/contacts", contact),
            ("PATCH", account, {"revision": 1, "name": "Renamed"}),
            ("POST", f"/v1/fee-grids/{grid['id']}/companies", {"company": owner["id"]}),
            ("GET", f"/v1/companies/{stranger['id']}", None),
            ("GET", f"/v1/stores/{other['id']}", None),
        ):
            answer = await client.request(method, address_of, json=body)
            assert answer.status_code in {404, 422}, (address_of, answer.text)
            assert "not_found" in answer.text or "outside_area" in answer.text, answer.text
        whole = (await office.get(path)).json()
    assert whole["legal_name"] == owner["legal_name"]
    assert (whole["through_store"], len(whole["stores"]), len(whole["contacts"])) == (False, 2, 1)
    assert whole["iban"]["value"] == "FR7630006000011234567890189"
