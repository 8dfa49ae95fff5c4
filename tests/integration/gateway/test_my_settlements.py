"""What a customer's call is answered of settling what is unpaid (S2.36 to S2.42)."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from core.contracts.orders import OrderId
from core.values.clock import PARIS
from tests.support.customers import add_card, add_order, register
from tests.support.desk import DeskStack


class Unpaid(NamedTuple):
    """A customer, and their order of which 159,18 € are unpaid."""

    client: httpx.AsyncClient
    order: uuid.UUID

    @property
    def address(self) -> str:
        return f"/v1/me/orders/{OrderId(self.order.bytes).text}"

    async def show(self) -> dict[str, Any]:
        answer = await self.client.get(f"{self.address}/settlement")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pay(self, parts: int, amount: int, *, key: str | None = None) -> httpx.Response:
        return await self.client.post(
            f"{self.address}/settlement/pay",
            json={"parts": parts, "amount": {"amount": amount, "currency": "EUR"}},
            headers={"Idempotency-Key": key or secrets.token_hex(8)},
        )


@pytest.fixture
async def unpaid(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[Unpaid]:
    email = f"{secrets.token_hex(5)}@exemple.example"
    order = await add_order(
        rows, email, amount_minor=20_184, parts=(4_266, 15_918), states=("paid", "unpaid"), state="unpaid"
    )
    await add_card(rows, order)
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as anyone:
        token = await register(anyone, rows, email)
    async with desk_stack.client(token) as client:
        yield Unpaid(client, order)


async def test_s2_37_and_s2_38_what_is_unpaid_may_be_settled_in_one_two_or_three_parts(
    unpaid: Unpaid,
) -> None:
    shown = await unpaid.show()
    assert (shown["state"], shown["unpaid"]["amount"], shown["settled"]["amount"]) == ("unpaid", 15_918, 0)
    amounts = [[part["amount"]["amount"] for part in choice["due"]] for choice in shown["choices"]]
    assert amounts == [[15_918], [7_959] * 2, [5_306] * 3]
    assert [choice["card_problem"] for choice in shown["choices"]] == [None] * 3
    assert shown["card"]["last_four"] == "0014"
    assert shown["latest"] is None


async def test_parts_of_a_paused_purchase_are_offered_for_the_days_on_which_they_are_debited(
    unpaid: Unpaid, rows: asyncpg.Connection
) -> None:
    today = datetime.now(PARIS).date()
    until = today + timedelta(days=59)
    await rows.execute(
        "INSERT INTO order_pause (order_id, until_on, reason, paused_by, paused_at)"
        " SELECT $1, $2, 'moves house', id, now() FROM agent LIMIT 1",
        unpaid.order,
        until,
    )
    # Good for the last part of two by its own day, and not for the day on which the pause lets it be debited.
    last = today + timedelta(days=31)
    await rows.execute(
        "UPDATE stored_card SET expiry = $2 WHERE id = (SELECT card_id FROM purchase_order WHERE id = $1)",
        unpaid.order,
        f"{last:%y%m}",
    )
    one, two, _ = (await unpaid.show())["choices"]
    assert [part["next_on"] for part in two["due"]] == [today.isoformat(), until.isoformat()]
    assert one["card_problem"] is None
    assert (two["card_problem"] is None) == (f"{until:%y%m}" == f"{last:%y%m}")


async def test_s2_40_no_bank_can_be_asked_and_nothing_has_changed(
    unpaid: Unpaid, rows: asyncpg.Connection
) -> None:
    key = secrets.token_hex(8)
    answer = await unpaid.pay(3, 15_918, key=key)
    assert answer.status_code == 200, answer.text
    latest = answer.json()["latest"]
    assert (latest["state"], latest["refusal"]) == ("given_up", "authentication_unavailable")
    assert (latest["first"]["amount"], latest["redirect"]) == (5_306, None)
    again = await unpaid.pay(3, 15_918, key=key)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (answer.json(), "true")
    assert await rows.fetchval("SELECT count(*) FROM settlement WHERE order_id = $1", unpaid.order) == 1
    assert await rows.fetchval("SELECT state FROM purchase_order WHERE id = $1", unpaid.order) == "unpaid"
    other = await unpaid.pay(2, 15_918, key=key)
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("parts", "amount", "status", "code"),
    [
        (2, 15_917, 409, "settlement_amount_changed"),
        (2, 20_184, 409, "settlement_amount_changed"),
        (4, 15_918, 422, "invalid_request"),
        (0, 15_918, 422, "invalid_request"),
        (1, 0, 422, "invalid_request"),
        (1, -1, 422, "invalid_request"),
    ],
)
async def test_wrong_parts_and_sums_are_refused_in_words_and_nothing_is_written(
    unpaid: Unpaid, rows: asyncpg.Connection, parts: int, amount: int, status: int, code: str
) -> None:
    answer = await unpaid.pay(parts, amount)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]
    assert await rows.fetchval("SELECT count(*) FROM settlement WHERE order_id = $1", unpaid.order) == 0


async def test_a_page_for_another_card_is_opened_for_the_first_part(
    unpaid: Unpaid, rows: asyncpg.Connection
) -> None:
    body = {"parts": 2, "amount": {"amount": 15_918, "currency": "EUR"}}
    answer = await unpaid.client.post(f"{unpaid.address}/settlement/frame", json=body)
    assert answer.status_code == 200, answer.text
    assert "/frame/" in answer.json()["address"]
    session = await rows.fetchrow("SELECT * FROM frame_session ORDER BY id DESC LIMIT 1")
    assert session is not None
    assert (session["purpose"], session["amount_minor"]) == ("settlement", 7_959)
    assert session["return_url"].endswith("/settle/card")
    assert (await unpaid.show())["latest"]["state"] == "asked"


async def test_s2_42_parts_stand_apart_and_what_they_take_over_is_owed_once(
    unpaid: Unpaid, rows: asyncpg.Connection
) -> None:
    settlement = await rows.fetchval(
        "INSERT INTO settlement (order_id, parts, amount_minor, state, asked_at, begun_at)"
        " VALUES ($1, 2, 15918, 'running', now(), now()) RETURNING id",
        unpaid.order,
    )
    await rows.execute(
        "UPDATE instalment SET counts = false, replaced_by = $2 WHERE order_id = $1 AND number = 2",
        unpaid.order,
        settlement,
    )
    await rows.execute(
        "INSERT INTO instalment (order_id, number, due_on, amount_minor, state, paid_at, settlement_id) VALUES"
        " ($1, 3, '2026-12-01', 7959, 'paid', now(), $2), ($1, 4, '2027-01-01', 7959, 'upcoming', NULL, $2)",
        unpaid.order,
        settlement,
    )
    await rows.execute("UPDATE purchase_order SET state = 'being_settled' WHERE id = $1", unpaid.order)
    order = (await unpaid.client.get(unpaid.address)).json()
    assert (order["state"], order["settled"]["amount"]) == ("being_settled", 7_959)
    assert [(one["number"], one["state"], one["is_taken_over"]) for one in order["instalments"]] == [
        (1, "paid", False),
        (2, "unpaid", True),
    ]
    assert [(one["number"], one["amount"]["amount"], one["state"]) for one in order["settling"]] == [
        (1, 7_959, "paid"),
        (2, 7_959, "upcoming"),
    ]
    assert (order["unpaid"]["amount"], order["remaining"]["amount"]) == (0, 7_959)
    shown = await unpaid.show()
    assert (shown["choices"], shown["latest"]["state"]) == ([], "running")
    summary = (await unpaid.client.get("/v1/me/summary")).json()
    debit = summary["debit"]
    assert (summary["need"], debit["number"], debit["parts"], debit["is_settling"]) == (
        "being_settled",
        2,
        2,
        True,
    )
    assert (await unpaid.pay(1, 7_959)).json()["code"] == "settlement_nothing_unpaid"
