"""One search finds by any identifier, part of a name, a typo; and only what the caller may see."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from core.values.ids import encode_id, rrn_of
from tests.support.desk import DeskStack, add_attempt

_TRIES_MAX = 50


async def found(client: httpx.AsyncClient, query: str) -> dict[str, list[dict[str, Any]]]:
    """Return hits by kind."""
    body: dict[str, Any] = {"partial": True}
    for _ in range(_TRIES_MAX):
        # On a machine with other work a part may run out of its time; it says so.
        if not body["partial"]:
            break
        answer = await client.get("/v1/search", params={"q": query})
        assert answer.status_code == 200, answer.text
        body = answer.json()
    assert body["partial"] is False
    return {group["kind"]: group["data"] for group in body["groups"]}


@pytest.mark.parametrize(
    ("query", "kind", "title"),
    [
        ("ondine", "company", "Maison Ondine SARL"),
        ("ODINE lile", "store", "Ondine Lille"),
        ("societe cooperative", "company", "Société coopérative des ateliers"),
        ("belle riv", "account", "Groupe Belle Rive"),
        ("t0000005", "terminal", "T0000005"),
        ("GCT000000000003", "store", "Librairie-papeterie"),
        ("97110", "store", "Ondine Pointe-à-Pitre"),
        ("nadia ferand", "agent", "Nadia Ferrand"),
    ],
)
async def test_a_name_a_typo_or_a_number_finds_it(
    desk_stack: DeskStack, query: str, kind: str, title: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        groups = await found(client, query)
    assert groups[kind][0]["title"].startswith(title)


async def test_a_siren_finds_its_company_and_its_stores_first(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    siren = str(await rows.fetchval("SELECT siren FROM company WHERE legal_name = 'Maison Ondine SARL'"))
    async with desk_stack.client(await desk_stack.log_in()) as client:
        groups = await found(client, f"{siren[:3]} {siren[3:6]} {siren[6:]}")
    assert [hit["title"] for hit in groups["company"]] == ["Maison Ondine SARL"]
    assert {hit["match"] for hit in groups["store"]} == {"identifier"}
    assert len(groups["store"]) == 3


async def test_every_key_on_a_receipt_finds_the_transaction(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    raw = await add_attempt(rows, terminal="T0000007", amount_minor=987_65, stan=654_321, last_four="8642")
    public = encode_id("transaction", raw)
    async with desk_stack.client(await desk_stack.log_in()) as client:
        for query in ("8642", "987,65 €", "654321", "T0000007 654321", rrn_of(raw), public):
            groups = await found(client, query)
            assert public in [hit["id"] for hit in groups["transaction"]], query
        by_approval = await found(client, "A12345")
    assert by_approval["transaction"][0]["match"] == "approval_code"
    assert by_approval["transaction"][0]["amount"]["currency"] == "EUR"


async def test_a_narrow_scope_finds_only_its_own(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    lyon = await add_attempt(rows, terminal="T0000003", last_four="7531")
    paris = await add_attempt(rows, terminal="T0000001", last_four="7531")
    # The technician sees departments 69, 13 and 2A.
    async with desk_stack.client(await desk_stack.log_in("technicien@guichet.example")) as client:
        stores = await found(client, "ondine")
        companies = await found(client, "belle rive")
        cards = await found(client, "7531")
        elsewhere = await found(client, "T0000001")
        agents = await found(client, "nadia")
    assert [hit["title"] for hit in stores["store"]] == ["Ondine Ajaccio"]
    assert [hit["title"] for hit in companies["company"]] == ["Belle Rive Distribution SAS"]
    assert [hit["title"] for hit in companies["store"]] == ["Belle Rive Part-Dieu"]
    assert [hit["id"] for hit in cards["transaction"]] == [encode_id("transaction", lyon)]
    assert encode_id("transaction", paris) not in str(cards)
    assert "terminal" not in elsewhere
    assert "agent" not in agents


async def test_the_search_follows_the_directory(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        async with rows.transaction():
            await rows.execute("UPDATE store SET name = 'Zinzolin Lille' WHERE name = 'Ondine Lille'")
        renamed = await found(client, "zinzolin")
        terminals = await found(client, "T0000011")
        await rows.execute("UPDATE store SET name = 'Ondine Lille' WHERE name = 'Zinzolin Lille'")
        gone = await found(client, "zinzolin")
    assert [hit["title"] for hit in renamed["store"]] == ["Zinzolin Lille"]
    assert terminals["terminal"][0]["detail"] == "Zinzolin Lille · Lille"
    assert gone == {}


@pytest.mark.parametrize("query", ["%", "_", "'; --", "\\", "a", "é" * 100])
async def test_strange_words_find_nothing_and_break_nothing(desk_stack: DeskStack, query: str) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        assert await found(client, query) == {}


async def test_a_query_without_words_or_too_long_is_refused(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        answers = [
            await client.get("/v1/search"),
            await client.get("/v1/search", params={"q": "x" * 101}),
            await client.get("/v1/search", params={"q": "ondine", "kind": "store"}),
        ]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
