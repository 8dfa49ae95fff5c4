"""The life of a contract: what it covers really pays, and really stops."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from core.contracts.payment import Authorise, SealedCard
from core.contracts.reasons import Reason
from core.db.queries import load
from core.merchants.agreements.api import carry_out_due
from core.transactions.engine.columns import arming_columns
from core.values.clock import paris_date, to_unix_us
from core.values.ids import decode_id, encode_id, uuid7
from deploy.sandbox.demonstration.agreements import seed_agreements
from tests.architecture.tree import CHECKOUT
from tests.integration.gateway.test_administration import People, people
from tests.integration.gateway.test_fees import approved_grid, today, token_of
from tests.support.desk import CHANGED_BY, DeskStack

__all__ = ["people"]
PARTS = "SELECT count(*) FROM document_part"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
_names = itertools.count(1)
_stans = itertools.count(700_000)


class Later:
    """A clock some days ahead."""

    def __init__(self, days: int) -> None:
        self._days = days

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self._days)

    def unix_us(self) -> int:
        return to_unix_us(self.now())


class Place:
    """A company of one's own with a store, a PAX service that is not active, and a terminal."""

    def __init__(self, ids: dict[str, Any], terminal: str) -> None:
        self.ids = ids
        self.terminal = terminal

    def public(self, kind: str) -> str:
        return encode_id(kind, self.ids[kind].bytes)


@pytest.fixture
async def place(rows: asyncpg.Connection) -> Place:
    number = next(_names)
    account = await rows.fetchval("INSERT INTO account (name) VALUES ('Compte du contrat') RETURNING id")
    company = await rows.fetchval(
        "INSERT INTO company (account_id, legal_name, siren) VALUES ($1, $2, $3) RETURNING id",
        account,
        f"Société du contrat {number}",
        f"{770_000_000 + number}",
    )
    store = await rows.fetchval(
        "INSERT INTO store (company_id, name, siret, acceptor, merchant_category, street, postcode, city, department)"
        " VALUES ($1, $2, $3, $4, '5411', '1 rue du Port', '59000', 'Lille', '59') RETURNING id",
        company,
        f"Magasin du contrat {number}",
        f"{770_000_000 + number}00011",
        f"GCTC{number:011d}",
    )
    service = await rows.fetchval(
        "INSERT INTO service (store_id, kind, acquirer_id) VALUES ($1, 'pax', 1) RETURNING id", store
    )
    terminal = await rows.fetchval(
        "INSERT INTO terminal (store_id, service_id, terminal, activated_at) VALUES ($1, $2, $3, now()) RETURNING id",
        store,
        service,
        f"C{number:07d}",
    )
    ids = {"account": account, "company": company, "store": store, "service": service, "terminal": terminal}
    return Place(ids, f"C{number:07d}")


@pytest.fixture
async def client(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await token_of(desk_stack, "backoffice")) as logged_in:
        yield logged_in


async def reason_of_payment(rows: asyncpg.Connection, place: Place) -> int:
    """Record a payment by the engine's own statement and return what it was refused with, 0 when it may go."""
    now = datetime.now(UTC)
    item = Authorise(
        id=uuid7(
            unix_ms=int(now.timestamp() * 1000), sequence=0, randomness=int.from_bytes(os.urandom(8), "big")
        ),
        terminal_id=place.ids["terminal"].bytes,
        kind=2,
        message_class=2,
        stan=next(_stans),
        business_date=paris_date(now).toordinal(),
        body_hash=1,
        amount_minor=1_250,
        currency="EUR",
        card=SealedCard(b"", 4_242, "497010", "0014", "2912", 2),
        sensitive=b"",
        entry_mode="051",
        transmitted_at="1122101500",
        local_time="1122111500",
        partial_ok=False,
        received_at_us=to_unix_us(now),
        request=b"\x80",
    )
    statement = load(CHECKOUT / "core" / "transactions" / "engine" / "queries.sql").arm_attempts
    day = paris_date(now)
    async with rows.transaction():
        row = await rows.fetchrow(
            statement,
            *arming_columns([item]),
            30_000,
            day - timedelta(days=1),
            day + timedelta(days=1),
            [],  # no reversal was judged before
            0,
        )
    assert row is not None
    return row["refused_reasons"][0] if row["refused_reasons"] else 0


