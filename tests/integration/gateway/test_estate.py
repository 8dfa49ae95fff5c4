"""The diagnosis with its figures, terminals from assignment to sign-on, the wall."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import msgspec
import pytest

from core.bus import Bus
from core.contracts.payment import SignOn, SignOnReply
from core.contracts.reasons import Reason
from core.contracts.states import State
from core.contracts.subjects import SIGN_ON
from core.terminals.api import Levels
from core.values.clock import paris_date
from core.values.ids import decode_id, encode_id, uuid7
from observability.process import SystemClock
from tests.integration.gateway.test_administration import People, people
from tests.support.desk import DeskStack, add_attempt

__all__ = ["people"]

TECHNICIAN = "technicien@guichet.example"
_numbers = itertools.count(1)


async def store_of(rows: asyncpg.Connection, terminal: str) -> str:
    row = await rows.fetchrow("SELECT store_id FROM terminal WHERE terminal = $1", terminal)
    assert row is not None
    return encode_id("store", row["store_id"].bytes)


async def repeated(people: People, client: httpx.AsyncClient, path: str, body: dict[str, str]) -> None:
    """Whoever did it may say it again; another is refused and told who did it, and the audit stays as it is."""
    assert (await client.post(path, json=body)).status_code == 200
    _, second = await people.add("technician")
    async with second:
        refused = await second.post(path, json=body, headers={"accept-language": "en"})
    assert (refused.status_code, refused.json()["code"]) == (409, "done_by_another")
    assert "Done by " in refused.json()["detail"]


async def past(rows: asyncpg.Connection, terminal: str, *, age: timedelta, state: State) -> bytes:
    """Insert a payment as it was made some time ago."""
    at = datetime.now(UTC) - age
    raw = uuid7(
        unix_ms=int(at.timestamp() * 1000), sequence=next(_numbers), randomness=uuid.uuid4().int % 2**62
    )
    await add_attempt(rows, terminal=terminal, state=state, reason=113, attempt_id=raw)
    await rows.execute(
        "UPDATE attempt SET received_at = $2, business_date = $3 WHERE id = $1",
        uuid.UUID(bytes=raw),
        at,
        paris_date(at),
    )
    return raw


async def test_a_diagnosis_names_the_hop_and_compares_with_the_usual_level(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    raw, store = b"", "T0990009"
    await rows.execute(  # a terminal of its own: the desk is shared, and others pay too
        "INSERT INTO terminal (store_id, service_id, terminal, model, dialect, activated_at)"
        " SELECT store_id, service_id, $1, model, dialect, activated_at FROM terminal WHERE terminal = 'T0000009'",
        store,
    )
    for n in range(30):
        await past(rows, store, age=timedelta(days=1, minutes=n), state=State.APPROVED)
    for n in range(6):
        raw = await past(rows, store, age=timedelta(minutes=1 + n), state=State.DECLINED)
    async with desk_stack.client(await desk_stack.log_in()) as client:
        answer = await client.get(f"/v1/transactions/{encode_id('transaction', raw)}/diagnosis")
        assert answer.status_code == 200, answer.text
        shown = answer.json()
        assert (shown["hop"], shown["hop_text"]) == ("issuer", "La banque du porteur")
        (terminal,) = [level for level in shown["levels"] if level["of"] == "terminal"]
        assert (terminal["verdict"], terminal["recent_declined"], terminal["usual_declined"]) == (
            "worse",
            6,
            0,
        )
        assert terminal["text"].startswith("Ce terminal refuse 100\u202f% de ses paiements depuis ")
        proof = {name: value for name, value in terminal["proof"].items() if value}
        listed = await client.get("/v1/transactions", params=proof)
        assert len(listed.json()["data"]) == 6, "the proof lists the rows behind the figure"
    async with desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as outside:
        hidden = await outside.get(f"/v1/transactions/{encode_id('transaction', raw)}/diagnosis")
    assert hidden.status_code == 404


@pytest.fixture
async def edge(desk_stack: DeskStack) -> AsyncIterator[Bus]:
    bus = await Bus.connect(desk_stack.nats.url("edge"), name="test-edge", inbox_prefix="_INBOX.edge")
    yield bus
    await bus.close()


async def test_a_technician_assigns_a_terminal_that_then_signs_on(
    desk_stack: DeskStack, rows: asyncpg.Connection, edge: Bus, people: People
) -> None:
    store = await store_of(rows, "T0000003")
    acceptor = str(
        await rows.fetchval(
            "SELECT acceptor FROM store WHERE id = $1", uuid.UUID(bytes=decode_id("store", store))
        )
    )

    async def sign_on() -> SignOnReply:
        request = SignOn("NEW00001", acceptor, "", "edge1", "127.0.0.1", "1.0", SystemClock().unix_us())
        return msgspec.msgpack.decode(
            await edge.request(SIGN_ON, msgspec.msgpack.encode(request), 10.0), type=SignOnReply
        )

    body = {"terminal": "NEW00001", "store_id": store, "service": "pax", "model": "PAX A35"}
    async with desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as client:
        made = await client.post("/v1/terminals", json={**body, "serial": "SN-0001"})
        assert made.status_code == 201, made.text
        terminal = made.json()["id"]
        assert made.json()["condition"] == "not_active"
        assert (await sign_on()).reason == Reason.TERMINAL_NOT_ACTIVE
        taken = await client.post("/v1/terminals", json=body)
        assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "terminal")

        active = await client.post(f"/v1/terminals/{terminal}/activate", json={})
        assert (active.status_code, active.json()["condition"]) == (200, "never_seen")
        await repeated(people, client, f"/v1/terminals/{terminal}/activate", {})
        options = {
            "dialect": "bcd1987",
            "connectivity": "wifi",
            "tip": True,
            "tip_percent_max": 20,
            "preauthorisation": True,
            "contactless_max": 5_000,
        }
        revision = {"revision": made.json()["revision"]}
        changed = await client.post(f"/v1/terminals/{terminal}/options", json=options | revision)
        assert (changed.status_code, changed.json()["options"]) == (200, options), changed.text
        assert changed.json()["reload_wanted_at"] is not None
        welcome = await sign_on()
        assert (welcome.reason, welcome.dialect) == (0, "bcd1987")

        wrong = await client.post(
            f"/v1/terminals/{terminal}/options",
            json={**options, **revision, "dialect": "morse", "tip": False, "contactless_max": -1},
        )
        assert {error["field"] for error in wrong.json()["errors"]} == {
            "dialect",
            "tip_percent_max",
            "contactless_max",
        }
        moved = await client.post(
            f"/v1/terminals/{terminal}/move",
            json={
                "store_id": await store_of(rows, "T0000005"),
                "service": "pax",
                "reason": "the shop moved",
            },
        )
        assert moved.json()["store"]["department"] == "13"
        assert (await sign_on()).reason == Reason.TERMINAL_UNKNOWN, "the old acceptor number is not its own"
        retired = await client.post(f"/v1/terminals/{terminal}/retire", json={"reason": "broken screen"})
        assert retired.json()["condition"] == "retired"
        why = {"reason": "broken screen"}
        await repeated(people, client, f"/v1/terminals/{terminal}/retire", why)
        kinds = [change["kind"] for change in retired.json()["changes"]]
        assert kinds == [
            "terminal.retired",
            "terminal.moved",
            "terminal.options",
            "terminal.activated",
            "terminal.assigned",
        ]
        listed = (await client.get("/v1/terminals", params={"query": "NEW0000"})).json()["data"]
        assert listed == [], "retired terminals are listed only when they are asked for"


async def test_a_terminal_is_not_assigned_out_of_scope_or_with_wrong_fields(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    paris = await store_of(rows, "T0000001")
    async with desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as client:
        body = {"terminal": "NEW00002", "store_id": paris, "service": "pax"}
        hidden = await client.post("/v1/terminals", json=body)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
        lyon = await store_of(rows, "T0000003")
        wrong = await client.post(
            "/v1/terminals",
            json={"terminal": "new", "store_id": lyon, "service": "onsite", "serial": "?"},
        )
        assert [error["field"] for error in wrong.json()["errors"]] == ["terminal", "service", "serial"]
        none = await client.post("/v1/terminals", json={**body, "store_id": lyon, "service": "softpos"})
        assert (none.status_code, none.json()["code"]) == (409, "terminal_service_missing")
        other = await rows.fetchrow("SELECT id FROM terminal WHERE terminal = 'T0000001'")
        assert other is not None
        for act in ("activate", "retire"):
            answer = await client.post(
                f"/v1/terminals/{encode_id('terminal', other['id'].bytes)}/{act}", json={"reason": "not mine"}
            )
            assert answer.status_code == 404
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as hotline:
        refused = await hotline.post("/v1/terminals", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")


async def test_the_wall_counts_the_estate_within_the_scope(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    number = "T0000007"  # Ajaccio
    await rows.execute(
        "INSERT INTO terminal_presence (terminal_id, edge, connected, last_seen_at)"
        " SELECT id, 'edge1', true, now() FROM terminal WHERE terminal = $1"
        " ON CONFLICT (terminal_id) DO UPDATE SET connected = true",
        number,
    )
    for n in range(25):
        await past(rows, number, age=timedelta(hours=5, minutes=n), state=State.APPROVED)
    for n in range(5):
        await past(rows, number, age=timedelta(minutes=1 + n), state=State.DECLINED)
    pool = await asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=1)
    await Levels(pool, SystemClock()).round()
    await pool.close()
    async with desk_stack.client(await desk_stack.log_in(TECHNICIAN)) as client:
        shown = (await client.get("/v1/wall")).json()
        departments = [each["code"] for region in shown["groups"] for each in region["groups"]]
        assert sorted(departments) == ["13", "2A", "69"]
        (corsica,) = [region for region in shown["groups"] if region["code"] == "94"]
        assert corsica["counts"]["failing"] == 1
        assert shown["total"] == sum(region["total"] for region in shown["groups"])
        inside = (await client.get("/v1/wall", params={"department": "2A"})).json()
        assert [group["counts"]["failing"] for group in inside["groups"]] == [1]
        failing = await client.get("/v1/terminals", params={"condition": "failing", "department": "2A"})
        assert [each["terminal"] for each in failing.json()["data"]] == [number]
        elsewhere = (await client.get("/v1/wall", params={"department": "75"})).json()
        assert (elsewhere["total"], elsewhere["groups"]) == (0, [])
