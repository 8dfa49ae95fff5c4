"""What customers see of their purchases, and what needs them now (S2.22 to S2.28)."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from core.contracts.orders import OrderId
from core.contracts.reasons import Reason
from core.values.clock import PARIS
from tests.support.customers import add_card, add_order, refuse_debit, register, token_of_mail
from tests.support.desk import DeskStack


@pytest.fixture
async def email(rows: asyncpg.Connection) -> str:
    """An address with which something was bought."""
    address = f"{secrets.token_hex(5)}@exemple.example"
    await add_order(rows, address)
    return address


@pytest.fixture
async def customer(
    desk_stack: DeskStack, rows: asyncpg.Connection, email: str
) -> AsyncIterator[httpx.AsyncClient]:
    """Who bought it, logged in."""
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as anyone:
        token = await register(anyone, rows, email)
    async with desk_stack.client(token) as client:
        yield client


async def _list(customer: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await customer.get("/v1/me/orders", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_schedule_shows_number_shop_amount_date_fee_and_status_of_each_debit(
    customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    (order,) = (await _list(customer))["data"]
    shop = await rows.fetchval("SELECT name FROM store ORDER BY id LIMIT 1")
    assert (order["shop"], order["state"], order["purchased_on"]) == (shop, "in_progress", "2026-11-04")
    assert order["reference"].startswith("CMD-")
    assert (order["amount"]["amount"], order["fee"]["amount"]) == (12_796, 0)
    assert (order["paid"]["amount"], order["remaining"]["amount"]) == (4_266, 8_530)
    assert [
        (one["number"], one["due_on"], one["amount"]["amount"], one["state"]) for one in order["instalments"]
    ] == [
        (1, "2026-11-04", 4_266, "paid"),
        (2, "2026-12-04", 4_265, "upcoming"),
        (3, "2027-01-03", 4_265, "upcoming"),
    ]
    assert order["card"] is None


async def test_ended_schedules_stand_apart_and_what_is_no_purchase_yet_is_not_shown(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    settled = await add_order(rows, email, states=("paid",) * 3, state="settled")
    for state in ("awaiting_payment", "abandoned"):
        await add_order(rows, email, states=("upcoming",) * 3, state=state)
    ended = (await _list(customer, shown="ended"))["data"]
    assert [one["id"] for one in ended] == [OrderId(settled.bytes).text]
    assert len((await _list(customer))["data"]) == 1
    hidden = await rows.fetchval(
        "SELECT id FROM purchase_order WHERE email = $1 AND state = 'abandoned'", email
    )
    assert hidden is not None
    assert (await customer.get(f"/v1/me/orders/{OrderId(hidden.bytes).text}")).status_code == 404


async def test_what_is_unpaid_stands_first_and_pages_go_on_from_there(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    late = await add_order(rows, email, states=("paid", "unpaid", "upcoming"), state="unpaid")
    newest = await add_order(rows, email)
    first = await _list(customer, limit="2")
    assert [one["id"] for one in first["data"]] == [OrderId(each.bytes).text for each in (late, newest)]
    second = await _list(customer, limit="2", cursor=first["next_cursor"])
    assert (len(second["data"]), second["next_cursor"]) == (1, None)
    bad = await customer.get("/v1/me/orders", params={"cursor": "nonsense"})
    assert bad.status_code == 422


@pytest.mark.parametrize(
    ("states", "state", "need", "number"),
    [
        (("paid", "upcoming", "upcoming"), "in_progress", "next_debit", 2),
        (("paid", "in_progress", "upcoming"), "in_progress", "debit_under_way", 2),
        (("paid", "unpaid", "upcoming"), "unpaid", "unpaid", 2),
        (("paid", "unpaid", "paid"), "being_settled", "being_settled", 2),
        (("paid", "paid", "paid"), "settled", "all_settled", None),
    ],
)
async def test_one_thing_needs_the_customer_now(
    desk_stack: DeskStack,
    rows: asyncpg.Connection,
    states: tuple[str, ...],
    state: str,
    need: str,
    number: int | None,
) -> None:
    email = f"{secrets.token_hex(5)}@exemple.example"
    await add_order(rows, email, states=states, state=state)
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as anyone:
        token = await register(anyone, rows, email)
    async with desk_stack.client(token) as customer:
        summary = (await customer.get("/v1/me/summary")).json()
    assert summary["need"] == need
    debit = summary["debit"]
    assert (debit and (debit["number"], debit["parts"], debit["is_settling"])) == (
        number and (number, 3, False)
    )
    assert (summary["unpaid"] and summary["unpaid"]["amount"]) == (4_265 if need == "unpaid" else None)


@pytest.mark.parametrize(
    ("reason", "ends_in_days", "todo"),
    [
        (Reason.INSUFFICIENT_FUNDS, 400, "funds"),
        (Reason.INSUFFICIENT_FUNDS, -31, "card_ends"),
        (Reason.EXPIRED_CARD, 400, "card_expired"),
        (Reason.STRONG_AUTHENTICATION_REQUIRED, 400, "consent"),
    ],
)
async def test_a_debit_that_was_refused_says_when_it_is_tried_again_and_what_is_to_be_done(
    customer: httpx.AsyncClient,
    rows: asyncpg.Connection,
    email: str,
    reason: Reason,
    ends_in_days: int,
    todo: str,
) -> None:
    now = datetime.now(PARIS)
    again = now + timedelta(days=4)
    order = await add_order(rows, email, purchased_on=now.date() - timedelta(days=32))
    await add_card(rows, order, expiry=f"{now + timedelta(days=ends_in_days):%y%m}")
    # What is being settled needs nobody: the refusal is said before it.
    await add_order(rows, email, states=("paid", "upcoming", "upcoming"), state="being_settled")
    await refuse_debit(rows, order, 2, reason, again=again)
    summary = (await customer.get("/v1/me/summary")).json()
    debit = summary["debit"]
    assert (summary["need"], debit["order"]) == ("debit_failed", OrderId(order.bytes).text)
    assert (debit["next_on"], debit["todo"]) == (again.date().isoformat(), todo)
    assert debit["remaining"]["amount"] == 8_530
    shown = (await customer.get(f"/v1/me/orders/{OrderId(order.bytes).text}")).json()["instalments"]
    is_tried = todo in ("funds", "card_ends")
    assert [(each["has_failed"], each["retry_on"]) for each in shown] == [
        (False, None),
        (True, again.date().isoformat() if is_tried else None),
        (False, None),
    ]


async def test_what_was_refused_stands_before_what_is_being_settled_and_what_is_to_come(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    now = datetime.now(PARIS)
    refused = await add_order(rows, email, purchased_on=now.date() - timedelta(days=32))
    await add_card(rows, refused)
    await refuse_debit(rows, refused, 2, Reason.INSUFFICIENT_FUNDS, again=now + timedelta(days=4))
    settling = await add_order(rows, email, state="being_settled")
    for _ in range(5):
        await add_order(rows, email)
    unpaid = await add_order(rows, email, states=("paid", "unpaid", "upcoming"), state="unpaid")
    first = await _list(customer, limit="2")
    second = await _list(customer, limit="3", cursor=first["next_cursor"])
    shown = [each["id"] for each in (*first["data"], *second["data"])]
    assert shown[:3] == [OrderId(each.bytes).text for each in (unpaid, refused, settling)]
    assert len(set(shown)) == 5


async def test_a_debit_of_which_no_bank_said_anything_is_still_to_come(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    now = datetime.now(PARIS)
    order = await add_order(rows, email, purchased_on=now.date() - timedelta(days=31))
    await add_card(rows, order)
    await refuse_debit(rows, order, 2, Reason.NONE, again=now + timedelta(minutes=5))
    summary = (await customer.get("/v1/me/summary")).json()
    assert (summary["need"], summary["debit"]["todo"]) == ("next_debit", "nothing")
    assert summary["debit"]["due_on"] < now.date().isoformat() <= summary["debit"]["next_on"]


async def test_a_paused_schedule_says_before_which_day_nothing_is_debited(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    today = datetime.now(PARIS).date()
    until = (today + timedelta(days=20)).isoformat()
    order = await rows.fetchval("SELECT id FROM purchase_order WHERE email = $1", email)
    assert order is not None
    await add_card(rows, order)
    await rows.execute("UPDATE instalment SET due_on = $2 WHERE order_id = $1 AND number = 2", order, today)
    await refuse_debit(
        rows, order, 2, Reason.INSUFFICIENT_FUNDS, again=datetime.now(PARIS) + timedelta(days=2)
    )
    await rows.execute(
        "INSERT INTO order_pause (order_id, until_on, reason, paused_by, paused_at)"
        " SELECT $1, $2, 'moves house', id, now() FROM agent LIMIT 1",
        order,
        today + timedelta(days=20),
    )
    await rows.execute(
        "UPDATE instalment SET paused_until = $2 WHERE order_id = $1 AND state = 'upcoming'",
        order,
        today + timedelta(days=20),
    )
    (shown,) = (await _list(customer))["data"]
    assert shown["paused_until"] == until
    assert [each["retry_on"] for each in shown["instalments"]] == [None, until, None]
    _, second, third = shown["instalments"]
    assert (second["next_on"], third["next_on"]) == (until, max(until, third["due_on"]))
    assert (await customer.get("/v1/me/summary")).json()["debit"]["next_on"] == until
    paper = await customer.get(f"/v1/me/orders/{shown['id']}/paper")
    assert paper.content.startswith(b"%PDF-")
    await rows.execute("UPDATE purchase_order SET state = 'cancelled' WHERE id = $1", order)
    (over,) = (await _list(customer, shown="ended"))["data"]
    assert over["paused_until"] is None, "nothing of it is debited any more"
    await rows.execute("UPDATE purchase_order SET state = 'in_progress' WHERE id = $1", order)
    await rows.execute("UPDATE order_pause SET until_on = $2 WHERE order_id = $1", order, today)
    (shown,) = (await _list(customer))["data"]
    assert shown["paused_until"] is None, "it is over"


async def test_the_next_debit_is_the_first_that_is_made_and_not_one_that_a_pause_puts_off(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    today = datetime.now(PARIS).date()
    paused = await add_order(rows, email, purchased_on=date(2026, 10, 4))
    await rows.execute(
        "UPDATE instalment SET paused_until = $2 WHERE order_id = $1 AND state = 'upcoming'",
        paused,
        today + timedelta(days=30),
    )
    summary = (await customer.get("/v1/me/summary")).json()
    assert summary["debit"]["order"] != OrderId(paused.bytes).text


async def test_an_address_that_is_not_proved_shows_nothing_and_one_that_is_shows_its_orders(
    customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    further = f"{secrets.token_hex(5)}@exemple.example"
    await add_order(rows, further, name="Autre Nom")
    await customer.post("/v1/me/emails", json={"email": further})
    assert further not in str(await _list(customer))
    token = await token_of_mail(rows, further, "customer_email_proof")
    assert (await customer.post("/v1/me/emails/proof", json={"token": token})).status_code == 200
    assert {one["email"] for one in (await _list(customer))["data"]} >= {further}


async def test_a_cancellation_shows_the_schedule_before_and_after(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    order = await rows.fetchval("SELECT id FROM purchase_order WHERE email = $1", email)
    assert order is not None
    shown = '[{"number": %d, "due_on": "2026-12-04", "amount": {"amount": %d, "currency": "EUR"}, "state": "upcoming"}]'
    await rows.execute(
        "INSERT INTO order_cancellation (order_id, kind, amount_minor, reason, by_kind, by_id, at, key, before, after)"
        " VALUES ($1, 'cancellation', 3000, 'article épuisé', 'integrator', uuidv7(), now(), 'k', $2::text::jsonb, $3::text::jsonb)",
        order,
        shown % (2, 4_265),
        shown % (2, 2_765),
    )
    view = (await customer.get(f"/v1/me/orders/{OrderId(order.bytes).text}")).json()
    (change,) = view["changes"]
    assert (change["kind"], change["amount"]["amount"]) == ("cancellation", 3_000)
    assert [one["amount"]["amount"] for one in (*change["before"], *change["after"])] == [4_265, 2_765]
    assert view["cancelled"]["amount"] == 3_000


async def test_the_card_is_shown_by_its_last_four_digits_and_its_last_month(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    card = await rows.fetchval(
        "INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, stored_at)"
        " SELECT uuidv7(), company_id, 'x', 1, '497010', '4242', '2709', 1, now() FROM purchase_order WHERE email = $1"
        " RETURNING id",
        email,
    )
    await rows.execute("UPDATE purchase_order SET card_id = $1 WHERE email = $2", card, email)
    (order,) = (await _list(customer))["data"]
    assert (order["card"]["last_four"], order["card"]["expires"]) == ("4242", "2027-09")
    assert order["card"]["has_expired"] is False
    await rows.execute("UPDATE stored_card SET expiry = '2610' WHERE id = $1", card)
    (order,) = (await _list(customer))["data"]
    assert order["card"]["has_expired"] is True


async def test_a_schedule_is_printed_in_the_language_of_the_call(
    customer: httpx.AsyncClient,
) -> None:
    (order,) = (await _list(customer))["data"]
    for language in ("fr", "en"):
        paper = await customer.get(
            f"/v1/me/orders/{order['id']}/paper", headers={"Accept-Language": language}
        )
        assert paper.status_code == 200, paper.text
        assert paper.headers["content-type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF-")
        assert f"/Lang({language})".encode() in paper.content.replace(b" ", b"")


async def test_many_schedules_come_page_by_page(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    for number in range(30):
        await add_order(rows, email, purchased_on=date(2026, 1, 1) + timedelta(days=number))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await _list(customer, **({"cursor": cursor} if cursor else {}))
        assert len(page["data"]) <= 10
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert (len(seen), len(set(seen))) == (31, 31)


async def test_why_the_card_cannot_be_changed_is_said_with_each_schedule(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    """S2.30: beside the button, before anyone types; the rules are those of the unit tests."""
    today = datetime.now(PARIS).date()
    card = await rows.fetchval(
        "INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, stored_at)"
        " SELECT uuidv7(), company_id, 'x', 1, '497010', '4242', '2709', 2, now() FROM purchase_order WHERE email = $1"
        " RETURNING id",
        email,
    )
    await rows.execute("UPDATE purchase_order SET card_id = $1 WHERE email = $2", card, email)
    statement = (
        "UPDATE instalment SET due_on = $2::date + (number - 2) * 30"
        " WHERE order_id = (SELECT id FROM purchase_order WHERE email = $1)"
    )
    for in_days, refusal in ((8, None), (6, "too_late")):
        await rows.execute(statement, email, today + timedelta(days=in_days))
        (order,) = (await _list(customer))["data"]
        said = order["card_change"]
        assert (said["allowed"], said.get("refusal")) == (refusal is None, refusal)
        assert said["until"] == (today + timedelta(days=in_days - 7)).isoformat()
        assert said["last_debit"] == order["instalments"][-1]["due_on"]
