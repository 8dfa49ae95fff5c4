"""A chat, as it is said: within opening hours, taken by one agent, followed by both sides (CUS-5, S2.43)."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from core.contracts.conversations import ConversationId
from core.values.clock import paris_date
from tests.support.customers import add_order, register
from tests.support.desk import DeskStack


@asynccontextmanager
async def new_customer(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    email = f"{secrets.token_hex(5)}@exemple.example"
    await add_order(rows, email)
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as anyone:
        token = await register(anyone, rows, email)
    async with desk_stack.client(token, **{"Accept-Language": "fr"}) as client:
        yield client


@pytest.fixture
async def customer(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    async with new_customer(desk_stack, rows) as client:
        yield client


@pytest.fixture
async def hotline(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as client:
        yield client


async def set_chat(rows: asyncpg.Connection, *, is_open: bool) -> None:
    """Let the chat be open all day, or closed, today and tomorrow: a test may run at midnight."""
    await rows.execute("DELETE FROM opening_exception WHERE channel = 'chat'")
    for days in (0, 1):
        await rows.execute(
            "INSERT INTO opening_exception (channel, day, opens_minute, closes_minute, label_fr, label_en, made_at)"
            " VALUES ('chat', $1, $2, $3, 'Essai', 'Trial', now())",
            paris_date(datetime.now(UTC)) + timedelta(days=days),
            0 if is_open else None,
            1_440 if is_open else None,
        )


class Followed:
    """What a stream has brought."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def until(self, event: str, **facts: Any) -> dict[str, Any]:
        """Return the next event of a name that has these facts."""
        async with asyncio.timeout(20):
            name = ""
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == event:
                    found = json.loads(line.removeprefix("data: "))
                    if found.items() >= facts.items():
                        return found
        raise AssertionError(f"the stream ended without {event} {facts}")


@asynccontextmanager
async def followed(client: httpx.AsyncClient, path: str, **query: Any) -> AsyncIterator[Followed]:
    async with client.stream("GET", path, params=query) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield Followed(answer)


async def test_a_chat_is_followed_by_both_sides_from_the_queue_to_its_end(
    customer: httpx.AsyncClient, hotline: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    await set_chat(rows, is_open=True)
    await customer.post("/v1/me/assistant", json={"text": "je veux un conseiller"})
    begun = (await customer.post("/v1/me/chat", json={})).json()
    talk = begun["id"]
    assert (begun["channel"], begun["state"], len(begun["messages"])) == ("chat", "waiting", 2)
    again = (await customer.post("/v1/me/chat", json={})).json()
    assert (again["id"], again["messages"]) == (talk, [])
    silent = await customer.post("/v1/me/assistant", json={"text": "et toi ?"})
    assert (silent.status_code, silent.json()["code"]) == (409, "chat_under_way")
    async with (
        followed(customer, "/v1/me/chat/events", conversation=talk, after=2) as theirs,
        followed(hotline, "/v1/conversation-events", conversation=talk) as ours,
    ):
        assert (await ours.until("message", number=1))["author"] == "customer"
        await ours.until("standing", is_there=True)
        await theirs.until("standing", state="waiting")
        said = await customer.post("/v1/me/chat/messages", json={"text": "Bonjour <b>?</b>"})
        # What is kept under a key does not grow with the conversation.
        assert [each["number"] for each in said.json()["messages"]] == [3]
        assert (await ours.until("message", number=3))["text"] == "Bonjour <b>?</b>"
        path = f"/v1/conversations/{talk}"
        assert (await hotline.post(f"{path}/take", json={})).status_code == 200
        taken = await theirs.until("standing", state="taken")
        assert taken["taken_by"] == "Inès Marchand"
        assert (await hotline.post(f"{path}/typing", json={})).status_code == 204
        await theirs.until("standing", is_typing=True)
        await hotline.post(f"{path}/answer", json={"text": "Bonjour, je regarde."})
        answer = await theirs.until("message", author="agent")
        assert (answer["number"], answer["by"]) == (4, "Inès Marchand")
        assert (await customer.post("/v1/me/chat/typing", json={})).status_code == 204
        await ours.until("standing", is_typing=True)
        await hotline.post(f"{path}/end", json={})
        await theirs.until("standing", state="ended")
    late = await customer.post("/v1/me/chat/messages", json={"text": "encore"})
    assert (late.status_code, late.json()["code"]) == (409, "no_chat")


async def test_whoever_types_fast_is_noted_now_and_then(
    customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    await set_chat(rows, is_open=True)
    talk = (await customer.post("/v1/me/chat", json={})).json()["id"]
    moments: set[Any] = set()
    for _ in range(12):
        assert (await customer.post("/v1/me/chat/typing", json={})).status_code == 204
        moments.add(
            await rows.fetchval(
                "SELECT customer_typed_at FROM conversation WHERE id = $1",
                UUID(bytes=bytes(ConversationId.read(talk))),
            )
        )
    assert None not in moments
    assert len(moments) < 12


async def test_a_stream_goes_on_after_the_last_message_that_was_seen(
    customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    await set_chat(rows, is_open=True)
    talk = (await customer.post("/v1/me/chat", json={})).json()["id"]
    for text in ("un", "deux", "trois"):
        await customer.post("/v1/me/chat/messages", json={"text": text})
    headers = {"Last-Event-ID": "2"}
    async with customer.stream(
        "GET", "/v1/me/chat/events", params={"conversation": talk}, headers=headers
    ) as answer:
        assert (await Followed(answer).until("message"))["text"] == "trois"
    assert (await customer.post("/v1/me/chat/end", json={})).status_code == 204


async def test_a_closed_chat_is_refused_and_nothing_is_written(
    customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    await set_chat(rows, is_open=False)
    before = await rows.fetchval("SELECT count(*) FROM conversation")
    refused = await customer.post("/v1/me/chat", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "chat_closed")
    assert await rows.fetchval("SELECT count(*) FROM conversation") == before


async def test_nobody_follows_another_customers_chat(
    desk_stack: DeskStack, customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    await set_chat(rows, is_open=True)
    talk = (await customer.post("/v1/me/chat", json={})).json()["id"]
    async with new_customer(desk_stack, rows) as stranger:
        for client, path in ((stranger, "/v1/me/chat/events"), (stranger, "/v1/conversation-events")):
            answer = await client.get(path, params={"conversation": talk})
            assert answer.status_code in (401, 404), answer.text
    async with desk_stack.client(await desk_stack.log_in("commercial@guichet.example")) as sales:
        assert (await sales.get("/v1/conversation-events", params={"conversation": talk})).status_code == 403
    malformed = await customer.get("/v1/me/chat/events", params={"conversation": "cnv_1"})
    assert malformed.status_code == 422
