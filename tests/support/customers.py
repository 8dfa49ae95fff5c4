"""Purchases and customers, for tests that look at what customers see."""

from __future__ import annotations

import itertools
import uuid
from datetime import date, datetime, timedelta

import asyncpg
import httpx

from core.contracts.reasons import Reason

PASSWORD = "Girafe-Neige7"
_references = itertools.count(1)


async def add_order(
    owner: asyncpg.Connection,
    email: str,
    *,
    name: str = "Camille Durand",
    language: str = "fr",
    amount_minor: int = 12_796,
    parts: tuple[int, ...] = (4_266, 4_265, 4_265),
    states: tuple[str, ...] = ("paid", "upcoming", "upcoming"),
    state: str = "in_progress",
    purchased_on: date = date(2026, 11, 4),
) -> uuid.UUID:
    """Write a purchase in thirds, of which the first is paid; return its id."""
    place = await owner.fetchrow("SELECT company_id, id FROM store ORDER BY id LIMIT 1")
    assert place is not None
    plan = await owner.fetchval("SELECT id FROM plan WHERE parts = $1 ORDER BY id LIMIT 1", len(parts))
    order = await owner.fetchval(
        "INSERT INTO purchase_order (company_id, store_id, reference, plan_id, currency, amount_minor, fee_minor, email,"
        " email_key, customer_name, language, purchased_on, made_at, activated_at, state)"
        " VALUES ($1, $2, $3, $4, 'EUR', $5, 0, $6, lower($6), $7, $8, $9, now(), now(), $10) RETURNING id",
        place["company_id"],
        place["id"],
        f"CMD-{next(_references):05d}",
        plan,
        amount_minor,
        email,
        name,
        language,
        purchased_on,
        state,
    )
    assert order is not None
    for number, (due_minor, due_state) in enumerate(zip(parts, states, strict=True), start=1):
        await owner.execute(
            "INSERT INTO instalment (order_id, number, due_on, amount_minor, state, paid_at)"
            " VALUES ($1, $2, $3, $4, $5, CASE $5 WHEN 'paid' THEN now() END)",
            order,
            number,
            purchased_on + timedelta(days=30 * (number - 1)),
            due_minor,
            due_state,
        )
    return order


async def add_card(
    owner: asyncpg.Connection, order: uuid.UUID, *, last_four: str = "0014", expiry: str = "9912"
) -> uuid.UUID:
    """Let a purchase be paid by a card; return it."""
    card = await owner.fetchval(
        "INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand, stored_at)"
        " SELECT uuidv7(), company_id, 'x', 1, '497010', $2, $3, 2, now() FROM purchase_order WHERE id = $1"
        " RETURNING id",
        order,
        last_four,
        expiry,
    )
    assert card is not None
    await owner.execute("UPDATE purchase_order SET card_id = $2 WHERE id = $1", order, card)
    return card


async def refuse_debit(
    owner: asyncpg.Connection, order: uuid.UUID, number: int, reason: Reason, *, again: datetime
) -> None:
    """Let a debit of an instalment have been refused, and wait until a moment to be tried again."""
    await owner.execute(
        "INSERT INTO debit (id, instalment_id, order_id, company_id, card_id, terminal_id, stan, business_date, initiator,"
        " amount_minor, run_on, state, reason, ended_at)"
        " SELECT uuidv7(), i.id, o.id, o.company_id, o.card_id, t.id, 1, i.due_on, 'merchant', i.amount_minor, i.due_on,"
        " 'declined', $3, now() FROM instalment AS i JOIN purchase_order AS o ON o.id = i.order_id"
        " CROSS JOIN (SELECT id FROM terminal ORDER BY id LIMIT 1) AS t WHERE o.id = $1 AND i.number = $2",
        order,
        number,
        reason,
    )
    await owner.execute(
        "UPDATE instalment SET collect_after = $3 WHERE order_id = $1 AND number = $2", order, number, again
    )


async def add_card_change(
    owner: asyncpg.Connection, order: uuid.UUID, customer: uuid.UUID, *, failure: str = "left"
) -> uuid.UUID:
    """Write a change of the card of a purchase that came to nothing; return it."""
    change = await owner.fetchval(
        "INSERT INTO card_change (order_id, customer_id, old_card_id, state, failure, asked_at, decided_at)"
        " VALUES ($1, $2, $3, 'failed', $4, now(), now()) RETURNING id",
        order,
        customer,
        await add_card(owner, order),
        failure,
    )
    assert change is not None
    return change


async def token_of_mail(owner: asyncpg.Connection, email: str, template: str) -> str:
    """Return the token of the newest link that was sent to an address."""
    link = await owner.fetchval(
        "SELECT facts ->> 'link' FROM mail WHERE recipient = $1 AND template = $2 ORDER BY id DESC LIMIT 1",
        email,
        template,
    )
    assert link is not None, (email, template)
    return str(link).rpartition("/")[2]


async def register(
    client: httpx.AsyncClient, owner: asyncpg.Connection, email: str, *, password: str = PASSWORD
) -> str:
    """Connect for the first time with the address of an order; return the token of the session."""
    asked = await client.post("/v1/customers/links", json={"email": email})
    assert asked.status_code == 204, asked.text
    link = await token_of_mail(owner, email, "customer_first_connection")
    chosen = await client.post(
        "/v1/customers/links/acceptance", json={"token": link, "new_password": password}
    )
    assert chosen.status_code == 201, chosen.text
    return chosen.json()["token"]
