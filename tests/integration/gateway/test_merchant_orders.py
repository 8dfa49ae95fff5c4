"""Orders of merchants' programs: made once, parted as the plan says, cancelled, given back, paid ahead."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from core.contracts.orders import InstalmentId, OrderId
from core.schedules.orders.api import activate, claim, mark_paid, owed_refunds
from core.values.clock import paris_date
from tests.support.desk import DeskStack

WHY = {"reason": "an article was sent back"}


@pytest.fixture
async def shop(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    """The program of a company, which has plans without a fee beside those of the institution."""
    await rows.execute(
        "INSERT INTO plan (code, name_fr, name_en, parts, step_unit, step_count, currency, amount_min_minor,"
        " amount_max_minor, fee_minor, valid_from, made_at)"
        " SELECT 'free-' || n, 'Sans frais', 'Without a fee', n, 'days', 30, 'EUR', n, 300000, 0, '2026-01-01', now()"
        " FROM unnest('{2,3,4,10}'::int[]) AS n ON CONFLICT DO NOTHING"
    )
    async with await program(desk_stack, rows, 0) as client:
        yield client


async def program(stack: DeskStack, rows: asyncpg.Connection, place: int) -> httpx.AsyncClient:
    """Return a client with a key of a company."""
    token = f"gsk_{secrets.token_urlsafe(32)}"
    await rows.execute(
        "INSERT INTO api_key (company_id, name, prefix, key_hash, made_by, made_at)"
        " SELECT c.id, $1, left($1, 12), sha256($1::bytea), a.id, now()"
        " FROM (SELECT id FROM company ORDER BY id OFFSET $2 LIMIT 1) AS c, (SELECT id FROM agent LIMIT 1) AS a",
        token,
        place,
    )
    return stack.client(token)


def euros(amount: float) -> dict[str, Any]:
    return {"amount": round(amount * 100), "currency": "EUR"}


def body(**changes: Any) -> dict[str, Any]:
    made = {
        "plan": "free-3",
        "amount": euros(127.96),
        "reference": f"CMD-{secrets.token_hex(4)}",
        "customer": {
            "email": "Odette.Martin@example.com",
            "name": "Odette Martin",
            "phone": "06 12 34 56 78",
        },
    }
    return made | changes


async def make(client: httpx.AsyncClient, key: str = "", **changes: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key or secrets.token_hex(8), "Accept-Language": "en"}
    return await client.post("/v1/merchant/orders", json=body(**changes), headers=headers)


async def act(client: httpx.AsyncClient, order: dict[str, Any], name: str, **asked: Any) -> httpx.Response:
    key = {"Idempotency-Key": asked.pop("key", secrets.token_hex(8)), "Accept-Language": "en"}
    return await client.post(f"/v1/merchant/orders/{order['id']}/{name}", json=asked, headers=key)


async def pay(rows: asyncpg.Connection, order: dict[str, Any], number: int = 1) -> None:
    """Collect an instalment, the first one with its purchase."""
    instalment = InstalmentId.read(order["instalments"][number - 1]["id"])
    now = datetime.now(UTC)
    async with rows.transaction():
        assert await claim(rows, [instalment])
        if number == 1:
            assert await activate(rows, OrderId.read(order["id"]), at=now, card_id=None)
        else:
            assert await mark_paid(rows, [instalment], at=now)


def shown(instalments: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(each["amount"]["amount"], each["state"]) for each in instalments]


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


async def test_a_preview_and_the_order_made_of_it_say_the_same(shop: httpx.AsyncClient) -> None:
    asked = {"plan": "3x", "amount": euros(127.96)}
    preview = (await shop.post("/v1/merchant/orders/preview", json=asked)).json()
    made = (await make(shop, plan="3x")).json()
    today = paris_date(datetime.now(UTC))
    planned = [
        (each["due_on"], each["amount"]["amount"], each["fee"]["amount"]) for each in preview["instalments"]
    ]
    assert planned == [
        (today.isoformat(), 4_458, 192),
        ((today + timedelta(days=30)).isoformat(), 4_265, 0),
        ((today + timedelta(days=60)).isoformat(), 4_265, 0),
    ]
    assert preview["total"] == {"amount": 12_988, "currency": "EUR"}
    assert [
        (each["due_on"], each["amount"]["amount"], each["fee"]["amount"]) for each in made["instalments"]
    ] == planned
    assert (made["state"], made["remaining"]["amount"], made["customer"]["phone"]) == (
        "awaiting_payment",
        12_988,
        "+33612345678",
    )


async def test_plans_of_today_are_offered_those_of_few_payments_first(shop: httpx.AsyncClient) -> None:
    offered = (await shop.get("/v1/merchant/plans")).json()["data"]
    assert [plan["parts"] for plan in offered] == sorted(plan["parts"] for plan in offered)
    assert {"2x", "3x", "4x", "10x"} <= {plan["code"] for plan in offered}


async def test_a_plan_is_offered_in_its_markets_alone(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    await rows.execute("UPDATE plan SET markets = '{FR,BE}' WHERE code = 'free-4'")
    offered = (await shop.get("/v1/merchant/plans", params={"country": "BE"})).json()["data"]
    assert [plan["code"] for plan in offered] == ["free-4"]
    made = (await make(shop, plan="free-4", country="BE")).json()
    assert (made["customer"]["country"], len(made["instalments"])) == ("BE", 4)
    refused = await make(shop, plan="free-3", country="BE")
    assert "offered" in refused.json()["errors"][0]["detail"]


async def test_an_order_is_made_once_under_its_key_and_once_under_its_reference(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    first = await make(shop, "a key", reference="ONCE-1")
    again = await make(shop, "a key", reference="ONCE-1")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    other = await make(shop, "a key", reference="ONCE-2")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    taken = await make(shop, "another key", reference="ONCE-1", amount=euros(200))
    assert (taken.status_code, taken.json()["code"]) == (409, "order_reference_taken")
    assert await rows.fetchval("SELECT count(*) FROM purchase_order WHERE reference LIKE 'ONCE-%'") == 1


async def test_another_company_may_have_the_reference_and_finds_none_of_these_orders(
    shop: httpx.AsyncClient, desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    mine = (await make(shop, reference="OURS-1")).json()
    async with await program(desk_stack, rows, 1) as stranger:
        assert (await make(stranger, reference="OURS-1")).status_code == 201
        assert (await stranger.get(f"/v1/merchant/orders/{mine['id']}")).status_code == 404
        for name, asked in (("cancel", WHY), ("refund", {**WHY, "amount": euros(1)}), ("pay-ahead", {})):
            assert (await act(stranger, mine, name, **asked)).status_code == 404, name
        listed = (await stranger.get("/v1/merchant/orders", params={"reference": "OURS-1"})).json()["data"]
        assert [each["id"] == mine["id"] for each in listed] == [False]
    changes = "SELECT count(*) FROM order_cancellation WHERE order_id = $1::uuid"
    assert await rows.fetchval(changes, OrderId.read(mine["id"]).hex()) == 0


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"plan": "free-10", "amount": euros(0.05)}, "amount", "out_of_range"),
        ({"plan": "never"}, "plan", "not_offered"),
        ({"plan": "3x", "amount": euros(99.99)}, "amount", "out_of_range"),
        ({"amount": {"amount": 0, "currency": "EUR"}}, "amount.amount", "invalid"),
        ({"amount": {"amount": 12_796, "currency": "USD"}}, "amount.currency", "invalid"),
        ({"customer": {"email": "no mail", "name": "Odette"}}, "customer.email", "malformed"),
        ({"customer": {"email": "a@b.fr", "name": " "}}, "customer.name", "invalid"),
        ({"customer": {"email": "a@b.fr", "name": "O", "phone": "12"}}, "customer.phone", "malformed"),
        ({"reference": "é"}, "reference", "invalid"),
        ({"country": "BE"}, "country", "not_offered_there"),
        ({"country": "fr"}, "country", "invalid"),
        ({"return_url": "javascript:alert(1)"}, "return_url", "invalid"),
        ({"return_url": "https://user@shop.example/"}, "return_url", "invalid"),
        ({"return_url": "https://shop.example/" + "a" * 480}, "return_url", "invalid"),
        # What `pay` would refuse, once nobody could mend it.
        ({"return_url": "http://shop.example/paid"}, "return_url", "malformed"),
        ({"return_url": "https://shop.example/paid#top"}, "return_url", "malformed"),
        ({"return_url": "https://shop.example:70000/paid"}, "return_url", "malformed"),
        ({"return_url": "https://localhost:8000/paid"}, "return_url", "malformed"),
        ({"return_url": "http://127.0.0.1/paid"}, "return_url", "malformed"),
        ({"store": "sto_" + "0" * 26}, "store", "not_found"),
    ],
)
async def test_an_order_that_cannot_be_is_refused_by_its_field_and_nothing_is_written(
    shop: httpx.AsyncClient, rows: asyncpg.Connection, changes: dict[str, Any], field: str, code: str
) -> None:
    before = await rows.fetchval("SELECT count(*) FROM purchase_order")
    refused = await make(shop, **changes)
    assert refused.status_code == 422, refused.text
    assert [found for found, _ in faults(refused)] == [field], refused.text
    assert code in [*(each for _, each in faults(refused)), "invalid"]
    assert await rows.fetchval("SELECT count(*) FROM purchase_order") == before


async def test_a_page_to_come_back_to_is_refused_beside_all_else_that_is_wrong(
    shop: httpx.AsyncClient,
) -> None:
    customer = {"email": "a@b.fr", "name": "O", "phone": "12"}
    refused = await make(shop, customer=customer, return_url="http://shop.example/paid")
    assert sorted(field for field, _ in faults(refused)) == ["customer.phone", "return_url"]


async def test_five_cents_in_ten_are_refused_in_words(shop: httpx.AsyncClient) -> None:
    refused = await make(shop, plan="free-10", amount=euros(0.05))
    assert refused.json()["errors"][0]["detail"] == "€0.10 to €3,000.00"


async def test_thirty_euros_cancelled_after_the_first_payment_leave_two_of_27_65(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(shop)).json()
    await pay(rows, order)
    changed = (await act(shop, order, "cancel", amount=euros(30), **WHY)).json()
    assert shown(changed["before"]) == [(4_266, "paid"), (4_265, "upcoming"), (4_265, "upcoming")]
    assert shown(changed["after"]) == [(4_266, "paid"), (2_765, "upcoming"), (2_765, "upcoming")]
    assert (changed["amount"], changed["owed_back"]) == (euros(30), euros(0))
    read = (await shop.get(f"/v1/merchant/orders/{order['id']}")).json()
    assert shown(read["instalments"]) == shown(changed["after"])
    assert (read["cancelled"], read["remaining"], read["state"]) == (euros(30), euros(55.30), "in_progress")
    most = await act(shop, order, "cancel", amount=euros(97.97), **WHY)
    assert most.json()["errors"][0]["detail"] == "€97.96 at most"


async def test_a_hundred_euros_cancelled_instead_owe_14_70_back_and_nothing_remains(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(shop)).json()
    await pay(rows, order)
    changed = await act(shop, order, "cancel", amount=euros(100), key="a hundred", **WHY)
    again = await act(shop, order, "cancel", amount=euros(100), key="a hundred", **WHY)
    assert (changed.status_code, again.content) == (200, changed.content), changed.text
    assert shown(changed.json()["after"]) == [(4_266, "paid"), (0, "cancelled"), (0, "cancelled")]
    assert changed.json()["owed_back"] == euros(14.70)
    read = changed.json()["order"]
    assert (read["owed_back"], read["refunded"], read["remaining"]) == (euros(14.70), euros(0), euros(0))
    assert read["state"] == "settled"
    owed = [
        each for each in await owed_refunds(rows, limit=100) if each.order_id == OrderId.read(order["id"])
    ]
    assert [each.amount_minor for each in owed] == [1_470]


async def test_a_key_that_was_forgotten_cancels_no_second_time(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(shop)).json()
    first = await act(shop, order, "cancel", amount=euros(30), key="long ago", **WHY)
    await rows.execute("DELETE FROM idempotency WHERE key = 'long ago'")
    again = await act(shop, order, "cancel", amount=euros(30), key="long ago", **WHY)
    assert again.json() == first.json()
    await rows.execute("DELETE FROM idempotency WHERE key = 'long ago'")
    other = await act(shop, order, "cancel", amount=euros(31), key="long ago", **WHY)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_an_order_cancelled_as_a_whole_owes_all_of_it_back_the_fee_too_and_then_nothing_more(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(shop, plan="3x")).json()
    await pay(rows, order)
    changed = (await act(shop, order, "cancel", **WHY)).json()
    assert (changed["owed_back"], changed["order"]["state"]) == (euros(44.58), "cancelled")
    again = await act(shop, order, "cancel", **WHY)
    assert (again.status_code, again.json()["code"]) == (409, "order_nothing_to_cancel")


async def test_what_is_given_back_leaves_the_rest_of_the_schedule_as_it_is(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(shop)).json()
    early = await act(shop, order, "refund", amount=euros(10), **WHY)
    assert (early.status_code, early.json()["code"]) == (409, "order_nothing_paid")
    await pay(rows, order)
    changed = (await act(shop, order, "refund", amount=euros(10), **WHY)).json()
    assert changed["after"] == changed["before"]
    assert (changed["owed_back"], changed["order"]["remaining"]) == (euros(10), euros(85.30))
    most = await act(shop, order, "refund", amount=euros(32.67), **WHY)
    assert most.json()["errors"][0]["detail"] == "€32.66 at most"


async def test_instalments_paid_ahead_are_due_today(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(shop)).json()
    early = await act(shop, order, "pay-ahead")
    assert (early.status_code, early.json()["code"]) == (409, "order_nothing_ahead")
    await pay(rows, order)
    today = paris_date(datetime.now(UTC)).isoformat()
    third = (await act(shop, order, "pay-ahead", numbers=[3])).json()
    assert [each["due_on"] == today for each in third["instalments"]] == [True, False, True]
    everything = (await act(shop, order, "pay-ahead")).json()
    assert [each["due_on"] for each in everything["instalments"]] == [today] * 3
    assert shown(everything["instalments"]) == [(4_266, "paid"), (4_265, "upcoming"), (4_265, "upcoming")]
    unknown = await act(shop, order, "pay-ahead", numbers=[4])
    assert faults(unknown) == [("numbers", "not_found")]
    await pay(rows, order, 2)
    paid = await act(shop, order, "pay-ahead", numbers=[2])
    assert (paid.status_code, paid.json()["code"]) == (409, "order_nothing_ahead")


async def test_orders_are_listed_the_newest_first_by_reference_and_by_state(
    shop: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    made = [(await make(shop, reference=f"LIST-{place}")).json() for place in range(3)]
    await pay(rows, made[1])
    page = (await shop.get("/v1/merchant/orders", params={"limit": 2})).json()
    assert [each["reference"] for each in page["data"]] == ["LIST-2", "LIST-1"]
    rest = (await shop.get("/v1/merchant/orders", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert rest["data"][0]["reference"] == "LIST-0"
    found = (await shop.get("/v1/merchant/orders", params={"reference": "LIST-1"})).json()["data"]
    assert [(each["id"], each["state"]) for each in found] == [(made[1]["id"], "in_progress")]
    states = {"state": "in_progress,unpaid", "limit": 200}
    listed = (await shop.get("/v1/merchant/orders", params=states)).json()["data"]
    assert made[1]["id"] in [each["id"] for each in listed]
    assert made[0]["id"] not in [each["id"] for each in listed]
