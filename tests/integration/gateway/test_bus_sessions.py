"""The gateway's login on the bus is not a person: core asks for the token itself, and answers the gateway alone."""

from __future__ import annotations

import asyncio
import hashlib
import uuid

import asyncpg
import msgspec

from core.bus import Bus
from core.contracts.access import SESSION
from core.contracts.desk import DeskReply, DeskRequest, Principal
from core.contracts.listing import Nothing
from core.contracts.subjects import inbox_prefix
from tests.support.desk import DeskStack


async def asked(bus: Bus, principal: Principal | None) -> str:
    """Ask for a session as the gateway does, and return the problem's code, empty for an answer."""
    body = msgspec.Raw(msgspec.msgpack.encode(Nothing()))
    raw = await bus.request(SESSION.subject, msgspec.msgpack.encode(DeskRequest("", principal, body)), 5.0)
    reply = msgspec.msgpack.decode(raw, type=DeskReply)
    return reply.problem.code if reply.problem else ""


async def test_what_the_database_holds_of_a_session_opens_nothing(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    token = await desk_stack.log_in()
    stored = hashlib.sha256(token.encode()).digest()
    agent_id: uuid.UUID | None = await rows.fetchval(
        "SELECT agent_id FROM session WHERE token_hash = $1", stored
    )
    assert agent_id is not None
    bus = await Bus.connect(
        desk_stack.nats.url("gateway"), name="thief", inbox_prefix=inbox_prefix("gateway")
    )
    try:
        assert await asked(bus, Principal("", agent_id=agent_id.bytes, session=stored)) == "session_ended"
        assert await asked(bus, Principal(stored.hex(), session=stored)) == "session_ended"
        assert await asked(bus, None) == "session_ended"
        assert await asked(bus, Principal(token)) == ""
    finally:
        await bus.close()


async def test_the_desk_answers_the_gateway_and_says_nothing_elsewhere(desk_stack: DeskStack) -> None:
    token = await desk_stack.log_in()
    heard: list[str] = []
    ear = await Bus.connect(desk_stack.nats_url, name="ear", inbox_prefix="_INBOX.core")
    bus = await Bus.connect(
        desk_stack.nats.url("gateway"), name="thief", inbox_prefix=inbox_prefix("gateway")
    )
    try:
        ear.subscribe("core.acts.carry_out", lambda subject, _reply, _body: heard.append(subject))
        await ear.flush()
        body = msgspec.Raw(msgspec.msgpack.encode(Nothing()))
        request = msgspec.msgpack.encode(DeskRequest("", Principal(token), body))
        bus.publish(SESSION.subject, request, "core.acts.carry_out")
        await bus.flush()
        assert await asked(bus, Principal(token)) == "", "the desk has seen the one before"
        await asyncio.sleep(0.1)
        assert heard == []
    finally:
        await bus.close()
        await ear.close()


def test_a_token_is_in_no_text() -> None:
    assert "secret" not in repr(DeskRequest("", Principal("secret"), msgspec.Raw(b"")))
