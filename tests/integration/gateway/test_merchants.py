"""Accounts, companies, stores, contacts: made, edited by two at once, found, and hidden from who is elsewhere."""

from __future__ import annotations

import itertools
from typing import Any

import asyncpg
import httpx

from deploy.sandbox.demonstration.numbers import siren as make_siren
from deploy.sandbox.demonstration.numbers import siret as make_siret
from tests.support.desk import DeskStack

Json = dict[str, Any]
BACK_OFFICE, SELLER, SALES = (f"{name}@guichet.example" for name in ("backoffice", "vendeur", "commercial"))
IBAN = "FR7630006000011234567890189"
# Counted, so that no test finds another's merchant; far from the numbers of the seeds.
_numbers = itertools.count(4_000_000)


def vat_of(siren: str) -> str:
    return f"FR{(12 + 3 * int(siren)) % 97:02d}{siren}"


def company(**fields: str) -> Json:
    number = next(_numbers)
    siren = make_siren(number)
    return {
        "legal_name": f"Ferme des Trois Chênes {number}",
        "siren": siren,
        "legal_form": "SARL",
        "vat": vat_of(siren),
        "activity": "4711F",
        "street": "4 chemin du Lavoir",
        "postcode": "24200",
        "city": "Sarlat-la-Canéda",
        "iban": "",
        **fields,
    }


def store_of(siren: str, **fields: str) -> Json:
    return {
        "name": f"Étal {siren}",
        "siret": make_siret(siren, next(_numbers) % 10_000),
        "merchant_category": "5411",
        "street": "1 place du Marché",
        "postcode": "24200",
        "city": "Sarlat-la-Canéda",
        "opening": "Mar–sam, 9 h–19 h",
        **fields,
    }


async def make(client: httpx.AsyncClient, path: str, body: Json) -> Json:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def make_company(client: httpx.AsyncClient, **fields: str) -> Json:
    body = {"company": company(**fields), "not_duplicate_reason": "Une autre exploitation du village"}
    return await make(client, "/v1/companies", body)


