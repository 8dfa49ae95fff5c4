"""Two-person refunds through the API: who may ask, approve, refuse, withdraw, and until when."""

from __future__ import annotations

import os
import uuid

import asyncpg
import httpx
import pytest

from core.contracts.states import State
from core.values.ids import decode_id, encode_id
from tests.integration.gateway.test_transactions import engine
from tests.support.desk import DeskStack, add_attempt

__all__ = ["engine"]
ASKER, APPROVER = "backoffice@guichet.example", "superviseur@guichet.example"


async def ask(client: httpx.AsyncClient, raw: bytes, amount: int = 60_000, key: str = "") -> httpx.Response:
    return await client.post(
        f"/v1/transactions/{encode_id('transaction', raw)}/refund",
        json={"amount": {"amount": amount, "currency": "EUR"}, "reason": "broken on delivery"},
        headers={"Idempotency-Key": key or os.urandom(8).hex()},
    )


async def captured(rows: asyncpg.Connection, terminal: str = "T0000003") -> bytes:
    return await add_attempt(
        rows, terminal=terminal, state=State.CAPTURED, amount_minor=90_000, captured_minor=90_000
    )


async def test_two_person_refund_is_asked_by_one_and_approved_by_another(
    desk_stack: DeskStack, rows: asyncpg.Connection, engine: list[bytes]
) -> None:
    raw = await captured(rows)
    async with (
        desk_stack.client(await desk_stack.log_in(ASKER)) as asker,
        desk_stack.client(await desk_stack.log_in(APPROVER)) as approver,
    ):
        first = await ask(asker, raw, key="wish")
        again = await ask(asker, raw, key="wish")
        assert (first.status_code, first.content) == (202, again.content)
        approval = first.json()
        assert (approval["state"], approval["may"]["withdraw"]) == ("waiting", True)
        other = await ask(asker, raw)
        assert (other.status_code, other.json()["code"]) == (409, "approval_already_waiting")
        assert engine == []

        own = await asker.post(f"/v1/approvals/{approval['id']}/approve", json={})
        assert (own.status_code, own.json()["code"]) == (403, "approval_own")
        for_me = (await approver.get("/v1/approvals")).json()["data"]
        (waiting,) = [one for one in for_me if one["id"] == approval["id"]]
        assert waiting["asked_by"]["name"] == "Claire Dubreuil"
        assert waiting["may"]["approve"] is True
        done = await approver.post(f"/v1/approvals/{approval['id']}/approve", json={})
        repeat = await approver.post(f"/v1/approvals/{approval['id']}/approve", json={})
        assert (done.status_code, done.json()["state"]) == (200, "done")
        assert repeat.json()["result"] == done.json()["result"]
        assert len(engine) == 1
        refund = await approver.get(f"/v1/transactions/{done.json()['result']}")
        assert refund.json()["amount"]["amount"] == 60_000
        late = await approver.post(f"/v1/approvals/{approval['id']}/refuse", json={"reason": "too late"})
        assert (late.status_code, late.json()["code"]) == (409, "approval_already_decided")
        listed = await asker.get("/v1/approvals", params={"target": encode_id("transaction", raw)})
        assert [one["decided_by"]["name"] for one in listed.json()["data"]] == ["Samuel Okoye"]


async def test_whoever_asked_is_told_of_the_decision(
    desk_stack: DeskStack, rows: asyncpg.Connection, engine: list[bytes]
) -> None:
    async with (
        desk_stack.client(await desk_stack.log_in(ASKER)) as asker,
        desk_stack.client(await desk_stack.log_in(APPROVER)) as approver,
    ):
        await asker.post("/v1/notices/read", json={"ids": None})
        for act, body in (("approve", {}), ("refuse", {"reason": "no receipt"})):
            wish = (await ask(asker, await captured(rows))).json()["id"]
            for _ in range(2):
                answer = await approver.post(f"/v1/approvals/{wish}/{act}", json=body)
                assert answer.status_code == 200, answer.text
        told = (await asker.get("/v1/notices", params={"unread": True})).json()["data"]
    assert [one["kind"] for one in told] == ["approval_refused", "approval_approved"]
    assert {one["facts"]["by"] for one in told} == {"Samuel Okoye"}
    assert {one["link"] for one in told} == {"/approvals?view=asked"}


async def test_a_large_refund_in_small_parts_takes_two_people_all_the_same(
    desk_stack: DeskStack, rows: asyncpg.Connection, engine: list[bytes]
) -> None:
    raw = await captured(rows)
    refunded = "UPDATE attempt SET refunded_minor = $2 WHERE id = $1"
    async with desk_stack.client(await desk_stack.log_in(ASKER)) as asker:
        await rows.execute(refunded, uuid.UUID(bytes=raw), 40_000)
        alone = await ask(asker, raw, 10_000)
        assert (alone.json().get("asked_by"), len(engine)) == (None, 1)
        await rows.execute(refunded, uuid.UUID(bytes=raw), 50_000)
        more = await ask(asker, raw, 1)
    assert (more.status_code, more.json()["state"], len(engine)) == (202, "waiting", 1)


