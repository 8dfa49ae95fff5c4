"""A page for the card of an order: opened by the merchant's program, for an order that waits, in its own pages alone."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from core.contracts.orders import OrderId
from core.schedules.paying.handlers import FRAMES_OPEN_MAX
from tests.integration.gateway.test_merchant_orders import WHY, act, make, pay, program, shop
from tests.support.desk import DeskStack

__all__ = ["shop"]

ORIGIN = "https://shop.example"


@pytest.fixture
async def selling(shop: httpx.AsyncClient, rows: asyncpg.Connection) -> httpx.AsyncClient:
    """The program of a company that sells at a distance."""
    await rows.execute(
        "INSERT INTO service (store_id, kind, acquirer_id, active)"
        " SELECT s.id, 'ecommerce', 1, true FROM store AS s"
        " WHERE s.company_id = (SELECT id FROM company ORDER BY id LIMIT 1) AND NOT EXISTS ("
        "  SELECT FROM service AS v WHERE v.store_id = s.id AND v.kind = 'ecommerce')"
    )
    return shop


async def frame(client: httpx.AsyncClient, order: dict[str, Any], **asked: Any) -> httpx.Response:
    return await client.post(
        f"/v1/merchant/orders/{order['id']}/frame",
        json={"origin": ORIGIN, **asked},
        headers={"Accept-Language": "en"},
    )


async def sessions(rows: asyncpg.Connection, order: dict[str, Any]) -> list[asyncpg.Record]:
    order_id = UUID(bytes=bytes(OrderId.read(order["id"])))
    return await rows.fetch("SELECT * FROM frame_session WHERE subject_id = $1 ORDER BY id", order_id)


async def test_a_page_is_opened_for_the_first_debit_and_the_order_has_its_terminal(
    selling: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(selling, return_url="https://shop.example/paid")).json()
    opened = await frame(selling, order)
    assert opened.status_code == 201, opened.text
    assert opened.json()["amount"] == {"amount": 4_266, "currency": "EUR"}
    assert "/frame/" in opened.json()["address"]
    (session,) = await sessions(rows, order)
    assert (session["purpose"], session["origin"], session["return_url"], session["amount_minor"]) == (
        "purchase",
        ORIGIN,
        "https://shop.example/paid",
        4_266,
    )
    assert session["needed_until"].isoformat() == order["instalments"][-1]["due_on"]
    terminal = await rows.fetchval(
        "SELECT t.model FROM purchase_order o JOIN terminal t ON t.id = o.terminal_id WHERE o.reference = $1",
        order["reference"],
    )
    assert terminal == "virtual"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"origin": "http://shop.example"}, "origin"),
        ({"origin": "https://shop.example/basket"}, "origin"),
        ({"origin": "https://shop.example; script-src *"}, "origin"),
        ({"origin": "javascript:alert(1)"}, "origin"),
        ({"origin": "http://localhost:8000"}, "origin"),
        ({"origin": "http://127.0.0.1:8000"}, "origin"),
        ({"origin": "https://localhost"}, "origin"),
        ({"origin": "https://shop.localhost"}, "origin"),
        ({"return_url": "https://elsewhere.example/paid"}, "return_url"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
        ({"language": "de"}, "language"),
    ],
)
async def test_a_page_that_nobody_may_name_is_refused_by_its_field_and_none_is_opened(
    selling: httpx.AsyncClient, rows: asyncpg.Connection, asked: dict[str, Any], field: str
) -> None:
    order = (await make(selling)).json()
    refused = await frame(selling, order, **asked)
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, [field])
    assert await sessions(rows, order) == []


async def test_the_page_of_the_order_is_not_taken_for_another_origin(
    selling: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(selling, return_url="https://elsewhere.example/paid")).json()
    assert (await frame(selling, order)).status_code == 201
    (session,) = await sessions(rows, order)
    assert session["return_url"] is None


async def test_for_an_order_of_another_company_no_page_is_found(
    selling: httpx.AsyncClient, desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    order = (await make(selling)).json()
    async with await program(desk_stack, rows, 1) as stranger:
        assert (await frame(stranger, order)).status_code == 404
    assert await sessions(rows, order) == []


@pytest.mark.parametrize("how", ["paid", "cancelled", "abandoned"])
async def test_an_order_that_does_not_wait_gets_no_page(
    selling: httpx.AsyncClient, rows: asyncpg.Connection, how: str
) -> None:
    order = (await make(selling)).json()
    if how == "paid":
        await pay(rows, order)
    elif how == "cancelled":
        await act(selling, order, "cancel", **WHY)
    else:
        await rows.execute(
            "UPDATE purchase_order SET abandoned_at = now(), state = 'abandoned' WHERE reference = $1",
            order["reference"],
        )
    refused = await frame(selling, order)
    assert (refused.status_code, refused.json()["code"]) == (409, "order_not_payable")
    assert refused.json()["title"] == "Nothing to pay now"
    assert await sessions(rows, order) == []


async def test_a_company_without_such_a_service_is_told_so_before_anybody_types_a_card(
    shop: httpx.AsyncClient, desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    async with await program(desk_stack, rows, 1) as other:
        await rows.execute(
            "UPDATE service SET active = false WHERE kind = 'ecommerce' AND store_id IN (SELECT id FROM store"
            " WHERE company_id = (SELECT id FROM company ORDER BY id OFFSET 1 LIMIT 1))"
        )
        order = (await make(other)).json()
        refused = await frame(other, order)
        assert (refused.status_code, refused.json()["code"]) == (409, "order_without_service")
        assert await sessions(rows, order) == []


async def test_so_many_pages_are_open_at_once_and_no_more(
    selling: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(selling)).json()
    opened = await asyncio.gather(*(frame(selling, order) for _ in range(FRAMES_OPEN_MAX + 3)))
    assert sorted(each.status_code for each in opened) == [201] * FRAMES_OPEN_MAX + [429] * 3
    refused = next(each for each in opened if each.status_code == 429)
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("card_frames_too_many", "300")
    assert len({each.json()["address"] for each in opened if each.status_code == 201}) == FRAMES_OPEN_MAX
    # Those that have expired count no more.
    await rows.execute(
        "UPDATE frame_session SET opened_at = now() - interval '2 h', expires_at = now() - interval '1 h'"
    )
    assert (await frame(selling, order)).status_code == 201


async def ask_to_pay(client: httpx.AsyncClient, order: dict[str, Any], **asked: Any) -> httpx.Response:
    return await act(client, order, "pay", **asked)


async def test_an_order_says_how_its_first_payment_stands(
    selling: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(selling)).json()
    read = (await selling.get(f"/v1/merchant/orders/{order['id']}")).json()
    assert read["payment"]["state"] == "no_card"
    await pay(rows, order)
    again = (await selling.get(f"/v1/merchant/orders/{order['id']}")).json()
    assert (again["payment"]["state"], again["payment"].get("action")) == ("paid", None)
    # A repeat of whoever finishes a payment is told the same, and nothing is asked of anybody.
    told = await ask_to_pay(selling, order)
    assert (told.status_code, told.json()["payment"]["state"]) == (200, "paid")
    cancelled = (await make(selling, reference="C-1")).json()
    await act(selling, cancelled, "cancel", **WHY)
    payment = (await selling.get(f"/v1/merchant/orders/{cancelled['id']}")).json()["payment"]
    assert payment["state"] == "closed"
    assert payment["text"] == "Cette commande est close : elle n’est plus à payer."


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({}, 422, "token"),
        ({"token": "ctk_00000000000000000000000000"}, 409, "card_token_refused"),
        ({"token": "ctk_1"}, 422, "token"),
        ({"token": "ord_00000000000000000000000000"}, 422, "token"),
        ({"token": 7}, 422, "token"),
        ({"number": "4970100000000014"}, 422, "number"),
    ],
)
async def test_what_pays_nothing_is_refused_in_words_and_writes_nothing(
    selling: httpx.AsyncClient, rows: asyncpg.Connection, asked: dict[str, Any], status: int, code: str
) -> None:
    order = (await make(selling, return_url="https://shop.example/paid")).json()
    refused = await ask_to_pay(selling, order, **asked)
    told = refused.json()
    found = [each["field"] for each in told.get("errors", [])] or [told["code"]]
    assert (refused.status_code, found) == (status, [code]), refused.text
    assert await rows.fetchval("SELECT count(*) FROM stored_card") == 0
    assert "4970100000000014" not in refused.text


async def test_an_order_of_another_company_is_not_paid(
    selling: httpx.AsyncClient, desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    order = (await make(selling)).json()
    async with await program(desk_stack, rows, 1) as stranger:
        assert (await ask_to_pay(stranger, order)).status_code == 404
