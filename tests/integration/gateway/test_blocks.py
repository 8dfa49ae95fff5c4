"""A block, its echo and its action are one; the directory shows them."""

from __future__ import annotations

import asyncio
import uuid

import asyncpg

from core.values.ids import decode_id, encode_id
from tests.integration.gateway.test_administration import People, people
from tests.support.desk import DeskStack

__all__ = ["people"]


async def test_a_terminal_is_blocked_and_unblocked(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    raw = await rows.fetchval("SELECT id FROM terminal WHERE terminal = 'T0000005'")
    assert raw is not None
    terminal = encode_id("terminal", raw.bytes)
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as client:
        body = {"target": {"kind": "terminal", "id": terminal}, "reason": "lost in the shop"}
        answers = await asyncio.gather(*(client.post("/v1/blocks", json=body) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
        made = next(answer.json() for answer in answers if answer.status_code == 201)
        late = next(answer.json() for answer in answers if answer.status_code == 409)
        assert "Inès Marchand" in late["detail"], "who was faster is told"
        assert made["target"]["label"].startswith("T0000005")
        assert made["blocked_by"]["name"] == "Inès Marchand"
        assert await rows.fetchval("SELECT blocked_at IS NOT NULL FROM terminal WHERE id = $1", raw)
        shown = (await client.get(f"/v1/terminals/{terminal}")).json()
        assert (shown["state"], shown["block"]["id"]) == ("blocked", made["id"])
        store = (await client.get(f"/v1/stores/{shown['store']['id']}")).json()
        assert [block["id"] for block in store["blocks"]] == [made["id"]]
        # Other tests assign terminals to this store, whichever runs first.
        own = await rows.fetch(
            "SELECT terminal FROM terminal WHERE store_id = (SELECT store_id FROM terminal WHERE id = $1)"
            " ORDER BY terminal",
            raw,
        )
        assert {"T0000005", "T0000006"} <= {row["terminal"] for row in own}
        assert [one["terminal"] for one in store["terminals"]] == [row["terminal"] for row in own]
        assert store["services"][0]["duplicate_window_s"] == 120
        lifted = await client.post(f"/v1/blocks/{made['id']}/lift", json={"reason": "found again"})
        assert lifted.status_code == 200
        assert lifted.json()["lifted_by"]["name"] == "Inès Marchand"
        again = await client.post(f"/v1/blocks/{made['id']}/lift", json={"reason": "found again"})
        assert (again.status_code, again.json()["code"]) == (409, "already_lifted")
        assert "Inès Marchand" in again.json()["detail"]
        standing = await client.get("/v1/blocks", params={"standing": "true", "target": terminal})
        every = await client.get("/v1/blocks", params={"target": terminal})
    assert await rows.fetchval("SELECT blocked_at IS NULL FROM terminal WHERE id = $1", raw)
    assert standing.json()["data"] == []
    assert [block["id"] for block in every.json()["data"]] == [made["id"]]
    # Of this block: other tests change the options of the same terminal.
    actions = await rows.fetch(
        "SELECT kind FROM action WHERE target_id = $1 AND kind LIKE 'block.%' ORDER BY at", raw
    )
    assert [row["kind"] for row in actions] == ["block.made", "block.lifted"]
    assert uuid.UUID(bytes=decode_id("block", made["id"]))


async def test_a_reason_that_says_nothing_is_refused(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    store = {"kind": "store", "id": encode_id("store", bytes(16))}
    async with desk_stack.client(await desk_stack.log_in()) as client:
        for reason in ("no", "       ", " a b ", "\u202f\u00a0\t\n "):
            answer = await client.post("/v1/blocks", json={"target": store, "reason": reason})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason"), reason
        said = await client.post("/v1/blocks", json={"target": store, "reason": " vol "})
    assert said.status_code == 404, "the reason is good, and there is no such store"


async def test_words_find_stores_and_terminals(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        stores = (await client.get("/v1/stores", params={"query": "ondine"})).json()["data"]
        literal = (await client.get("/v1/stores", params={"query": "%"})).json()["data"]
        terminals = (await client.get("/v1/terminals", params={"query": "T000001"})).json()["data"]
        first = (await client.get("/v1/stores", params={"limit": "4"})).json()
        second = (
            await client.get("/v1/stores", params={"limit": "4", "cursor": first["next_cursor"]})
        ).json()
    assert {store["city"] for store in stores} == {"Ajaccio", "Pointe-à-Pitre", "Lille"}
    assert literal == []
    assert [one["terminal"] for one in terminals] == ["T0000010", "T0000011", "T0000012", "T0000013"]
    assert terminals[-1]["state"] == "not_active"
    both = [store["id"] for store in first["data"] + second["data"]]
    assert len(set(both)) == len(both) >= 6


async def test_a_text_that_no_database_holds_is_refused(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        answer = await client.get("/v1/stores", params={"query": "a\0b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_who_answers_for_one_service_neither_stops_nor_frees_what_others_answer_for(
    desk_stack: DeskStack, people: People, rows: asyncpg.Connection
) -> None:
    row = await rows.fetchrow(
        "SELECT t.id, t.service_id, t.store_id FROM terminal t JOIN service v ON v.id = t.service_id"
        " WHERE t.terminal = 'T0000005' AND v.kind = 'pax'"
    )
    assert row is not None
    targets = [
        {"kind": kind, "id": encode_id(kind, raw.bytes)}
        for kind, raw in (("terminal", row["id"]), ("service", row["service_id"]), ("store", row["store_id"]))
    ]
    _, softpos = await people.add("hotline", services=["softpos"])
    _, pax = await people.add("hotline", services=["pax"])
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as whole, softpos, pax:
        for target in targets:
            of_store = target["kind"] == "store"
            body = {"target": target, "reason": "fraude signalée"}
            assert (await softpos.post("/v1/blocks", json=body)).status_code == 404, target
            limited = await pax.post("/v1/blocks", json=body)
            assert limited.status_code == (404 if of_store else 201), target
            made = (await whole.post("/v1/blocks", json=body) if of_store else limited).json()
            seen = (await softpos.get("/v1/blocks", params={"target": target["id"]})).json()["data"]
            assert [one["id"] for one in seen] == ([made["id"]] if of_store else []), target
            reason = {"reason": "levée à tort"}
            assert (await softpos.post(f"/v1/blocks/{made['id']}/lift", json=reason)).status_code == 404, (
                target
            )
            lifted = await pax.post(f"/v1/blocks/{made['id']}/lift", json=reason)
            assert lifted.status_code == (404 if of_store else 200), target
            assert await rows.fetchval(
                "SELECT count(*) FROM block WHERE target_id = $1 AND lifted_at IS NULL",
                uuid.UUID(bytes=decode_id(target["kind"], target["id"])),
            ) == int(of_store)
            if of_store:
                assert (await whole.post(f"/v1/blocks/{made['id']}/lift", json=reason)).status_code == 200
