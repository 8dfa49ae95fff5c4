"""Logging in, staying in, guessing."""

from __future__ import annotations

import asyncio
import hashlib

import asyncpg
import httpx

from core.values.ids import encode_id
from tests.support.desk import PASSWORD, DeskStack


async def test_an_agent_logs_in_and_out(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    token = await desk_stack.log_in()
    last = await rows.fetchval("SELECT max(seq) FROM action")
    async with desk_stack.client(token) as client:
        session = await client.get("/v1/sessions/current")
        assert session.status_code == 200
        assert session.json()["agent"]["email"] == "admin@guichet.example"
        assert session.headers["x-trace-id"]
        assert (await client.delete("/v1/sessions/current")).status_code == 204
        ended = await client.get("/v1/sessions/current")
    assert (ended.status_code, ended.json()["code"]) == (401, "session_ended")
    left = await rows.fetch("SELECT kind, facts::text FROM action WHERE seq > $1", last)
    assert [row["kind"] for row in left] == ["session.ended"]
    assert encode_id("session", hashlib.sha256(token.encode()).digest()[:16]) in left[0]["facts"]
    stored = await rows.fetch("SELECT token_hash FROM session")
    assert all(token.encode() not in row["token_hash"] for row in stored)


async def test_a_wrong_password_and_an_unknown_name_look_alike(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url) as client:
        answers = [
            await client.post("/v1/sessions", json={"email": email, "password": "not it"})
            for email in ("admin@guichet.example", "nobody@guichet.example")
        ]
    bodies = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert bodies[0]["code"] == bodies[1]["code"] == "invalid_credentials"
    assert bodies[0]["detail"] == bodies[1]["detail"]


async def test_guessing_is_throttled_whatever_the_forwarding_header_says(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as client:

        async def guess(number: int) -> httpx.Response:
            return await client.post(
                "/v1/sessions",
                json={"email": "Hotline@guichet.example ", "password": f"guess {number}"},
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
            )

        answers = await asyncio.gather(*(guess(number) for number in range(20)))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [401] * 5 + [429] * 15
        throttled = next(answer for answer in answers if answer.status_code == 429)
        assert 1 <= int(throttled.headers["retry-after"]) <= 901
        right = await client.post(
            "/v1/sessions", json={"email": "hotline@guichet.example", "password": PASSWORD}
        )
    assert right.status_code == 429


async def test_a_disabled_agent_is_refused_at_the_next_call(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    token = await desk_stack.log_in("backoffice@guichet.example")
    await rows.execute("UPDATE agent SET disabled_at = now() WHERE email = 'backoffice@guichet.example'")
    try:
        async with desk_stack.client(token) as client:
            answer = await client.get("/v1/transactions")
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
        async with httpx.AsyncClient(base_url=desk_stack.gateway_url) as client:
            again = await client.post(
                "/v1/sessions", json={"email": "backoffice@guichet.example", "password": PASSWORD}
            )
        assert again.status_code == 401
    finally:
        await rows.execute("UPDATE agent SET disabled_at = NULL")


async def test_fifteen_idle_minutes_end_a_session(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    token = await desk_stack.log_in()
    async with desk_stack.client(token) as client:
        assert (await client.get("/v1/sessions/current")).status_code == 200
        await rows.execute("UPDATE session SET last_seen_at = now() - interval '15 minutes 1 second'")
        answer = await client.get("/v1/sessions/current")
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


async def test_an_extra_field_and_no_token_are_refused(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url) as client:
        extra = await client.post(
            "/v1/sessions", json={"email": "a@b.example", "password": "x", "admin": True}
        )
        without = await client.get("/v1/transactions", headers={"Accept-Language": "en"})
    assert extra.status_code == 422
    assert extra.headers["content-type"].startswith("application/problem+json")
    assert extra.json()["code"] == "invalid_request"
    assert extra.json()["title"] == "Requête refusée"
    assert (without.status_code, without.json()["title"]) == (401, "Please log in")
