"""Questions and answers: kept in versions by agents, found by anybody, with accents or without (CUS-5, S2.47)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from tests.support.desk import DeskStack

ENTRY = {
    "topic": "order",
    "question_fr": "Où trouver ma facture d'achat ?",
    "question_en": "Where is the invoice of my purchase?",
    "answer_fr": "L'enseigne vous l'a envoyée.\nElle seule peut l'éditer de nouveau.",
    "answer_en": "The shop sent it to you.\nIt alone can make it again.",
    "keywords": "reçu ticket receipt",
    "published": True,
}


@pytest.fixture
async def admin(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await desk_stack.log_in(), **{"Accept-Language": "en"}) as client:
        yield client


@pytest.fixture
async def nobody(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as client:
        yield client


async def made(admin: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await admin.post("/v1/faq-entries", json=ENTRY | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def found(nobody: httpx.AsyncClient, text: str, language: str = "fr") -> list[dict[str, Any]]:
    answer = await nobody.get(
        "/v1/contact/answers", params={"text": text}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_anybody_reads_what_is_published_and_finds_it_with_and_without_accents(
    nobody: httpx.AsyncClient,
) -> None:
    everything = (await nobody.get("/v1/contact/answers")).json()["data"]
    assert len(everything) > 10
    accents = await found(nobody, "Comment régulariser un impayé ?")
    assert accents[0]["question"] == "Comment régulariser un impayé ?"
    assert await found(nobody, "COMMENT REGULARISER UN IMPAYE") == accents
    assert (await found(nobody, "lost password", "en"))[0]["question"] == "I forgot my password."
    assert await found(nobody, "xylophone") == []


async def test_an_entry_is_shown_once_it_is_published_and_no_more_when_it_is_removed(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    entry = await made(admin, published=False)
    assert await found(nobody, "facture") == []
    fields = {name: entry[name] for name in (*ENTRY, "place")}
    path = f"/v1/faq-entries/{entry['id']}"
    body = fields | {"published": True, "revision": entry["revision"]}
    changed = (await admin.patch(path, json=body)).json()
    assert (changed["number"], changed["published"]) == (2, True)
    assert [(each["number"], each["published"]) for each in changed["earlier"]] == [(1, False)]
    (shown,) = await found(nobody, "facture")
    assert shown["answer"] == ENTRY["answer_fr"]
    late = await admin.patch(path, json=body | {"question_fr": "Et alors, quoi ?"})
    assert (late.status_code, late.json()["errors"][0]["code"]) == (409, "changed_meanwhile")
    assert (await admin.delete(path)).status_code == 204
    assert await found(nobody, "facture") == []
    assert (await admin.get(path)).status_code == 404
    assert (await admin.delete(path)).status_code == 404
    assert (await admin.patch(path, json=body)).status_code == 404


async def test_agents_find_entries_in_both_languages_and_by_topic(admin: httpx.AsyncClient) -> None:
    async def listed(**parameters: str) -> list[dict[str, Any]]:
        answer = await admin.get("/v1/faq-entries", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    cards = await listed(topic="card")
    assert {each["topic"] for each in cards} == {"card"}
    assert (await listed(text="mot de passe oublie"))[0]["question"] == "I forgot my password."
    assert (await listed(text="forgotten"))[0]["question"] == "I forgot my password."
    first = (await admin.get("/v1/faq-entries", params={"limit": "2"})).json()
    second = await listed(limit="2", cursor=first["next_cursor"])
    assert not {each["id"] for each in first["data"]} & {each["id"] for each in second}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"topic": "weather"}, "topic"),
        ({"question_fr": "?"}, "question_fr"),
        ({"question_fr": "      "}, "question_fr"),
        ({"question_en": "x" * 201}, "question_en"),
        ({"answer_en": "x" * 2_001}, "answer_en"),
        ({"place": 1_000}, "place"),
        ({"place": -1}, "place"),
        ({"keywords": "x" * 301}, "keywords"),
        ({"published": "perhaps"}, "published"),
    ],
)
async def test_what_is_no_entry_is_refused_and_nothing_is_written(
    admin: httpx.AsyncClient, rows: asyncpg.Connection, changes: dict[str, Any], field: str
) -> None:
    before = await rows.fetchval("SELECT count(*) FROM faq_version")
    refused = await admin.post("/v1/faq-entries", json=ENTRY | changes)
    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert await rows.fetchval("SELECT count(*) FROM faq_version") == before


async def test_an_agent_without_the_right_reads_and_changes_nothing(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as hotline:
        (entry, *_) = (await hotline.get("/v1/faq-entries")).json()["data"]
        assert (await hotline.post("/v1/faq-entries", json=ENTRY)).status_code == 403
        assert (await hotline.delete(f"/v1/faq-entries/{entry['id']}")).status_code == 403


async def test_a_hostile_question_finds_at_most_entries(nobody: httpx.AsyncClient) -> None:
    for text in ("' OR 1=1 --", "<script>alert(1)</script>", "%%%", "\\", "🦊" * 50):
        for each in await found(nobody, text):
            assert each["id"].startswith("faq_")
    too_long = await nobody.get("/v1/contact/answers", params={"text": "x" * 501})
    assert too_long.status_code == 422
