"""The file of a merchant to be: kept step by step, taken over, sent back, validated once."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import Any

import asyncpg
import httpx

from core.contracts.operations import OPERATIONS
from core.merchants.api import onboarding_validated, services_wanted
from core.values.ids import decode_id
from deploy.sandbox.demonstration.numbers import siren as make_siren
from deploy.sandbox.demonstration.numbers import siret as make_siret
from tests.integration.gateway.test_administration import People, people
from tests.support.desk import CHANGED_BY, DeskStack

__all__ = ["people"]

Json = dict[str, Any]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SELLER, SALES, OFFICE, TECHNICIAN = (
    f"{name}@guichet.example" for name in ("vendeur", "commercial", "backoffice", "technicien")
)


def answers(number: int) -> Json:
    """Return complete answers, a step each, for a merchant in Paris."""
    siren = make_siren(number)
    address = {"street": "9 rue des Dames", "postcode": "75017", "city": "Paris"}
    return {
        "merchant": {"trade_name": f"Atelier Zingueur {number}", "siren": siren, "activity": "4332A"},
        "company": {"legal_name": f"Zingueur {number}", "legal_form": "SAS", **address},
        "stores": [
            {"name": f"Zingueur Batignolles {number}", "siret": make_siret(siren, 1), "merchant_category": "1711", **address}
        ],
        "contacts": [{"name": "Rose Amrani", "role": "owner", "phone": "01 42 28 00 00"}],
        "services": {"kinds": ["pax", "softpos"], "terminals": 2, "monthly_volume_minor": 1_200_000},
        "documents": {"wanted": ["registration", "bank_details"], "received": ["registration"]},
        "review": {"not_duplicate_reason": "Un autre atelier que ceux du quartier"},
    }  # fmt: skip


async def start(client: httpx.AsyncClient, **merchant: str) -> Json:
    made = await client.post("/v1/onboarding", json={"merchant": merchant})
    assert made.status_code == 201, made.text
    return made.json()


async def save(client: httpx.AsyncClient, file: Json, **steps: Any) -> httpx.Response:
    return await client.patch(f"/v1/onboarding/{file['id']}", json={"revision": file["revision"], **steps})


async def move(client: httpx.AsyncClient, file: Json, where: str, reason: str = "") -> httpx.Response:
    return await client.post(f"/v1/onboarding/{file['id']}/{where}", json={"reason": reason})


def lacking(file: Json) -> dict[str, list[str]]:
    return {step["name"]: [p["code"] for p in step["problems"]] for step in file["steps"] if step["problems"]}


async def test_wizard_resume_after_log_out_and_by_a_colleague(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    steps = answers(5_000_001)
    token = await desk_stack.log_in(SELLER)
    async with desk_stack.client(token) as seller:
        file = await start(seller, **steps["merchant"])
        # What is wrong is kept as it was typed, and named.
        wrong = (await save(seller, file, company={**steps["company"], "postcode": "7501"})).json()
        early = await move(seller, file, "submit")
        await seller.delete("/v1/sessions/current")
        ended = await seller.get(f"/v1/onboarding/{file['id']}")
    assert wrong["answers"]["company"]["postcode"] == "7501"
    assert lacking(wrong) == {
        "company": ["postcode_shape"],
        "stores": ["stores_missing"],
        "contacts": ["contacts_missing"],
        "services": ["services_missing"],
        "documents": ["documents_missing"],
    }
    assert (early.status_code, early.json()["code"]) == (409, "onboarding_not_ready")
    assert "company.postcode" in {one["field"] for one in early.json()["errors"]}
    assert ended.status_code == 401

    async with (
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
        desk_stack.client(await desk_stack.log_in(SALES)) as colleague,
        desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as elsewhere,
    ):
        mine = (await seller.get("/v1/onboarding", params={"mine": "true"})).json()["data"]
        resumed = (await seller.get(f"/v1/onboarding/{file['id']}")).json()
        resumed = (await save(seller, resumed, company=steps["company"], stores=steps["stores"])).json()
        # A colleague of the area goes on; who held it is told so.
        shown = (await colleague.get(f"/v1/onboarding/{file['id']}")).json()
        early_hand = await save(colleague, shown, contacts=steps["contacts"])
        taken = (await move(colleague, file, "take")).json()
        done = await save(colleague, taken, contacts=steps["contacts"], services=steps["services"])
        late = await save(seller, resumed, documents=steps["documents"])
        unseen = await elsewhere.get(f"/v1/onboarding/{file['id']}")
    assert file["id"] in {one["id"] for one in mine}
    assert resumed["answers"]["merchant"]["activity"] == "43.32A"
    assert (shown["moves"], shown["editable"], taken["editable"]) == (["take"], False, True)
    assert [one.json()["code"] for one in (early_hand, late)] == ["onboarding_held_by_another"] * 2
    assert lacking(done.json()) == {"documents": ["documents_missing"]}
    assert unseen.status_code == 404
    kept = await rows.fetch(
        "SELECT kind FROM action WHERE target_id = $1 ORDER BY seq",
        uuid.UUID(bytes=decode_id("onboarding", file["id"])),
    )
    assert [row["kind"].removeprefix("onboarding.") for row in kept] == [
        "started",
        "saved",
        "saved",
        "taken",
        "saved",
    ]


async def test_a_validated_file_becomes_one_company_however_often_it_is_asked(
    desk_stack: DeskStack, rows: asyncpg.Connection, people: People
) -> None:
    steps = answers(5_000_002)
    async with (
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
        desk_stack.client(await desk_stack.log_in(SALES)) as sales,
        desk_stack.client(await desk_stack.log_in(OFFICE)) as office,
    ):
        file = await start(seller)
        complete = (await save(seller, file, **steps)).json()
        assert lacking(complete) == {}
        submitted = (await move(seller, file, "submit")).json()
        by_seller = await move(seller, file, "validate")
        without_reason = await move(sales, file, "send_back")
        returned = (await move(sales, file, "send_back", "Le Kbis date de plus de trois mois")).json()
        again = (await seller.get(f"/v1/onboarding/{file['id']}")).json()
        await save(seller, again, documents={"wanted": ["registration"], "received": []})
        await move(seller, file, "submit")
        answered = await asyncio.gather(*(move(sales, file, "validate") for _ in range(3)))
        _, other = await people.add("sales")
        async with other:
            late = await move(other, file, "validate")
        assert (late.status_code, late.json()["code"]) == (409, "done_by_another")
        late = await move(sales, file, "send_back", "trop tard")
        handed = (await move(sales, file, "hand_over")).json()
        finished = (await move(office, file, "finish")).json()
        company = (await office.get(f"/v1/companies/{finished['company']['id']}")).json()
    assert (submitted["state"], submitted["waits_for"], submitted["moves"]) == (
        "submitted",
        "merchants.validate",
        [],
    )
    assert by_seller.status_code == 403
    assert [one["code"] for one in without_reason.json()["errors"]] == ["reason_short"]
    assert (returned["state"], again["return_reason"], again["editable"]) == (
        "returned",
        "Le Kbis date de plus de trois mois",
        True,
    )
    assert [one.status_code for one in answered] == [200, 200, 200], [one.text for one in answered]
    assert {one.json()["company"]["id"] for one in answered} == {company["id"]}
    assert late.json()["code"] == "onboarding_move_not_possible"
    assert re.search(CHANGED_BY, late.json()["detail"]), "who was faster, and when"
    assert (handed["state"], finished["state"], finished["moves"]) == ("handed_over", "done", [])
    assert (company["siren"], company["validated"], company["department"]) == (
        steps["merchant"]["siren"],
        True,
        "75",
    )
    assert [one["siret"] for one in company["stores"]] == [steps["stores"][0]["siret"]]
    assert [one["phone"] for one in company["contacts"]] == ["+33142280000"]
    raw = decode_id("company", company["id"])
    assert await onboarding_validated(rows, raw)
    records = [company["id"], company["account"]["id"], company["stores"][0]["id"]]
    left = await rows.fetch(
        "SELECT kind, count(*) AS times FROM action WHERE target_id = ANY ($1) GROUP BY kind",
        [
            uuid.UUID(bytes=decode_id(kind, one))
            for kind, one in zip(("company", "account", "store"), records, strict=True)
        ],
    )
    made = {"account.created": 1, "company.created": 1, "store.created": 1, "contact.added": 1}
    assert {row["kind"]: row["times"] for row in left} == made, "each record that was made, once"
    (moving,) = [one for one in OPERATIONS if one.name == "onboarding.move"]
    assert made.keys() <= set(moving.audit)
    assert await services_wanted(rows, raw) == ["pax", "softpos"]


async def test_a_file_of_a_known_merchant_cannot_be_submitted(desk_stack: DeskStack) -> None:
    steps = answers(5_000_003)
    async with desk_stack.client(await desk_stack.log_in(SALES)) as sales:
        first, second = await start(sales), await start(sales)
        await save(sales, first, **steps)
        twin = (await save(sales, second, **{**steps, "review": {}})).json()
        assert lacking(twin) == {"review": ["duplicate_unanswered"]}
        likeliest = twin["duplicates"][0]
        assert (likeliest["kind"], likeliest["reasons"], likeliest["score"]) == ("onboarding", ["siren"], 100)
        await move(sales, first, "submit")
        await move(sales, first, "validate")
        known = (await save(sales, twin, **steps)).json()
        refused = await move(sales, second, "submit")
        gone = (await move(sales, second, "abandon", "Déjà client")).json()
    assert lacking(known) == {"merchant": ["siren_taken"], "stores": ["siret_taken"]}
    assert refused.json()["code"] == "onboarding_not_ready"
    assert gone["state"] == "abandoned"


async def test_a_store_outside_of_ones_area_is_made_by_no_file_either(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    steps = answers(5_000_091)
    steps["stores"][0] |= {"postcode": "13001", "city": "Marseille"}
    async with (
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
        desk_stack.client(await desk_stack.log_in(SALES)) as sales,
    ):
        file = await start(seller, **steps["merchant"])
        saved = (await save(seller, file, **steps)).json()
        refused = await move(seller, file, "submit")
        assert lacking(saved) == {"stores": ["outside_area"]}
        assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
            ("stores.0.postcode", "outside_area")
        ]
        # Somebody who sees the whole country takes it over and goes on.
        assert (await move(sales, file, "take")).status_code == 200
        assert (await move(sales, file, "submit")).json()["state"] == "submitted"


async def test_a_company_made_by_the_back_office_waits_for_sales(
    desk_stack: DeskStack, rows: asyncpg.Connection, people: People
) -> None:
    siren = make_siren(5_000_004)
    fields = {"legal_name": "Quincaillerie Ferrand", "siren": siren, "street": "2 rue B", "postcode": "59000", "city": "Lille"}  # fmt: skip
    async with (
        desk_stack.client(await desk_stack.log_in(OFFICE)) as office,
        desk_stack.client(await desk_stack.log_in(SALES)) as sales,
    ):
        made = await office.post("/v1/companies", json={"company": fields, "not_duplicate_reason": "autre"})
        assert made.status_code == 201, made.text
        raw = decode_id("company", made.json()["id"])
        before = await onboarding_validated(rows, raw)
        refused = await office.post(f"/v1/companies/{made.json()['id']}/validate", json={})
        accepted = await sales.post(f"/v1/companies/{made.json()['id']}/validate", json={})
        again = await sales.post(f"/v1/companies/{made.json()['id']}/validate", json={})
        _, other = await people.add("sales")
        async with other:
            late = await other.post(f"/v1/companies/{made.json()['id']}/validate", json={})
    assert (made.json()["validated"], before, refused.status_code) == (False, False, 403)
    assert accepted.json()["validated"]
    assert await onboarding_validated(rows, raw)
    assert (again.status_code, late.status_code, late.json()["code"]) == (200, 409, "done_by_another")


async def test_a_document_is_brought_to_a_file_replaced_and_given_to_the_company(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    steps = answers(5_400_004)
    async with (
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
        desk_stack.client(await desk_stack.log_in(SALES)) as sales,
        desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as elsewhere,
    ):
        file = await start(seller, **steps["merchant"])
        place = f"/v1/onboarding/{file['id']}/documents"
        rib, name = {"kind": "bank_details", "name": "../rib.pdf"}, "rib.pdf"
        refused = await seller.post(place, params=rib, content=b"MZ not a document")
        missing = await seller.get(f"{place}/bank_details")
        by_colleague = await sales.post(place, params=rib, content=PDF)
        first = await seller.post(place, params=rib, content=PDF + b"old")
        second = await seller.post(place, params=rib, content=PDF)
        read = await sales.get(f"{place}/bank_details")
        unseen = [
            (await elsewhere.get(f"{place}/bank_details")).status_code,
            (await elsewhere.post(place, params=rib, content=PDF)).status_code,
        ]
        # What is brought stays received, whatever a page that was open before says.
        saved = (await save(seller, second.json(), **steps)).json()
        await move(seller, file, "submit")
        late = await seller.post(place, params=rib, content=PDF)
        done = (await move(sales, file, "validate")).json()
        of_company = {"company": done["company"]["id"]}
        listed = await sales.get("/v1/documents", params=of_company)
        opened = await sales.get(f"/v1/documents/{listed.json()['data'][0]['id']}")
        unlisted = await elsewhere.get("/v1/documents", params=of_company)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "file"), refused.text
    assert missing.status_code == 404
    assert by_colleague.json()["code"] == "onboarding_held_by_another"
    assert first.json()["answers"]["documents"] == {"wanted": ["bank_details"], "received": ["bank_details"]}
    assert [(one["kind"], one["name"]) for one in second.json()["answers"]["files"]] == [
        ("bank_details", name)
    ]
    assert (read.content, read.headers["content-type"]) == (PDF, "application/pdf")
    assert unseen == [404, 403]
    assert lacking(saved) == {}
    assert sorted(saved["answers"]["documents"]["received"]) == ["bank_details", "registration"]
    assert late.json()["code"] == "onboarding_move_not_possible"
    kept = await rows.fetch(
        "SELECT kind, name, size_bytes FROM document WHERE company_id = $1",
        uuid.UUID(bytes=decode_id("company", done["company"]["id"])),
    )
    assert [tuple(row) for row in kept] == [("attachment", name, len(PDF))]
    (paper,) = listed.json()["data"]
    assert (paper["name"], paper["kind"], paper["made_by"]["name"]) == (name, "attachment", "Lucie Hamon")
    assert paper["made_at"] == second.json()["answers"]["files"][0]["at"], (
        "as it was brought, not as it was validated"
    )
    assert opened.content == PDF
    assert unlisted.status_code == 404


async def test_only_its_holder_reads_an_account_number_whole_beside_who_may_edit(
    desk_stack: DeskStack, people: People
) -> None:
    iban = "FR7630002005500000421578454" + "5"
    steps = answers(5_400_015)
    agent, edits_elsewhere = await people.add("sales", departments=["48"])
    _, admin = await people.add("administrator")
    async with admin:
        given = await admin.post(
            f"/v1/agents/{agent}/grants", json={"role": "hotline", "departments": ["75"]}
        )
        assert given.status_code == 201, given.text
    async with (
        edits_elsewhere,
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
        desk_stack.client(await desk_stack.log_in(SALES)) as sales,
        desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as hotline,
    ):
        file = await start(seller, **steps["merchant"])
        await save(seller, file, company={**steps["company"], "iban": iban})
        shown = [
            (await client.get(f"/v1/onboarding/{file['id']}")).json()["answers"]["company"]["iban"]
            for client in (seller, sales, hotline, edits_elsewhere)
        ]
    for masked in shown[2:]:
        assert masked.endswith(iban[-4:])
        assert "2005500" not in masked
    assert shown[:2] == [iban, iban]


async def test_whoever_equips_stores_sees_the_ones_that_may_pay_and_have_no_terminal(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    store = await rows.fetchrow(
        "SELECT s.id, v.id AS service FROM store s JOIN service v ON v.store_id = s.id AND v.kind = 'pax' "
        "WHERE s.department = '69' LIMIT 1"
    )
    assert store is not None

    async def waiting(client: httpx.AsyncClient) -> list[Json]:
        home = (await client.get("/v1/home")).json()
        return [row for one in home["sections"] if one["code"] == "installations" for row in one["rows"]]

    async with (
        desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as technician,
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
    ):
        before = await waiting(technician)
        place = "UPDATE terminal SET activated_at = $2 WHERE store_id = $1"
        stood = await rows.fetchval("SELECT min(activated_at) FROM terminal WHERE store_id = $1", store["id"])
        await rows.execute(
            "INSERT INTO service_change (service_id, at, kind) VALUES ($1, now(), 'started')",
            store["service"],
        )
        try:
            equipped = await waiting(technician)
            await rows.execute(place, store["id"], None)
            bare = await waiting(technician)
            other = await waiting(seller)
        finally:
            await rows.execute(place, store["id"], stood)
    assert before == equipped == other == []
    assert [row["status"] for row in bare] == ["assigned"]
    assert bare[0]["link"].startswith("/terminals/ter_")


async def test_the_bell_rings_at_whoever_a_file_is_handed_to(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    steps = answers(5_400_021)
    async with (
        desk_stack.client(await desk_stack.log_in(SELLER)) as seller,
        desk_stack.client(await desk_stack.log_in(SALES)) as sales,
        desk_stack.client(await desk_stack.log_in(OFFICE)) as office,
        desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as elsewhere,
    ):
        file = await start(seller, **steps["merchant"])

        async def told(client: httpx.AsyncClient) -> list[tuple[str, str, str]]:
            notices = (await client.get("/v1/notices")).json()["data"]
            of_file = [one for one in notices if one["link"] == f"/onboarding/{file['id']}"]
            return [(one["kind"], one["facts"]["by"], one["facts"].get("excerpt", "")) for one in of_file]

        complete = (await save(seller, file, **steps)).json()
        await move(seller, file, "submit")
        await move(seller, file, "submit")
        assert await told(sales) == [("onboarding_submit", "Lucie Hamon", "")], (
            "once, however often it is sent"
        )
        assert await told(seller) == []
        await move(sales, file, "send_back", "Le Kbis date de plus de trois mois")
        assert await told(seller) == [
            ("onboarding_send_back", "Karim Belaïd", "Le Kbis date de plus de trois mois")
        ]
        await save(
            seller, (await seller.get(f"/v1/onboarding/{file['id']}")).json(), contacts=steps["contacts"]
        )
        await move(seller, file, "submit")
        await move(sales, file, "validate")
        assert await told(office) == []
        await move(sales, file, "hand_over")
        assert await told(office) == [("onboarding_hand_over", "Karim Belaïd", "")]
        assert await told(elsewhere) == []
    names = await rows.fetchval(
        "SELECT DISTINCT facts ->> 'name' FROM notice WHERE link = $1", f"/onboarding/{file['id']}"
    )
    assert names == complete["answers"]["merchant"]["trade_name"]
