"""Papers of contracts: what is signed is what was read, and who may read it."""

import asyncio
import hashlib
import uuid
from typing import Any

import asyncpg
import httpx

from core.values.ids import decode_id
from tests.integration.gateway.contracts import (
    PDF,
    Place,
    act,
    client,
    make,
    place,
    sign,
)
from tests.integration.gateway.test_administration import People, people
from tests.integration.gateway.test_fees import token_of
from tests.support.desk import DeskStack

__all__ = ["client", "people", "place"]
PARTS = "SELECT count(*) FROM document_part"


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