_grids: dict[str, str] = {}


async def grid_in_force(desk_stack: DeskStack) -> str:
    """Return one grid in force, made by two people once for all tests."""
    key = desk_stack.gateway_url
    if key not in _grids:
        _grids[key] = (await approved_grid(desk_stack, "Grille des contrats"))["id"]
    return _grids[key]


async def make(
    client: httpx.AsyncClient, desk_stack: DeskStack, place: Place, **changes: Any
) -> dict[str, Any]:
    body = {
        "company": place.public("company"),
        "grid": await grid_in_force(desk_stack),
        "starts_on": today(),
        "services": [{"store": place.public("store"), "kind": "pax", "options": {"tip": True}}],
        **changes,
    }
    answer = await client.post("/v1/contracts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def move(client: httpx.AsyncClient, contract: str, what: str, **body: Any) -> httpx.Response:
    read = (await client.get(f"/v1/contracts/{contract}")).json()
    return await client.post(f"/v1/contracts/{contract}/{what}", json={"revision": read["revision"], **body})


async def act(client: httpx.AsyncClient, contract: str, what: str, **more: Any) -> dict[str, Any]:
    answer = await move(client, contract, what, **{"reason": "as agreed", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sign(client: httpx.AsyncClient, contract: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(
        f"/v1/contracts/{contract['id']}/sign",
        json={
            "typed": {
                "name": "Awa Diop",
                "role": "Gérante",
                "pdf_sha256": contract["versions"][0]["pdf_fr"]["sha256"],
                "consent": True,
            }
        },
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def activated(client: httpx.AsyncClient, desk_stack: DeskStack, place: Place) -> dict[str, Any]:
    contract = await make(client, desk_stack, place)
    await sign(client, await act(client, contract["id"], "prepare"))
    return await act(client, contract["id"], "activate")


async def test_payments_follow_the_life_of_the_contract(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    contract = await activated(client, desk_stack, place)
    assert (contract["state"], contract["versions"][0]["state"]) == ("active", "in_force")
    assert await reason_of_payment(rows, place) == 0
    offered = {one["act"]: one for one in contract["acts"]}
    assert [line["service"] for line in offered["suspend"]["stops"]] == [place.public("service")]
    suspended = await act(client, contract["id"], "suspend")
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    (resuming,) = [one for one in suspended["acts"] if one["act"] == "resume"]
    assert [line["service"] for line in resuming["starts"]] == [place.public("service")]
    await act(client, contract["id"], "resume")
    assert await reason_of_payment(rows, place) == 0
    ended = await act(client, contract["id"], "terminate")
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    assert (ended["state"], ended["acts"]) == ("terminated", [])
    assert [event["act"] for event in ended["events"]] == [
        "make", "prepare", "sign", "activate", "suspend", "resume", "terminate",
    ]  # fmt: skip
    assert {event["by"]["name"] for event in ended["events"]} == {"Claire Dubreuil"}
    raw = uuid.UUID(bytes=decode_id("contract", contract["id"]))
    kinds = await rows.fetch("SELECT kind FROM action WHERE target_id = $1 ORDER BY seq", raw)
    assert [row["kind"] for row in kinds] == [f"contract.{event['act']}" for event in ended["events"]]
    service = (await client.get(f"/v1/services/{place.public('service')}")).json()
    assert [change["kind"] for change in service["changes"]] == ["stopped", "started", "stopped", "started"]
    assert service["options"]["tip"] is True


async def test_resuming_starts_only_what_the_suspension_stopped(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await activated(client, desk_stack, place)
    # A technician had stopped it before the suspension came.
    await rows.execute("UPDATE service SET active = false WHERE id = $1", place.ids["service"])
    await act(client, contract["id"], "suspend")
    await act(client, contract["id"], "resume")
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE


async def test_a_notice_is_carried_out_on_its_date_and_can_be_taken_back(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await activated(client, desk_stack, place)
    noticed = await act(client, contract["id"], "terminate", effective_on=today(10))
    assert (noticed["state"], noticed["ends_on"]) == ("active", today(10))
    kept = await act(client, contract["id"], "keep")
    assert (kept["state"], kept["ends_on"]) == ("active", None)
    await act(client, contract["id"], "terminate", effective_on=today(10), reason="the shop closes")
    await act(client, contract["id"], "suspend")
    await act(client, contract["id"], "resume")
    async with asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=1) as pool:
        await carry_out_due(pool, Later(9))
        assert await reason_of_payment(rows, place) == 0
        assert await carry_out_due(pool, Later(10)) == 1
        assert await carry_out_due(pool, Later(10)) == 0
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    shown = (await client.get(f"/v1/contracts/{contract['id']}")).json()
    assert shown["state"] == "terminated"
    assert (shown["events"][-1]["act"], shown["events"][-1]["by"]) == ("terminate", None)
    # Why it ends is what the notice said, whatever happened in between.
    assert shown["events"][-1]["reason"] == "the shop closes"
    past = await move(
        client, contract["id"], "terminate", reason="too late", effective_on=str(date(2020, 1, 1))
    )
    assert [one["field"] for one in past.json()["errors"]] == ["effective_on"]


async def test_the_old_version_stays_in_force_until_the_amendment_is_activated(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await activated(client, desk_stack, place)
    grid = contract["versions"][0]["fees"]["grid"]
    only_softpos = {
        "grid": grid,
        "starts_on": today(),
        "reason": "no more terminals",
        "services": [{"store": place.public("store"), "kind": "softpos"}],
    }
    amended = await move(client, contract["id"], "amend", **only_softpos)
    assert amended.status_code == 200, amended.text
    assert [one["state"] for one in amended.json()["versions"]] == ["draft", "in_force"]
    again = await move(client, contract["id"], "amend", **only_softpos)
    assert again.json()["code"] == "contract_act_refused"
    assert re.search(CHANGED_BY, again.json()["detail"]), "who was faster, and when"
    signed = await sign(client, await act(client, contract["id"], "prepare"))
    assert await reason_of_payment(rows, place) == 0
    (taking,) = [one for one in signed["acts"] if one["act"] == "activate"]
    assert [line["kind"] for line in taking["stops"]] == ["pax"]
    assert [line["kind"] for line in taking["starts"]] == ["softpos"]
    done = await act(client, contract["id"], "activate")
    assert [one["state"] for one in done["versions"]] == ["in_force", "superseded"]
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    assert await rows.fetchval(
        "SELECT active FROM service WHERE store_id = $1 AND kind = 'softpos'", place.ids["store"]
    )


async def test_one_service_is_covered_by_one_contract(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    first = await activated(client, desk_stack, place)
    body = {
        "company": place.public("company"),
        "grid": first["versions"][0]["fees"]["grid"],
        "starts_on": today(),
        "services": [{"store": place.public("store"), "kind": "pax"}],
    }
    second = (await client.post("/v1/contracts", json=body)).json()
    await sign(client, await act(client, second["id"], "prepare"))
    answer = await move(client, second["id"], "activate", reason="now")
    assert (answer.status_code, answer.json()["code"]) == (409, "service_covered_elsewhere")


async def test_what_is_signed_is_the_paper_that_was_read(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await make(client, desk_stack, place)
    draft = await client.get(f"/v1/contracts/{contract['id']}/preview", params={"locale": "en"})
    assert (draft.headers["content-type"], draft.content[:5]) == ("application/pdf", b"%PDF-")
    ready = await act(client, contract["id"], "prepare")
    paper = ready["versions"][0]["pdf_fr"]
    kept = await client.get(f"/v1/documents/{paper['id']}")
    assert hashlib.sha256(kept.content).hexdigest() == paper["sha256"]
    made_again = await client.get(f"/v1/contracts/{contract['id']}/preview", params={"locale": "fr"})
    assert made_again.content == kept.content
    wrong = {"name": "Awa Diop", "role": "Gérante", "pdf_sha256": "0" * 64, "consent": True}
    address = f"/v1/contracts/{contract['id']}/sign"
    assert (await client.post(address, json={"typed": wrong})).json()["code"] == "contract_paper_changed"
    silent = {**wrong, "pdf_sha256": paper["sha256"], "consent": False}
    assert (await client.post(address, json={"typed": silent})).json()["errors"][0]["field"] == "consent"
    assert (await client.post(address, json={})).json()["code"] == "signature_refused"
    signed = await sign(client, ready)
    signature = signed["versions"][0]["signature"]
    assert (signature["name"], signature["pdf_sha256"]) == ("Awa Diop", paper["sha256"])
    assert contract["number"] in signature["consent"]
    assert signature["ip"] == "127.0.0.1"


async def test_a_signed_paper_is_uploaded_and_taken_as_the_signature(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await make(client, desk_stack, place)
    await act(client, contract["id"], "prepare")
    large = PDF + bytes(1_200_000)  # Three parts on the bus.
    # Refused uploads of other tests wait for the worker to forget them.
    parts_before = await rows.fetchval(PARTS)
    where = {"company": place.public("company"), "kind": "signed_contract", "name": "../signé.pdf"}
    put = await client.post("/v1/documents", params=where, content=large)
    assert put.status_code == 201, put.text
    document = put.json()
    assert (document["name"], document["size_bytes"]) == ("signé.pdf", len(large))
    assert (await client.get(f"/v1/documents/{document['id']}")).content == large
    signed = await client.post(f"/v1/contracts/{contract['id']}/sign", json={"document": document["id"]})
    assert signed.json()["versions"][0]["signature"]["document"] == document["id"]
    assert signed.json()["state"] == "signed"
    assert await rows.fetchval(PARTS) == parts_before


async def test_a_file_that_cannot_be_the_signed_paper_is_no_signature(
    desk_stack: DeskStack, client: httpx.AsyncClient, place: Place
) -> None:
    async def uploaded(content: bytes) -> str:
        where = {"company": place.public("company"), "kind": "signed_contract", "name": "signé.pdf"}
        put = await client.post("/v1/documents", params=where, content=content)
        assert put.status_code == 201, put.text
        return put.json()["id"]

    async def signed(contract: dict[str, Any], document: str) -> httpx.Response:
        return await client.post(f"/v1/contracts/{contract['id']}/sign", json={"document": document})

    first, second = await make(client, desk_stack, place), await make(client, desk_stack, place)
    old = await uploaded(PDF + b"old")
    ready = await act(client, first["id"], "prepare")
    await act(client, second["id"], "prepare")
    plain = (await client.get(f"/v1/documents/{ready['versions'][0]['pdf_fr']['id']}")).content
    for document, code in ((old, "older_than_paper"), (await uploaded(plain), "unsigned")):
        refused = await signed(first, document)
        assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [("document", code)]
    paper = await uploaded(plain + b"with a signature")
    assert (await signed(first, paper)).json()["state"] == "signed"
    again = await signed(second, paper)
    assert [one["code"] for one in again.json()["errors"]] == ["signs_another"]


async def test_a_paper_brought_to_two_contracts_at_once_signs_one(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contracts = [await make(client, desk_stack, place) for _ in range(2)]
    for contract in contracts:
        await act(client, contract["id"], "prepare")
    where = {"company": place.public("company"), "kind": "signed_contract", "name": "signé.pdf"}
    paper = (await client.post("/v1/documents", params=where, content=PDF + b"signed")).json()["id"]
    async with rows.transaction():
        # The first has written its signature and not committed: nobody else can see it yet.
        await rows.execute(
            "UPDATE contract_version SET signed_document = $2 WHERE contract_id = $1",
            uuid.UUID(bytes=decode_id("contract", contracts[0]["id"])),
            uuid.UUID(bytes=decode_id("document", paper)),
        )
        signing = asyncio.create_task(
            client.post(f"/v1/contracts/{contracts[1]['id']}/sign", json={"document": paper})
        )
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')"
        async with asyncio.timeout(30):
            while not (signing.done() or await rows.fetchval(waits)):  # noqa: ASYNC110 -- The desk's own process.
                await asyncio.sleep(0.01)
    refused = await signing
    assert refused.status_code == 422, refused.text
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
        ("document", "signs_another")
    ]


async def test_files_are_refused_by_their_bytes(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    where = {"company": place.public("company"), "kind": "attachment", "name": "kbis.pdf"}
    page = await client.post("/v1/documents", params=where, content=b"<html><script>alert(1)</script>")
    assert (page.status_code, page.json()["code"]) == (422, "document_type_refused")
    empty = await client.post("/v1/documents", params=where, content=b"")
    assert empty.json()["code"] == "document_incomplete"
    huge = await client.post("/v1/documents", params=where, content=PDF + bytes(10 * 1024 * 1024))
    assert huge.status_code == 413
    async with desk_stack.client(await token_of(desk_stack, "hotline")) as hotline:
        assert (await hotline.post("/v1/documents", params=where, content=PDF)).status_code == 403


async def test_a_contract_out_of_scope_does_not_exist(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await make(client, desk_stack, place)
    ready = await act(client, contract["id"], "prepare")
    paper = ready["versions"][0]["pdf_fr"]["id"]
    # The technician's departments are not the store's.
    async with desk_stack.client(await token_of(desk_stack, "technicien")) as other:
        addresses = (
            f"contracts/{contract['id']}",
            f"contracts/{contract['id']}/preview",
            f"documents/{paper}",
            f"services/{place.public('service')}",
        )
        for address in addresses:
            assert (await other.get(f"/v1/{address}")).status_code == 404, address
        listed = await other.get("/v1/contracts", params={"company": place.public("company")})
        assert listed.json()["data"] == []
        limits = {"transaction_max_minor": 100, "brands": ["visa"]}
        set_limits = await other.post(
            f"/v1/services/{place.public('service')}/limits",
            json={"limits": limits, "reason": "lower", "revision": 0},
        )
        assert set_limits.status_code == 404


async def test_a_contract_of_one_store_does_not_change_what_its_company_pays(
    desk_stack: DeskStack, rows: asyncpg.Connection, people: People, client: httpx.AsyncClient, place: Place
) -> None:
    grid, other = await grid_in_force(desk_stack), await approved_grid(desk_stack, "Une autre grille")
    _, of_store = await people.add("back_office", stores=[place.ids["store"]])
    body = {
        "company": place.public("company"),
        "starts_on": today(),
        "services": [{"store": place.public("store"), "kind": "pax"}],
    }
    async with of_store:
        first = await of_store.post("/v1/contracts", json={**body, "grid": grid})
        assert first.status_code == 201, "the company pays by none yet"
        await rows.execute(
            "INSERT INTO company_fee (company_id, grid_id, since) VALUES ($1, $2, now())",
            place.ids["company"],
            uuid.UUID(bytes=decode_id("fee_grid", grid)),
        )
        refused = await of_store.post("/v1/contracts", json={**body, "grid": other["id"]})
        assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["grid"])
        same = await of_store.post("/v1/contracts", json={**body, "grid": grid})
        assert same.status_code == 201, same.text
        form = (await of_store.get(f"/v1/contract-forms/{place.public('company')}")).json()
        assert [one["id"] for one in form["grids"]] == [grid]
    assert (await client.post("/v1/contracts", json={**body, "grid": other["id"]})).status_code == 201


async def test_a_document_is_read_where_the_record_that_it_belongs_to_is(
    desk_stack: DeskStack, people: People, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await make(client, desk_stack, place)
    replaced = (await act(client, contract["id"], "prepare"))["versions"][0]["pdf_fr"]["id"]
    assert (await act(client, contract["id"], "reopen"))["versions"][0]["state"] == "draft"
    ready = await act(client, contract["id"], "prepare")
    company = {"company": place.public("company")}
    signing, attached, unsigned = [
        (
            await client.post(
                "/v1/documents", params=company | {"kind": kind, "name": "a.pdf"}, content=PDF + end
            )
        ).json()["id"]
        for kind, end in (("signed_contract", b"1"), ("attachment", b"2"), ("signed_contract", b"3"))
    ]
    signed = await client.post(f"/v1/contracts/{contract['id']}/sign", json={"document": signing})
    assert signed.status_code == 200, signed.text
    papers = {ready["versions"][0]["pdf_fr"]["id"], ready["versions"][0]["pdf_en"]["id"], signing}

    async def opened(agent: httpx.AsyncClient) -> set[str]:
        found = set()
        for one in {*papers, replaced, unsigned, attached}:
            answers = {(await agent.get(f"/v1/documents/{one}{path}")).status_code for path in ("", "/facts")}
            assert answers in ({200}, {404}), (one, answers)
            found |= {one} if answers == {200} else set()
        listed = await agent.get("/v1/documents", params=company)
        assert {one["id"] for one in listed.json().get("data", [])} & {
            *papers,
            replaced,
            unsigned,
            attached,
        } == found
        return found

    store = [place.ids["store"]]
    _, pax = await people.add("legal", services=["pax"])
    _, softpos = await people.add("legal", services=["softpos"])
    _, of_store = await people.add("legal", stores=store)
    _, of_both = await people.add("legal", stores=store, services=["softpos"])
    async with pax, softpos, of_store, of_both:
        for agent, status, expected in (
            (pax, 200, papers | {attached}),
            (softpos, 404, {attached}),
            (of_store, 200, papers),
            (of_both, 404, set[str]()),
        ):
            assert (await agent.get(f"/v1/contracts/{contract['id']}")).status_code == status
            assert await opened(agent) == expected
        assert await opened(client) == papers | {replaced, unsigned, attached}


async def test_terms_are_refused_by_the_field_and_nothing_is_written(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    foreign: Any = await rows.fetchval(
        "SELECT id FROM store WHERE company_id <> $1 LIMIT 1", place.ids["company"]
    )
    answer = await client.post(
        "/v1/contracts",
        json={
            "company": place.public("company"),
            "grid": await grid_in_force(desk_stack),
            "starts_on": "2026-02-31",
            "services": [
                {"store": place.public("store"), "kind": "pax", "options": {"model": "Rotary"}},
                {"store": place.public("store"), "kind": "pax"},
                {"store": encode_id("store", foreign.bytes), "kind": "pax"},
            ],
        },
    )
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["errors"]} == {
        "starts_on",
        "services[0].options.model",
        "services[1]",
        "services[2].store",
    }
    made = await rows.fetchval("SELECT count(*) FROM contract WHERE company_id = $1", place.ids["company"])
    assert made == 0


async def test_one_key_makes_one_contract(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    body = {
        "company": place.public("company"),
        "grid": await grid_in_force(desk_stack),
        "starts_on": today(),
        "services": [{"store": place.public("store"), "kind": "pax"}],
    }
    key = {"Idempotency-Key": f"contract-{place.terminal}"}
    first, second = [await client.post("/v1/contracts", json=body, headers=key) for _ in range(2)]
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["idempotent-replayed"] == "true"


async def test_a_template_is_followed_by_the_next_and_never_changed(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    block = {
        "heading_fr": "Parties",
        "heading_en": "Purpose",
        "text_fr": "Pour {company.siren}.",
        "text_en": "For.",
    }
    body = {"title_fr": "Contrat court", "title_en": "Short contract", "blocks": [block], "note": "shorter"}
    assert (await client.post("/v1/contract-templates", json=body)).status_code == 403
    async with desk_stack.client(await token_of(desk_stack, "juridique")) as legal:
        before = (await legal.get("/v1/contract-templates")).json()["data"]
        wrong = {**body, "blocks": [{**block, "text_en": "For {nobody}."}]}
        refused = await legal.post("/v1/contract-templates", json=wrong)
        assert [one["field"] for one in refused.json()["errors"]] == ["blocks[0].text_en"]
        written = await legal.post("/v1/contract-templates", json=body)
        assert written.json()["version"] == before[0]["version"] + 1
    with pytest.raises(asyncpg.RestrictViolationError):
        await rows.execute("UPDATE contract_template SET note = 'other'")
    made = await make(client, desk_stack, place)
    assert made["versions"][0]["template_version"] == written.json()["version"]


async def test_options_and_limits_of_a_service_keep_their_history(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    address = f"/v1/services/{place.public('service')}"
    options = {"model": "PAX A35", "connectivity": "wifi", "contactless_max_minor": 5_000}
    wish: dict[str, Any] = {"reason": "trial", "revision": (await client.get(address)).json()["revision"]}
    changed = await client.post(f"{address}/options", json={**wish, "options": options})
    assert changed.json()["options"]["connectivity"] == "wifi"
    limits = {"transaction_max_minor": 1_000, "brands": ["visa", "cb"]}
    wish["revision"] = changed.json()["revision"]
    low = await client.post(f"{address}/limits", json={**wish, "limits": limits})
    assert [one["code"] for one in low.json()["errors"]] == ["below_contactless"]
    limits["transaction_max_minor"] = 6_000
    done = (await client.post(f"{address}/limits", json={**wish, "limits": limits})).json()
    assert done["limits"]["brands"] == ["cb", "visa"]
    change = done["changes"][0]
    assert (change["kind"], change["reason"], change["by"]["name"]) == ("limits", "trial", "Claire Dubreuil")
    assert change["before"]["transaction_max_minor"] == 500_000
    added = await client.post(
        "/v1/services", json={"store": place.public("store"), "kind": "ecommerce", "reason": "web shop"}
    )
    assert (added.status_code, added.json()["active"]) == (201, False)
    again = await client.post(
        "/v1/services", json={"store": place.public("store"), "kind": "ecommerce", "reason": "web shop"}
    )
    assert again.json()["code"] == "service_stands"


async def test_limits_are_not_written_over_what_a_colleague_set_meanwhile(
    desk_stack: DeskStack, client: httpx.AsyncClient, place: Place
) -> None:
    address = f"/v1/services/{place.public('service')}"
    async with desk_stack.client(await token_of(desk_stack, "admin")) as colleague:
        read = (await client.get(address)).json()
        wish = {"reason": "trial", "revision": read["revision"]}
        lower = {"transaction_max_minor": 4_000, "brands": ["cb"]}
        set_by_colleague = await colleague.post(f"{address}/limits", json={**wish, "limits": lower})
        assert set_by_colleague.status_code == 200
        stale = await client.post(
            f"{address}/limits", json={**wish, "limits": {**lower, "transaction_max_minor": 500_000}}
        )
        options = await client.post(f"{address}/options", json={**wish, "options": {"tip": True}})
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    (told,) = stale.json()["errors"]
    assert (told["field"], told["detail"].split(",")[0]) == ("revision", "Nadia Ferrand")
    assert options.json()["code"] == "changed_meanwhile"
    after = (await client.get(address)).json()
    assert (after["limits"]["transaction_max_minor"], after["options"]["tip"]) == (4_000, False)


async def test_the_demonstration_pays_by_a_grid_and_seeding_again_changes_nothing(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    counts: list[list[Any]] = []
    for _ in range(2):
        await seed_agreements(rows)
        counts.append(
            [
                await rows.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
                for table in ("fee_grid", "fee_version", "fee_row", "company_fee")
            ]
        )
    assert counts[0] == counts[1]
    async with desk_stack.client(await token_of(desk_stack, "commercial")) as sales:
        grids = (await sales.get("/v1/fee-grids")).json()["data"]
    (standard,) = [grid for grid in grids if grid["name"] == "Standard"]
    assert standard["in_force"]["state"] == "in_force"
    assert standard["companies"] > 0