async def test_two_person_refund_is_refused_with_a_reason_or_withdrawn_or_expires(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    raw = await captured(rows)
    async with (
        desk_stack.client(await desk_stack.log_in(ASKER)) as asker,
        desk_stack.client(await desk_stack.log_in(APPROVER)) as approver,
    ):

        async def decide(client: httpx.AsyncClient, one: str, act: str, **body: str) -> tuple[int, str]:
            answer = await client.post(f"/v1/approvals/{one}/{act}", json=body)
            return answer.status_code, answer.json().get("state") or answer.json()["code"]

        refused = (await ask(asker, raw)).json()["id"]
        assert await decide(approver, refused, "refuse", reason=" ") == (422, "invalid_request")
        assert await decide(approver, refused, "refuse", reason="    ") == (422, "invalid_request")
        assert await decide(approver, refused, "refuse", reason="no receipt") == (200, "refused")
        assert await decide(approver, refused, "approve") == (409, "approval_already_decided")

        withdrawn = (await ask(asker, raw)).json()["id"]
        assert await decide(approver, withdrawn, "withdraw") == (403, "approval_not_yours")
        assert await decide(asker, withdrawn, "withdraw") == (200, "withdrawn")
        assert await decide(approver, withdrawn, "approve") == (409, "approval_already_decided")

        expired = (await ask(asker, raw)).json()["id"]
        await rows.execute(
            "UPDATE approval SET asked_at = now() - interval '8 days', expires_at = now() - interval '1 s'"
            " WHERE id = $1",
            uuid.UUID(bytes=decode_id("approval", expired)),
        )
        assert (await asker.get(f"/v1/approvals/{expired}")).json()["state"] == "expired"
        assert await decide(approver, expired, "approve") == (409, "approval_expired")
        assert (await ask(asker, raw)).status_code == 202, "an expired wish may be asked again"
    kinds = await rows.fetch(
        "SELECT kind FROM action WHERE target_id = $1 ORDER BY seq", uuid.UUID(bytes=raw)
    )
    assert [row["kind"] for row in kinds] == [
        "approval.asked",
        "approval.refused",
        "approval.asked",
        "approval.withdrawn",
        "approval.asked",
        "approval.asked",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("departments = '{75}'", (404, "not_found")),
        ("amount_max_minor = 59999", (403, "approval_above_limit")),
    ],
)
async def test_two_person_refund_is_approved_only_within_scope_and_amount(
    desk_stack: DeskStack, rows: asyncpg.Connection, change: str, expected: tuple[int, str]
) -> None:
    raw = await captured(rows)
    changed = "UPDATE agent_grant SET {} WHERE agent_id = (SELECT id FROM agent WHERE email = $1)"
    await rows.execute(changed.format(change), APPROVER)
    try:
        async with (
            desk_stack.client(await desk_stack.log_in(ASKER)) as asker,
            desk_stack.client(await desk_stack.log_in(APPROVER)) as approver,
        ):
            approval = (await ask(asker, raw)).json()["id"]
            answer = await approver.post(f"/v1/approvals/{approval}/approve", json={})
    finally:
        await rows.execute(changed.format("departments = NULL, amount_max_minor = NULL"), APPROVER)
    assert (answer.status_code, answer.json()["code"]) == expected


async def test_two_person_refund_begins_at_the_askers_own_limit(
    desk_stack: DeskStack, rows: asyncpg.Connection, engine: list[bytes]
) -> None:
    raw = await captured(rows)
    changed = "UPDATE agent_grant SET amount_max_minor = {} WHERE agent_id = (SELECT id FROM agent WHERE email = $1)"
    await rows.execute(changed.format(1_000), ASKER)
    try:
        async with desk_stack.client(await desk_stack.log_in(ASKER)) as asker:
            within = await ask(asker, raw, 1_000)
            above = await ask(asker, raw, 1_001)
    finally:
        await rows.execute(changed.format("NULL"), ASKER)
    assert (within.json()["kind"], above.json()["kind"]) == ("refund", "transaction.refund")
    assert len(engine) == 1


async def test_two_person_acts_need_the_permission_to_be_seen(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    raw = await captured(rows)
    async with desk_stack.client(await desk_stack.log_in(ASKER)) as asker:
        approval = (await ask(asker, raw)).json()["id"]
    async with desk_stack.client(await desk_stack.log_in("vendeur@guichet.example")) as seller:
        for answer in (
            await seller.get("/v1/approvals"),
            await seller.get("/v1/approvals", params={"target": encode_id("transaction", raw)}),
            await seller.get(f"/v1/approvals/{approval}"),
            await seller.post(f"/v1/approvals/{approval}/approve", json={}),
            await seller.post(f"/v1/approvals/{approval}/withdraw", json={}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as reader:
        assert (await reader.get("/v1/approvals")).json()["data"] == []
        shown = (await reader.get(f"/v1/approvals/{approval}")).json()
        assert shown["may"] == {"approve": False, "refuse": False, "withdraw": False, "why": "not_permitted"}