async def test_a_merchant_is_made_from_account_to_contact(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    async with desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as client:
        made = await make_company(client, iban="FR76 3000 6000 0112 3456 7890 189")
        body = {"company": made["id"], "store": store_of(made["siren"])}
        store = await make(client, "/v1/stores", body | {"not_duplicate_reason": "Un second étal"})
        person = {
            "name": "Maud Delrieu",
            "role": "owner",
            "email": "Maud@Ferme.example",
            "phone": "0553595959",
        }
        contact = await make(client, "/v1/contacts", {"of": store["id"], "contact": person})
        account = (await client.get(f"/v1/accounts/{made['account']['id']}")).json()
        shown = (await client.get(f"/v1/companies/{made['id']}")).json()
        record = (await client.get(f"/v1/stores/{store['id']}")).json()
        listed = (await client.get("/v1/companies", params={"query": made["siren"]})).json()["data"]
        refused = await client.patch(
            f"/v1/contacts/{contact['id']}", json={"revision": 1, "contact": {**person, "phone": "12"}}
        )
        removed = await client.delete(f"/v1/contacts/{contact['id']}")
    assert (made["vat"], made["activity"], made["department"]) == (vat_of(made["siren"]), "47.11F", "24")
    assert account["name"] == made["legal_name"]
    assert [one["id"] for one in account["companies"]] == [made["id"]]
    assert [one["id"] for one in shown["stores"]] == [store["id"]]
    assert (store["department"], len(store["acceptor"]), store["revision"]) == ("24", 15, 1)
    assert record["account"]["id"] == account["id"]
    assert [one["phone"] for one in record["contacts"]] == ["+33553595959"]
    assert [one["email"] for one in record["contacts"]] == ["Maud@ferme.example"]
    # A list never shows an IBAN whole; the record does to who may edit it.
    assert [one["iban"] for one in listed] == [{"country": "FR", "last_four": "0189", "value": None}]
    assert shown["iban"]["value"] == IBAN
    assert [one["code"] for one in refused.json()["errors"]] == ["phone_malformed"]
    assert removed.status_code == 204
    kinds = {row["kind"] for row in await rows.fetch("SELECT kind FROM action")}
    assert {"company.created", "store.created", "contact.added", "contact.removed"} <= kinds


async def test_a_wrong_field_is_named_with_what_to_do(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(BACK_OFFICE), **{"Accept-Language": "en"}) as client:
        wrong = company(siren="732829321", vat="FR00", postcode="96000", iban="FR7630006000011234567890188")
        answer = await client.post("/v1/companies", json={"company": {**wrong, "legal_name": " "}})
        made = await make_company(client)
        other = await client.post(
            "/v1/stores",
            json={"company": made["id"], "store": store_of(made["siren"], siret="73282932000074")},
        )
    assert answer.status_code == 422
    codes = {one["field"]: one["code"] for one in answer.json()["errors"]}
    assert codes == {
        "legal_name": "missing",
        "siren": "siren_key",
        "vat": "vat_shape",
        "postcode": "postcode_unknown",
        "iban": "iban_key",
    }
    assert all(one["detail"] for one in answer.json()["errors"])
    assert [one["code"] for one in other.json()["errors"]] == ["siret_of_other_company"]


async def test_the_second_of_two_editors_is_told_who_wrote_what(desk_stack: DeskStack) -> None:
    async with (
        desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as first,
        desk_stack.client(await desk_stack.log_in(SALES)) as second,
    ):
        fields = company()
        made = await make(first, "/v1/companies", {"company": fields, "not_duplicate_reason": "autre"})
        address = f"/v1/companies/{made['id']}"
        edited = await first.patch(
            address, json={"revision": 1, "company": {**fields, "city": "Domme", "iban": IBAN}}
        )
        late = await second.patch(
            address, json={"revision": 1, "company": {**fields, "street": "5 rue Haute"}}
        )
        again = await second.patch(
            address, json={"revision": 2, "company": {**fields, "city": "Domme", "street": "5 rue Haute"}}
        )
    assert (edited.status_code, edited.json()["revision"]) == (200, 2)
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    told = {one["field"]: one["detail"] for one in late.json()["errors"]}
    assert set(told) == {"city", "iban"}
    assert told["city"].startswith("Claire Dubreuil, ")
    assert told["city"].endswith("« Domme »")
    assert IBAN not in told["iban"]
    assert (again.json()["revision"], again.json()["street"]) == (3, "5 rue Haute")


async def test_a_key_makes_one_company(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as client:
        body = {"company": company(), "not_duplicate_reason": "autre"}
        key = {"Idempotency-Key": f"company-{body['company']['siren']}"}
        first = await client.post("/v1/companies", json=body, headers=key)
        again = await client.post("/v1/companies", json=body, headers=key)
        taken = await client.post("/v1/companies", json=body)
    assert first.status_code == again.status_code == 201, first.text
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [one["code"] for one in taken.json()["errors"]] == ["siren_taken"]


async def test_words_are_found_without_accents_and_pages_follow_each_other(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as client:
        made = [await make_company(client, legal_name=f"Crêperie Kérouédan {n}") for n in range(3)]
        seen: list[str] = []
        parameters = {"query": "creperie kerouedan", "limit": "2"}
        while True:
            page = (await client.get("/v1/companies", params=parameters)).json()
            seen += [one["id"] for one in page["data"]]
            if page["next_cursor"] is None:
                break
            parameters["cursor"] = page["next_cursor"]
        by_company = (await client.get("/v1/stores", params={"query": "maison ondine"})).json()["data"]
        accounts = (await client.get("/v1/accounts", params={"query": "KEROUEDAN"})).json()["data"]
        wrong = await client.get("/v1/companies", params={"cursor": "!!"})
    assert seen == [one["id"] for one in made]
    assert {one["name"] for one in by_company} == {"Ondine Ajaccio", "Ondine Lille", "Ondine Pointe-à-Pitre"}
    assert [one["company_count"] for one in accounts] == [1, 1, 1]
    assert wrong.status_code == 422


async def test_a_merchant_of_another_department_does_not_exist(desk_stack: DeskStack) -> None:
    async with (
        desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as office,
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
    ):
        here = await make_company(office, postcode="75011", city="Paris")
        there = await make_company(office)
        seen = {one["id"] for one in (await seller.get("/v1/companies")).json()["data"]}
        for path in (
            f"/v1/companies/{there['id']}",
            f"/v1/accounts/{there['account']['id']}",
            "/v1/companies/com_nonsense",
        ):
            assert (await seller.get(path)).status_code == 404, path
        own = await seller.get(f"/v1/companies/{here['id']}")
        edit = await seller.patch(f"/v1/companies/{here['id']}", json={"revision": 1, "company": company()})
        create = await seller.post("/v1/companies", json={"company": company()})
    assert here["id"] in seen
    assert there["id"] not in seen
    # The seller reads what is in the area, sees no whole IBAN, and changes nothing.
    assert own.status_code == 200
    assert [one.status_code for one in (edit, create)] == [403, 403]


async def test_duplicate_detection_before_creation(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    async with (
        desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as office,
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
    ):
        iban = "FR1420041010050500013M02606"
        name = "Boulangerie Delacroix-Vauquelin"
        known = await make_company(office, legal_name=name, iban=iban, postcode="31000", city="Toulouse")
        person = {
            "name": "Odile",
            "role": "owner",
            "phone": "+33561222222",
            "email": "odile@vauquelin.example",
        }
        await make(office, "/v1/contacts", {"of": known["id"], "contact": person})

        async def alike(client: httpx.AsyncClient, **asked: str) -> list[Json]:
            answer = await client.post("/v1/merchants/duplicates", json=asked)
            assert answer.status_code == 200, answer.text
            return answer.json()["data"]

        async def reasons(**asked: str) -> list[str]:
            return [
                r for one in await alike(office, **asked) if one["id"] == known["id"] for r in one["reasons"]
            ]

        assert await reasons(siren=known["siren"]) == ["siren"]
        assert await reasons(siret=make_siret(known["siren"], 7)) == ["siren"]
        assert await reasons(vat=vat_of(known["siren"])) == ["vat"]
        assert await reasons(iban="FR14 2004 1010 0505 0001 3M02 606") == ["iban"]
        assert await reasons(phone="05 61 22 22 22") == ["phone"]
        assert await reasons(email="ODILE@vauquelin.example") == ["email"]
        assert await reasons(name="SARL boulangerie Delacroix Vauquelin", postcode="31000") == ["name"]
        assert await reasons(name="Boulangerie Delacroix", city="toulouse") == ["name"]
        assert await reasons(name=name, postcode="59000", city="Lille") == []
        assert await reasons(name="Garage Delmas", postcode="31000") == []
        # Who sells in Paris learns that the SIREN is known, and nothing else of it.
        assert await alike(seller, siren=known["siren"], phone="0561222222") == [
            {
                "kind": "company",
                "id": None,
                "label": None,
                "place": None,
                "reasons": ["siren"],
                "score": 100,
                "visible": False,
            }
        ]
        assert await alike(seller, name=name, postcode="31000", email="odile@vauquelin.example") == []

        twin = company(legal_name="Boulangerie Delacroix Vauquelin", postcode="31000", city="Toulouse")
        stopped = await office.post("/v1/companies", json={"company": twin})
        reason = "La sœur, autre fonds de commerce"
        made = await make(office, "/v1/companies", {"company": twin, "not_duplicate_reason": reason})
    assert (stopped.status_code, stopped.json()["code"]) == (409, "duplicate_suspected")
    assert [one["field"] for one in stopped.json()["errors"]] == ["not_duplicate_reason"]
    audited = await rows.fetchval(
        "SELECT facts->>'not_duplicate' FROM action WHERE kind = 'company.created' AND facts->>'siren' = $1",
        made["siren"],
    )
    assert audited == reason


async def test_nobody_is_the_same_for_what_both_left_empty(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as client:
        made = await make_company(client)
        person = {"name": "Maud Delrieu", "role": "owner", "email": "seule@ferme-vide.example", "phone": ""}
        await make(client, "/v1/contacts", {"of": made["id"], "contact": person})
        found = await client.post(
            "/v1/merchants/duplicates", json={"email": "Seule@ferme-vide.example", "phone": ""}
        )
        nothing = await client.post(
            "/v1/merchants/duplicates", json={"name": "★", "city": "★", "phone": "", "email": ""}
        )
    assert [one["reasons"] for one in found.json()["data"]] == [["email"]]
    assert nothing.json()["data"] == []
