"""Lists, one whole transaction, what others may not see, refund and cancel under keys."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import msgspec
import pytest

from core.bus import Bus
from core.contracts.payment_acts import CARRY_OUT, CarryOut
from core.contracts.states import Kind, State
from core.contracts.subjects import host, inbox_prefix
from core.roles import engine as engine_role
from core.roles.context import RoleContext, Settings
from core.values.clock import PARIS, to_unix_us
from core.values.ids import encode_id, rrn_of
from tests.support.desk import DeskStack, add_attempt, add_event

OTHER_ID = encode_id("transaction", bytes(16))


async def test_filters_narrow_and_pages_follow_each_other(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    made = [await add_attempt(rows, terminal="T0000012", amount_minor=100 + n) for n in range(7)]
    declined = await add_attempt(
        rows, terminal="T0000012", state=State.DECLINED, reason=113, last_four="4242"
    )
    ids = [encode_id("transaction", raw) for raw in made]
    async with desk_stack.client(await desk_stack.log_in()) as client:
        seen: list[str] = []
        parameters = {"terminal": "T0000012", "state": "approved", "limit": "3"}
        while True:
            page = (await client.get("/v1/transactions", params=parameters)).json()
            seen += [row["id"] for row in page["data"]]
            if page["next_cursor"] is None:
                break
            parameters["cursor"] = page["next_cursor"]
        assert seen == sorted(ids, reverse=True)

        async def found(**parameters: str) -> list[str]:
            answer = await client.get("/v1/transactions", params={"terminal": "T0000012", **parameters})
            assert answer.status_code == 200, answer.text
            return [row["id"] for row in answer.json()["data"]]

        only = [encode_id("transaction", declined)]
        assert await found(reason="insufficient_funds") == only
        assert await found(last_four="4242") == only
        assert await found(rrn=rrn_of(declined)) == only
        assert await found(amount_min="103", amount_max="104") == [ids[4], ids[3]]
        assert await found(brand="mastercard") == []
        assert await found(to="2020-01-01T00:00:00Z") == []
        everything = await client.get("/v1/transactions", params={"rrn": rrn_of(declined)})
        assert [row["id"] for row in everything.json()["data"]] == only
        shown = everything.json()["data"][0]
    assert shown["reason"]["declined_by"] == "issuer"
    assert shown["reason"]["severity"] == "soft"
    assert shown["received_at"].endswith("Z")
    assert len(shown["received_at"]) == len("2026-11-22T10:15:00.123Z")


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"stat": "approved"}, "stat"),
        ({"state": "aproved"}, "state"),
        ({"store": "sto_1"}, "store"),
        ({"terminal": "short"}, "terminal"),
        ({"cursor": "!!"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"amount_min": "x"}, "amount_min"),
    ],
)
async def test_a_wrong_parameter_is_named(
    desk_stack: DeskStack, rows: asyncpg.Connection, parameters: dict[str, str], field: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        answer = await client.get("/v1/transactions", params=parameters)
    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_one_transaction_tells_everything(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    raw = await add_attempt(rows)
    await add_event(rows, raw)
    follow_up = await add_attempt(rows, kind=Kind.REFUND, original_id=raw)
    async with desk_stack.client(await desk_stack.log_in(), **{"Accept-Language": "en"}) as client:
        answer = await client.get(f"/v1/transactions/{encode_id('transaction', raw)}")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert [hop["name"] for hop in shown["hops"]] == ["check_and_commit", "wait_for_link", "host", "decide"]
    assert [hop["duration_ms"] for hop in shown["hops"]] == [1.0, 1.0, 16.0, 2.0]
    assert [message["direction"] for message in shown["messages"]] == [
        "terminal_to_edge",
        "edge_to_host",
        "host_to_edge",
        "edge_to_terminal",
    ]
    assert shown["messages"][0]["fields"][1] == {"field": "004", "name": "Amount", "value": "000000001250"}
    assert shown["messages"][3]["reconstructed"] is True
    assert shown["diagnosis"]["title"] == "Approved"
    assert [one["id"] for one in shown["related"]] == [encode_id("transaction", follow_up)]
    assert shown["actions"]["cancel"] == {"allowed": True, "why": None}
    assert shown["actions"]["refund"]["why"] == "not_captured"


async def test_what_is_outside_an_agents_departments_does_not_exist(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    paris = await add_attempt(rows, terminal="T0000001")
    lyon = await add_attempt(rows, terminal="T0000003")
    technician = await desk_stack.log_in("technicien@guichet.example")
    place = await rows.fetchrow(
        "SELECT t.id, t.store_id, t.service_id FROM terminal t WHERE t.terminal = 'T0000001'"
    )
    assert place is not None
    store, terminal = encode_id("store", place["store_id"].bytes), encode_id("terminal", place["id"].bytes)
    async with desk_stack.client(technician) as client:
        listed = (await client.get("/v1/transactions", params={"limit": "200"})).json()["data"]
        ids = {row["id"] for row in listed}
        assert encode_id("transaction", lyon) in ids
        assert encode_id("transaction", paris) not in ids
        assert {row["store"]["department"] for row in listed} <= {"69", "13", "2A"}
        stores = (await client.get("/v1/stores")).json()["data"]
        assert {row["department"] for row in stores} == {"69", "13", "2A"}
        terminals = (await client.get("/v1/terminals")).json()["data"]
        assert {row["store"]["department"] for row in terminals} == {"69", "13", "2A"}
        for path in (
            f"/v1/transactions/{encode_id('transaction', paris)}",
            f"/v1/stores/{store}",
            f"/v1/terminals/{terminal}",
            f"/v1/transactions/{OTHER_ID}",
            "/v1/transactions/nonsense",
        ):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        for kind, target in (("store", store), ("terminal", terminal)):
            blocked = await client.post(
                "/v1/blocks", json={"target": {"kind": kind, "id": target}, "reason": "not mine"}
            )
            assert blocked.status_code == 404
        narrowed = await client.get("/v1/transactions", params={"store": store})
        assert narrowed.json()["data"] == []
        by_number = await client.get("/v1/transactions", params={"terminal": "T0000001"})
        assert by_number.json()["data"] == []


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def unix_us(self) -> int:
        return to_unix_us(self.now())


@pytest.fixture
async def engine(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[list[bytes]]:
    """The real engine before a host that never answers, and the ids of the acts it was told to carry out."""
    url = desk_stack.nats.url("engine")
    silent = await Bus.connect(
        desk_stack.nats.url("edge"), name="test-host", inbox_prefix=inbox_prefix("edge")
    )
    silent.subscribe(host("*"), lambda _subject, _reply, _payload: None)
    await silent.flush()
    bus = await Bus.connect(url, name="engine-test", inbox_prefix=inbox_prefix("engine"))
    settings = Settings("engine", desk_stack.database.dsn, url, 0, "engine-test")
    role = await engine_role.start(RoleContext(settings, bus, _Clock(), os.environ))
    ear = await Bus.connect(desk_stack.nats_url, name="test-ear", inbox_prefix="_INBOX.core")
    told: list[bytes] = []

    def hear(_subject: str, _reply: str, payload: bytes) -> None:
        told.append(msgspec.msgpack.decode(payload, type=CarryOut).act_id)

    ear.subscribe(CARRY_OUT.subject, hear)
    await ear.flush()
    await bus.flush()
    yield told
    await ear.close()
    await role.stop()
    await bus.close()
    await silent.close()


async def test_twenty_calls_under_one_key_make_one_refund(
    desk_stack: DeskStack, rows: asyncpg.Connection, engine: list[bytes]
) -> None:
    raw = await add_attempt(rows, state=State.CAPTURED, amount_minor=2000, captured_minor=2000)
    path = f"/v1/transactions/{encode_id('transaction', raw)}/refund"
    key = {"Idempotency-Key": os.urandom(8).hex()}
    body = {"amount": {"amount": 500, "currency": "EUR"}, "reason": "returned goods"}
    async with desk_stack.client(await desk_stack.log_in()) as client:
        answers = await asyncio.gather(*(client.post(path, json=body, headers=key) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {202}, answers[0].text
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
        assert len(engine) == 1
        assert answers[0].json()["kind"] == "refund"
        assert answers[0].json()["state"] == "sent"
        other = await client.post(
            path, json={**body, "amount": {"amount": 600, "currency": "EUR"}}, headers=key
        )
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
        without = await client.post(path, json=body)
        assert (without.status_code, without.json()["code"]) == (400, "idempotency_key_missing")


async def test_a_payment_that_a_person_must_look_at_says_so_and_shows_what_its_terminal_sent(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    raw = await add_attempt(rows)
    await rows.execute(
        "INSERT INTO reversal (id, terminal_id, received_at, said, message_class, stan, original_day, request, finding,"
        " reason, differs, attempt_id, attempt_date) SELECT uuidv7(), terminal_id, now(), 5, message_class, stan,"
        " business_date, $2, 3, 23, '{amount}', id, business_date FROM attempt WHERE id = $1",
        uuid.UUID(bytes=raw),
        msgspec.msgpack.encode({0: "0400", 4: "000000009999"}),
    )
    path = f"/v1/transactions/{encode_id('transaction', raw)}"
    async with desk_stack.client(await desk_stack.log_in()) as client:
        shown = (await client.get(path)).json()
        assert (shown["messages"][-1]["mti"], shown["messages"][-1]["direction"]) == (
            "0400",
            "terminal_to_edge",
        )
        assert "À vérifier" in shown["diagnosis"]["next_step"]
        assert shown["diagnosis"]["severity"] == "warning"
        await rows.execute(
            "UPDATE reversal SET closed_at = now() WHERE attempt_id = $1", uuid.UUID(bytes=raw)
        )
        assert "À vérifier" not in (await client.get(path)).json()["diagnosis"]["next_step"]


async def test_a_refund_is_refused_above_the_captured_and_before_capture(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    captured = await add_attempt(rows, state=State.CAPTURED, amount_minor=900, captured_minor=900)
    held = await add_attempt(rows)
    async with desk_stack.client(await desk_stack.log_in()) as client:

        async def refund(raw: bytes, key: str, amount: int = 901, **more: object) -> tuple[int, str]:
            answer = await client.post(
                f"/v1/transactions/{encode_id('transaction', raw)}/refund",
                json={"amount": {"amount": amount, "currency": "EUR"}, "reason": "returned goods", **more},
                headers={"Idempotency-Key": key},
            )
            return answer.status_code, answer.json()["code"]

        assert await refund(captured, "above") == (409, "refund_above_captured")
        assert await refund(held, "held") == (409, "transaction_not_refundable")
        assert await refund(bytes(16), "nobody") == (404, "not_found")
        assert await refund(captured, "zero", amount=0) == (422, "invalid_request")
        assert await refund(captured, "extra", to="me") == (422, "invalid_request")
    async with desk_stack.client(await desk_stack.log_in("technicien@guichet.example")) as client:
        answer = await client.post(
            f"/v1/transactions/{encode_id('transaction', captured)}/refund",
            json={"amount": {"amount": 1, "currency": "EUR"}, "reason": "returned goods"},
            headers={"Idempotency-Key": "right"},
        )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


async def test_the_debit_of_an_instalment_is_taken_back_from_its_order_alone(
    desk_stack: DeskStack, rows: asyncpg.Connection, engine: list[bytes]
) -> None:
    held = await add_attempt(rows)
    captured = await add_attempt(rows, state=State.CAPTURED, captured_minor=1250)
    await rows.execute(
        "UPDATE attempt SET message_class = 13 WHERE id = ANY($1)",
        [uuid.UUID(bytes=each) for each in (held, captured)],
    )
    async with desk_stack.client(await desk_stack.log_in(), **{"accept-language": "fr"}) as client:
        shown = await client.get(f"/v1/transactions/{encode_id('transaction', held)}")
        cancelled = await client.post(
            f"/v1/transactions/{encode_id('transaction', held)}/cancel", json={"reason": "keyed twice"}
        )
        refunded = await client.post(
            f"/v1/transactions/{encode_id('transaction', captured)}/refund",
            json={"amount": {"amount": 1, "currency": "EUR"}, "reason": "returned goods"},
            headers={"Idempotency-Key": "debit"},
        )
    actions = shown.json()["actions"]
    assert (actions["cancel"]["allowed"], actions["why"]) == (False, "paid_by_order")
    for refused in (cancelled, refunded):
        assert (refused.status_code, refused.json()["code"]) == (409, "payment_of_order")
        assert "depuis la commande" in refused.json()["detail"]
    assert engine == []


async def test_a_payment_is_cancelled_once(
    desk_stack: DeskStack, rows: asyncpg.Connection, engine: list[bytes]
) -> None:
    raw = await add_attempt(rows)
    path = f"/v1/transactions/{encode_id('transaction', raw)}/cancel"
    async with desk_stack.client(await desk_stack.log_in()) as client:
        first = await client.post(path, json={"reason": "keyed twice"})
        again = await client.post(path, json={"reason": "keyed twice"})
        captured = await add_attempt(rows, state=State.CAPTURED, captured_minor=1250)
        late = await client.post(
            f"/v1/transactions/{encode_id('transaction', captured)}/cancel", json={"reason": "too late"}
        )
    assert (first.status_code, first.json()["state"]) == (200, "reversed")
    assert (again.status_code, again.json()["state"]) == (200, "reversed")
    assert len(engine) == 1
    assert (late.status_code, late.json()["code"]) == (409, "transaction_not_cancellable")
    kinds = await rows.fetch("SELECT kind FROM action WHERE target_id = $1", uuid.UUID(bytes=raw))
    assert [row["kind"] for row in kinds] == ["transaction.cancelled"]


async def test_a_second_person_is_told_who_cancelled_a_payment_and_when(
    desk_stack: DeskStack, rows: asyncpg.Connection, engine: list[bytes]
) -> None:
    raw = await add_attempt(rows)
    path = f"/v1/transactions/{encode_id('transaction', raw)}/cancel"
    body = {"reason": "keyed twice"}
    async with desk_stack.client(await desk_stack.log_in()) as first:
        assert (await first.post(path, json=body, headers={"Idempotency-Key": "mine"})).status_code == 200
        repeated = await first.post(path, json=body, headers={"Idempotency-Key": "mine"})
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as second:
        refused = await second.post(path, json=body, headers={"accept-language": "fr"})
        english = await second.post(path, json=body, headers={"accept-language": "en"})
    assert repeated.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (409, "transaction_not_cancellable")
    told = await rows.fetchrow(
        "SELECT g.name, x.at FROM action x JOIN agent g ON g.id = x.agent_id WHERE x.target_id = $1",
        uuid.UUID(bytes=raw),
    )
    assert told is not None
    when = f"{told['name']}, {told['at'].astimezone(PARIS):%d/%m %H:%M}."
    assert refused.json()["detail"].endswith(f" Fait par {when}")
    assert english.json()["detail"].endswith(f" Done by {when}")


async def test_a_silent_engine_is_told_as_unknown_not_as_refused(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    raw = await add_attempt(rows, state=State.CAPTURED, amount_minor=2000, captured_minor=2000)
    async with desk_stack.client(await desk_stack.log_in()) as client:
        answer = await client.post(
            f"/v1/transactions/{encode_id('transaction', raw)}/refund",
            json={"amount": {"amount": 500, "currency": "EUR"}, "reason": "returned goods"},
            headers={"Idempotency-Key": "silent"},
        )
    assert (answer.status_code, answer.json()["code"]) == (503, "still_running")
    assert answer.headers["retry-after"]
