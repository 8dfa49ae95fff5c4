"""A card number that somebody types goes no further than the gateway (P3.5.1, V9)."""

from __future__ import annotations

import asyncpg
import httpx

from tests.integration.gateway.test_fees import token_of
from tests.support.desk import DeskStack

CARD = "4970 1012 3456 7893"


async def test_a_typed_card_number_is_refused_by_its_field_and_kept_nowhere(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    before = [row["id"] for row in await rows.fetch("SELECT id FROM request")]
    async with desk_stack.client(await token_of(desk_stack, "hotline")) as client:
        refused = await client.post(
            "/v1/requests",
            json={"type": "information", "title": f"Carte {CARD}", "details": "Le client attend."},
            headers={"Accept-Language": "en"},
        )
        looked = await client.get("/v1/search", params={"q": CARD.replace(" ", "")})
        kept = await client.post(
            "/v1/requests",
            json={"type": "information", "title": "Carte ·· 7893", "details": "Le client attend."},
        )
    assert (refused.status_code, refused.json()["code"]) == (422, "card_number_refused")
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [("title", "card_number")]
    assert "7893" not in refused.text
    assert (looked.status_code, looked.json()["code"]) == (422, "card_number_refused")
    assert kept.status_code == 201
    after = await rows.fetchval(
        "SELECT count(*) FROM request WHERE id NOT IN (SELECT unnest($1::uuid[]))", before
    )
    assert after == 1


async def test_a_password_of_digits_is_nobody_s_card(desk_stack: DeskStack) -> None:
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as client:
        wrong = await client.post(
            "/v1/sessions", json={"email": "nobody@guichet.example", "password": CARD.replace(" ", "")}
        )
    assert wrong.json()["code"] != "card_number_refused"
