"""Journals put what happened on one time line, by kind and period, within the scope, and as a file."""

from __future__ import annotations

import csv
import io
import time
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx

from core.contracts.payment import AdministrativeAdvice, Presence, SignOn
from core.contracts.states import State
from core.db.pool import open_pool
from core.terminals.api import TerminalHandlers, keep_administrative_advice
from core.values.ids import decode_id, encode_id
from observability.process import SystemClock
from tests.integration.gateway.test_administration import People, people
from tests.support.desk import DeskStack, add_attempt

__all__ = ["people"]


async def terminal_id(rows: asyncpg.Connection, number: str) -> str:
    """Return a terminal's public id."""
    raw = await rows.fetchval("SELECT id FROM terminal WHERE terminal = $1", number)
    assert raw is not None
    return encode_id("terminal", raw.bytes)


async def make_history(desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient) -> str:
    """Let T0000009 sign on, pay in vain, be blocked, be refused twice, be unblocked and leave; return its id."""
    terminal = await terminal_id(rows, "T0000009")
    pool = await open_pool(desk_stack.database.dsn, name="journal-test")
    handlers = TerminalHandlers(pool, SystemClock())
    ask = SignOn("T0000009", "GCT000000000005", "", "edge1", "10.0.0.9", "2.1", time.time_ns() // 1000)
    welcome = await handlers.sign_on(ask)
    assert welcome.reason == 0
    await add_attempt(rows, terminal="T0000009", state=State.DECLINED, reason=113)
    block = await client.post(
        "/v1/blocks", json={"target": {"kind": "terminal", "id": terminal}, "reason": "lost in the shop"}
    )
    assert block.status_code == 201, block.text
    for _ in range(2):
        ask.at_us = time.time_ns() // 1000
        assert (await handlers.sign_on(ask)).reason != 0
    await client.post(f"/v1/blocks/{block.json()['id']}/lift", json={"reason": "found again"})
    await handlers.presence([Presence(welcome.terminal_id, "edge1", False, time.time_ns() // 1000)])
    await pool.close()
    return terminal


async def test_a_terminals_journal(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as client:
        terminal = await make_history(desk_stack, rows, client)
        address = f"/v1/journals/{terminal}"
        whole = (await client.get(address)).json()
        codes = [(entry["kind"], entry["code"]) for entry in whole["data"]]
        # Refused twice within minutes is told once.
        # Other tests may have used this terminal before.
        assert codes[:6] == [
            ("presence", "disconnected"),
            ("block", "lifted"),
            ("presence", "refused"),
            ("block", "blocked"),
            ("payment", "declined"),
            ("presence", "signed_on"),
        ]
        assert whole["subject"] == {
            "kind": "terminal",
            "id": terminal,
            "title": "T0000009",
            "time_zone": "America/Guadeloupe",
        }
        assert whole["data"][2]["facts"]["reason"] == "terminal_blocked"
        assert whole["data"][3]["by"]["name"] == "Inès Marchand"
        assert whole["data"][3]["facts"]["text"] == "lost in the shop"
        assert whole["data"][4]["facts"]["reason"] == "insufficient_funds"

        paged: list[str] = []
        cursor = None
        while True:
            page = (
                await client.get(address, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
            ).json()
            paged += [entry["id"] for entry in page["data"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert paged == [entry["id"] for entry in whole["data"]]

        blocks = (await client.get(address, params={"kinds": "block"})).json()["data"]
        assert {entry["kind"] for entry in blocks} == {"block"}
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert (await client.get(address, params={"from": later, "to": "2099-01-01T00:00:00Z"})).json()[
            "data"
        ] == []

        file = await client.get(f"{address}/export")
        assert file.headers["content-type"].startswith("text/csv")
        assert "attachment" in file.headers["content-disposition"]
        lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
        assert [line[2] for line in lines] == ["code", *(code for _, code in codes)]

        raw = await rows.fetchrow("SELECT store_id FROM terminal WHERE terminal = 'T0000009'")
        assert raw is not None
        store = encode_id("store", raw["store_id"].bytes)
        of_store = (await client.get(f"/v1/journals/{store}")).json()
        assert {entry["id"] for entry in whole["data"]} <= {entry["id"] for entry in of_store["data"]}


async def test_what_a_terminal_reports_of_itself_stands_in_its_journal(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    terminal = await terminal_id(rows, "T0000011")
    pool = await open_pool(desk_stack.database.dsn, name="journal-test")
    asked = AdministrativeAdvice(
        bytes(16), decode_id("terminal", terminal), 7, "1128111500", "PAPER OUT", time.time_ns() // 1000
    )
    await keep_administrative_advice(pool, asked)
    await pool.close()
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as client:
        newest = (await client.get(f"/v1/journals/{terminal}")).json()["data"][0]
        file = (await client.get(f"/v1/journals/{terminal}/export")).text
    assert (newest["kind"], newest["code"], newest["facts"]) == ("presence", "advised", {"text": "PAPER OUT"})
    assert "PAPER OUT" in file


async def test_a_person_is_read_by_who_may_see_agents(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    raw = await rows.fetchval("SELECT id FROM agent WHERE email = 'hotline@guichet.example'")
    assert raw is not None
    address = f"/v1/journals/{encode_id('agent', raw.bytes)}"
    terminal = await terminal_id(rows, "T0000010")
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as client:
        body = {"target": {"kind": "terminal", "id": terminal}, "reason": "asked by the shop"}
        made = (await client.post("/v1/blocks", json=body)).json()
        await client.post(f"/v1/blocks/{made['id']}/lift", json={"reason": "asked by the shop"})
        assert (await client.get(address)).status_code == 404
    async with desk_stack.client(await desk_stack.log_in()) as client:
        done = (await client.get(address)).json()
    assert done["subject"]["title"] == "Inès Marchand"
    assert [entry["code"] for entry in done["data"][:2]] == ["block.lifted", "block.made"]


async def test_out_of_scope_is_not_found_and_bad_filters_are_named(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    lyon, paris = await terminal_id(rows, "T0000003"), await terminal_id(rows, "T0000001")
    async with desk_stack.client(await desk_stack.log_in("technicien@guichet.example")) as client:
        statuses = [
            (await client.get(f"/v1/journals/{one}{end}")).status_code
            for one in (lyon, paris)
            for end in ("", "/export")
        ]
        assert statuses == [200, 200, 404, 404]
        assert (await client.get(f"/v1/journals/car_{lyon.partition('_')[2]}")).status_code == 404
        for parameters in (
            {"kinds": "gossip"},
            {"from": "2026-02-02T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
            {"cursor": "x"},
        ):
            answer = await client.get(f"/v1/journals/{lyon}", params=parameters)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
            assert answer.json()["errors"][0]["field"] in parameters | {"to": ""}
    async with desk_stack.client(await desk_stack.log_in("vendeur@guichet.example")) as client:
        assert (await client.get(f"/v1/journals/{paris}")).status_code == 403


async def test_a_journal_shows_payments_to_whoever_may_read_them_there_and_nobody_else(
    people: People, rows: asyncpg.Connection
) -> None:
    terminal = await terminal_id(rows, "T0000010")
    await add_attempt(rows, terminal="T0000010", state=State.DECLINED, reason=113)
    place = await rows.fetchrow(
        "SELECT s.id, s.department, t.store_id FROM terminal t JOIN store s ON s.id = t.store_id"
        " WHERE t.terminal = 'T0000010'"
    )
    assert place is not None
    subjects = (terminal, encode_id("store", place["id"].bytes))
    await rows.execute(
        "INSERT INTO role (code, name_fr, name_en) VALUES ('journal_only', 'Journaux', 'Journals')"
        " ON CONFLICT DO NOTHING"
    )
    await rows.execute(
        "INSERT INTO role_permission (role, permission) VALUES ('journal_only', 'journals.read')"
        " ON CONFLICT DO NOTHING"
    )
    agent, reader = await people.add("journal_only")
    async with reader:

        async def payments(subject: str) -> int:
            answer = await reader.get(f"/v1/journals/{subject}", params={"limit": 200})
            assert answer.status_code == 200, answer.text
            return sum(one["kind"] == "payment" for one in answer.json()["data"])

        assert [await payments(one) for one in subjects] == [0, 0]
        await rows.execute(
            "INSERT INTO agent_grant (agent_id, role, stores) VALUES ($1, 'hotline', ARRAY[$2::uuid])",
            uuid.UUID(bytes=decode_id("agent", agent)),
            place["id"],
        )
        assert all([await payments(one) for one in subjects])
