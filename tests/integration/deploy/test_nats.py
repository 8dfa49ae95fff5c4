"""The bus as we run it: everybody may say and hear what the table says, and nothing that is another's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from core.contracts import subjects
from core.contracts.payment import AUTHORISE, REVERSE
from core.contracts.payment_acts import CARRY_OUT
from core.contracts.subjects import inbox_prefix
from deploy.local.nats import NatsServer
from deploy.local.subjects import ALLOWANCES, SubjectAllowance
from tests.support.bus_subjects import covers, example_of
from tests.support.servers import running_nats

FOREIGN = (
    "core.engine.refund",
    "core.engine.cancel",
    "core.engine.unheard",
    "core.acts.unheard",
    "core.terminals.unheard",
    "core.desk.search.more",
    "core.in.one.host",
    "edge.one.control",
    "events.settled",
    "live.payments",
    "gateway.notice",
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.INFO.EVENTS",
    "$JS.API.STREAM.PURGE.EVENTS",
    "$JS.API.STREAM.DELETE.EVENTS",
    "$JS.API.STREAM.MSG.GET.EVENTS",
    "$JS.API.STREAM.MSG.DELETE.EVENTS",
    "$JS.API.DIRECT.GET.EVENTS",
    "$JS.API.STREAM.CREATE.OTHER",
    "$JS.API.CONSUMER.CREATE.EVENTS.mine",
    "$JS.API.CONSUMER.DELETE.EVENTS.activity",
    "$JS.API.CONSUMER.LIST.EVENTS",
    "$JS.ACK.EVENTS.other.1.1.1.1.1",
    "$SYS.REQ.SERVER.PING",
    "_INBOX.elsewhere.1",
    "unheard.of",
)
"""What no process has, beside every subject of the other processes."""

WIDE = (
    ">",
    "*.>",
    "core.>",
    "core.*.*",
    "core.in.>",
    "core.in.*.*.host",
    "core.engine.*",
    "core.acts.>",
    "core.desk.>",
    "edge.>",
    "edge.*.*",
    "host.>",
    "events.>",
    "live.>",
    "_INBOX.>",
    "_INBOX.*.>",
    "$SYS.>",
    "$JS.>",
)

EVERY_PUBLISH = sorted({example_of(each) for one in ALLOWANCES for each in one.publish} | set(FOREIGN))
EVERY_SUBSCRIBE = sorted(
    {each for one in ALLOWANCES for each in one.subscribe}
    | {example_of(each) for one in ALLOWANCES for each in (*one.publish, *one.subscribe)}
    | set(FOREIGN)
    | set(WIDE)
)


@pytest.fixture(scope="module")
async def nats_server(short_folder: Path) -> AsyncIterator[NatsServer]:
    """A server of this file's own: on the shared one, a desk of other tests would answer too."""
    async with running_nats(short_folder / "nats-alone") as server:
        yield server


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


async def _until_refused(refusals: list[str], count: int) -> None:
    """Wait for so many refusals, a second at most: they come in their own time."""
    for _ in range(100):
        if len(refusals) >= count:
            break
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("allowance", ALLOWANCES, ids=lambda each: each.user)
async def test_what_is_not_its_own_a_login_may_not_say(
    nats_server: NatsServer, allowance: SubjectAllowance
) -> None:
    forbidden = [subject for subject in EVERY_PUBLISH if not covers(allowance.publish, subject)]
    assert len(forbidden) > len(FOREIGN) - 1
    async with connected(nats_server, allowance.user) as (client, refusals):
        for subject in forbidden:
            await client.publish(subject, b"x")
        await client.flush()
        await _until_refused(refusals, len(forbidden))
    for subject in forbidden:
        assert any(f'publish to "{subject.lower()}"' in refusal for refusal in refusals), subject


@pytest.mark.parametrize("allowance", ALLOWANCES, ids=lambda each: each.user)
async def test_what_is_not_its_own_a_login_may_not_hear(
    nats_server: NatsServer, allowance: SubjectAllowance
) -> None:
    forbidden = [subject for subject in EVERY_SUBSCRIBE if not covers(allowance.subscribe, subject)]
    async with connected(nats_server, allowance.user) as (client, refusals):
        for subject in forbidden:
            await client.subscribe(subject)
        await client.flush()
        await _until_refused(refusals, len(forbidden))
    for subject in forbidden:
        assert any(f'subscription to "{subject.lower()}"' in refusal for refusal in refusals), subject


@pytest.mark.parametrize("allowance", ALLOWANCES, ids=lambda each: each.user)
async def test_what_the_table_allows_works(nats_server: NatsServer, allowance: SubjectAllowance) -> None:
    async with connected(nats_server, allowance.user) as (client, refusals):
        for pattern in allowance.publish:
            if not pattern.startswith("$JS"):
                await client.publish(example_of(pattern), b"x")
        for pattern in allowance.subscribe:
            await client.subscribe(pattern)
        await client.flush()
        await asyncio.sleep(0.05)
    assert refusals == []


async def test_no_list_names_what_nobody_serves_or_hears() -> None:
    heard = tuple(each for one in ALLOWANCES for each in one.subscribe)
    unheard = [
        pattern
        for one in ALLOWANCES
        for pattern in one.publish
        if not pattern.startswith("$JS.") and not covers(heard, pattern)
    ]
    assert unheard == []


async def test_the_stolen_login_of_edge_reaches_no_act_of_a_person(nats_server: NatsServer) -> None:
    heard: list[str] = []
    first = asyncio.Event()

    async def note(message: Msg) -> None:
        heard.append(message.subject)
        first.set()

    async with connected(nats_server, "engine") as (engine, _), connected(nats_server, "edge") as (edge, _):
        for subject in (CARRY_OUT.subject, AUTHORISE.subject):
            await engine.subscribe(subject, queue="engine", cb=note)
        await engine.flush()
        for subject in (CARRY_OUT.subject, "core.engine.refund", "core.engine.cancel", AUTHORISE.subject):
            await edge.publish(subject, b"1549.07")
        await edge.flush()
        await engine.flush()
        await asyncio.wait_for(first.wait(), 10)
        await engine.flush()
    assert heard == [AUTHORISE.subject], "the same login still asks for what terminals ask"


async def test_each_answers_those_who_ask_it(nats_server: NatsServer) -> None:
    async def answer(request: Msg) -> None:
        await request.respond(b"done")

    for asker, subject, server in (
        ("edge", REVERSE.subject, "engine"),
        ("edge", subjects.SIGN_ON, "desk"),
        ("desk", CARRY_OUT.subject, "engine"),
        ("gateway", f"{subjects.DESK}.search", "desk"),
    ):
        async with (
            connected(nats_server, server) as (serving, _),
            connected(nats_server, asker) as (asking, _),
        ):
            await serving.subscribe(subject, cb=answer)
            await serving.flush()
            assert await _answered(asking, subject) == b"done", subject


async def _answered(asking: Client, subject: str) -> bytes:
    """Ask until somebody is there: a busy server now and then says "nobody" just after it took the subscription."""
    for _ in range(50):
        with contextlib.suppress(NoRespondersError):
            return (await asking.request(subject, b"one", timeout=5)).data
        await asyncio.sleep(0.1)
    return b"nobody"


async def test_nobody_enters_without_a_password(nats_server: NatsServer) -> None:
    with pytest.raises(NatsError):
        await nats.connect(
            f"nats://127.0.0.1:{nats_server.port}", allow_reconnect=False, max_reconnect_attempts=0
        )
