"""The bus as we run it: everybody may say what the table says, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from deploy.local.nats import NatsServer
from deploy.local.subjects import ALLOWANCES, SubjectAllowance, inbox_prefix

# What nobody but the named users may do, tried by everybody else.
SENSITIVE_PUBLISH = (
    "core.engine.authorise",
    "core.desk.search",
    "core.terminals.status",
    "edge.reply",
    "host.primary",
    "events.settled",
    "live.payments",
    "gateway.notice",
    "$JS.API.STREAM.DELETE.anything",
    "$SYS.REQ.SERVER.PING",
    "_INBOX.elsewhere.1",
    "unheard.of",
)
SENSITIVE_SUBSCRIBE = (
    ">",
    "core.>",
    "edge.>",
    "host.>",
    "live.>",
    "_INBOX.>",
    "_INBOX.elsewhere.>",
    "$SYS.>",
    "$JS.API.>",
    "unheard.of",
)


@asynccontextmanager
async def connected(server: NatsServer, user: str) -> AsyncIterator[tuple[Client, list[str]]]:
    """Connect as the user and collect what the server refuses."""
    refusals: list[str] = []

    async def note(error: Exception) -> None:
        refusals.append(str(error).lower())

    client = await nats.connect(
        server.url(user), error_cb=note, inbox_prefix=inbox_prefix(user).encode(), allow_reconnect=False
    )
    try:
        yield client, refusals
    finally:
        await client.close()


def covers(patterns: tuple[str, ...], subject: str) -> bool:
    """Tell whether one of the patterns, which end in `>`, lets the whole subject through."""
    return any(subject.startswith(pattern.removesuffix(">")) for pattern in patterns)


@pytest.mark.parametrize("allowance", ALLOWANCES, ids=lambda each: each.user)
async def test_a_forbidden_publish_is_refused(nats_server: NatsServer, allowance: SubjectAllowance) -> None:
    forbidden = [subject for subject in SENSITIVE_PUBLISH if not covers(allowance.publish, subject)]
    async with connected(nats_server, allowance.user) as (client, refusals):
        for subject in forbidden:
            await client.publish(subject, b"x")
        await client.flush()
        await asyncio.sleep(0.05)
    for subject in forbidden:
        assert any(f'publish to "{subject.lower()}"' in refusal for refusal in refusals), subject


@pytest.mark.parametrize("allowance", ALLOWANCES, ids=lambda each: each.user)
async def test_a_forbidden_subscribe_is_refused(nats_server: NatsServer, allowance: SubjectAllowance) -> None:
    forbidden = [subject for subject in SENSITIVE_SUBSCRIBE if not covers(allowance.subscribe, subject)]
    async with connected(nats_server, allowance.user) as (client, refusals):
        for subject in forbidden:
            await client.subscribe(subject)
        await client.flush()
        await asyncio.sleep(0.05)
    for subject in forbidden:
        assert any(f'subscription to "{subject.lower()}"' in refusal for refusal in refusals), subject


@pytest.mark.parametrize("allowance", ALLOWANCES, ids=lambda each: each.user)
async def test_what_the_table_allows_works(nats_server: NatsServer, allowance: SubjectAllowance) -> None:
    async with connected(nats_server, allowance.user) as (client, refusals):
        for pattern in allowance.publish:
            if not pattern.startswith("$JS"):
                await client.publish(pattern.replace(">", "probe"), b"x")
        for pattern in allowance.subscribe:
            await client.subscribe(pattern)
        await client.flush()
        await asyncio.sleep(0.05)
    assert refusals == []


async def test_core_keeps_streams_on_disk_and_answers_edge(nats_server: NatsServer) -> None:
    async with connected(nats_server, "core") as (core, _), connected(nats_server, "edge") as (edge, _):
        streams = core.jetstream()
        await streams.add_stream(name="probe", subjects=["events.probe.>"], storage="file")
        await streams.publish("events.probe.one", b"x")
        pulled = await streams.pull_subscribe("events.probe.>", durable="reader")
        (message,) = await pulled.fetch(1, timeout=5)
        await message.ack_sync()
        await streams.delete_stream("probe")

        async def answer(request: Msg) -> None:
            await request.respond(b"approved")

        await core.subscribe("core.engine.>", queue="engine", cb=answer)
        await core.flush()
        reply = await edge.request("core.engine.authorise", b"one", timeout=5)
        assert reply.data == b"approved"


async def test_nobody_enters_without_a_password(nats_server: NatsServer) -> None:
    with pytest.raises(NatsError):
        await nats.connect(
            f"nats://127.0.0.1:{nats_server.port}", allow_reconnect=False, max_reconnect_attempts=0
        )
