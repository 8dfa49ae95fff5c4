"""The bus against a real nats-server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from core.bus import (
    Batcher,
    Bus,
    BusRefused,
    BusUnreachable,
    NoResponders,
    RequestTimedOut,
    connect_control,
    publish_batch,
)
from core.bus.tokens import DRAWN_AT_ONCE, TOKEN_BYTES
from tests.support.nats_server import NatsServer, free_port


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(folder=tmp_path, port=free_port())
    await server.start()
    yield server
    await server.kill()


async def connect(server: NatsServer, name: str = "test") -> Bus:
    return await Bus.connect(server.url, name=name, inbox_prefix=f"_INBOX.{name}")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 -- Conditions are plain reads of many kinds.
            await asyncio.sleep(0.01)


async def test_a_message_reaches_every_subscriber_and_one_of_a_queue(server: NatsServer) -> None:
    bus = await connect(server)
    seen: list[str] = []
    bus.subscribe("a.*", lambda subject, reply, payload: seen.append(f"plain {subject} {reply} {payload!r}"))
    bus.subscribe("a.b", lambda *_: seen.append("queue"), queue="q")
    bus.subscribe("a.b", lambda *_: seen.append("queue"), queue="q")
    bus.publish("a.b", b"x" * 3, "back")
    await bus.flush()
    assert sorted(seen) == ["plain a.b back b'xxx'", "queue"]
    await bus.close()


async def test_nothing_is_delivered_after_unsubscribing(server: NatsServer) -> None:
    bus = await connect(server)
    seen: list[bytes] = []
    subscription = bus.subscribe("a", lambda _s, _r, payload: seen.append(payload))
    bus.publish("a", b"1")
    await bus.flush()
    subscription.unsubscribe()
    bus.publish("a", b"2")
    await bus.flush()
    assert seen == [b"1"]
    await bus.close()


async def test_requests_are_answered_refused_or_timed_out(server: NatsServer) -> None:
    asker, answerer = await connect(server, "asker"), await connect(server, "answerer")
    answerer.subscribe("echo", lambda _s, reply, payload: answerer.publish(reply, payload))
    answerer.subscribe("silent", lambda *_: None)
    await answerer.flush()
    answers = await asyncio.gather(*(asker.request("echo", b"%d" % n, 2.0) for n in range(50)))
    assert answers == [b"%d" % n for n in range(50)]
    with pytest.raises(NoResponders):
        await asker.request("nobody", b"", 2.0)
    with pytest.raises(RequestTimedOut):
        await asker.request("silent", b"", 0.05)
    await asker.close()
    await answerer.close()


async def test_who_answers_one_request_cannot_say_how_another_is_asked(server: NatsServer) -> None:
    asker, answerer = await connect(server, "asker"), await connect(server, "answerer")
    words: list[str] = []

    def answer(_subject: str, reply: str, payload: bytes) -> None:
        words.append(reply.rpartition(".")[2])
        answerer.publish(reply, payload)

    answerer.subscribe("echo", answer)
    await answerer.flush()
    await asyncio.gather(*(asker.request("echo", b"", 2.0) for _ in range(DRAWN_AT_ONCE + 50)))
    drawn = {int(word, 16) for word in words if len(word) == 2 * TOKEN_BYTES}
    assert len(drawn) == DRAWN_AT_ONCE + 50
    # Random words lie far from one another.
    assert min(abs(one - other) for one, other in pairwise(sorted(drawn))) > 2**32
    await asker.close()
    await answerer.close()


async def test_the_publisher_learns_that_nobody_listened(server: NatsServer) -> None:
    bus = await connect(server)
    lost: list[str] = []
    bus.subscribe("inbox.mine", lambda *_: None, on_no_responders=lost.append)
    bus.publish("nobody", b"", "inbox.mine")
    await bus.flush()
    assert lost == ["inbox.mine"]
    await bus.close()


async def test_large_payloads_arrive_whole_and_larger_ones_are_refused(server: NatsServer) -> None:
    bus = await connect(server)
    seen: list[int] = []
    bus.subscribe("a", lambda _s, _r, payload: seen.append(len(payload)))
    bus.publish("a", bytes(1024 * 1024))
    await bus.flush()
    assert seen == [1024 * 1024]
    with pytest.raises(BusRefused):
        bus.publish("a", bytes(1024 * 1024 + 1))
    publish_batch(bus, b"".join, "a", [bytes(700_000)] * 3)
    await bus.flush()
    assert seen[1:] == [700_000, 700_000, 700_000]
    await bus.close()


async def test_after_a_kill_the_bus_returns_with_its_subscriptions_and_what_waited(
    server: NatsServer,
) -> None:
    bus = await Bus.connect(server.url, name="b", inbox_prefix="_INBOX.b", pending_bytes_max=100)
    states: list[bool] = []
    seen: list[bytes] = []
    bus.on_state(states.append)
    bus.subscribe("a", lambda _s, _r, payload: seen.append(payload))
    await server.kill()
    await until(lambda: not bus.connected)
    bus.publish("a", b"kept")
    with pytest.raises(BusRefused):
        bus.publish("a", bytes(100))
    await server.start()
    await until(lambda: seen == [b"kept"])
    assert states == [False, True]
    assert bus.reconnects == 1
    await bus.close()


async def test_a_frozen_server_counts_as_lost(server: NatsServer) -> None:
    bus = await connect(server)
    server.freeze()
    await until(lambda: not bus.connected)
    server.thaw()
    await until(lambda: bus.connected)
    await bus.close()


async def test_an_exception_in_a_callback_costs_one_message_only(server: NatsServer) -> None:
    bus = await connect(server)
    seen: list[bytes] = []

    def callback(_subject: str, _reply: str, payload: bytes) -> None:
        if payload == b"bad":
            raise RuntimeError("broken")
        seen.append(payload)

    bus.subscribe("a", callback)
    bus.publish("a", b"bad")
    bus.publish("a", b"good")
    await bus.flush()
    assert seen == [b"good"]
    assert bus.callback_errors == 1
    await bus.close()


async def test_a_wrong_password_is_told_at_the_first_connection(tmp_path: Path) -> None:
    users = [{"user": "edge", "password": "right p@ss"}]
    server = NatsServer(folder=tmp_path, port=free_port(), config={"authorization": {"users": users}})
    await server.start()
    with pytest.raises(BusUnreachable, match="Authorization"):
        await Bus.connect(
            server.url_of("edge", "wrong"), name="a", inbox_prefix="_INBOX.a", first_connection_timeout_s=0.5
        )
    bus = await Bus.connect(server.url_of("edge", "right%20p%40ss"), name="a", inbox_prefix="_INBOX.a")
    await bus.close()
    await server.kill()


async def test_what_one_turn_of_the_loop_brings_leaves_as_one_batch() -> None:
    batches: list[list[int]] = []
    batcher: Batcher[int] = Batcher(batches.append, count_max=3, waiting_max=5)
    assert batcher.add(1)
    assert not batches
    await asyncio.sleep(0)
    assert batches == [[1]]
    taken = [batcher.add(n) for n in range(6)]
    assert taken == [True] * 5 + [False]
    await asyncio.sleep(0)
    assert batches == [[1], [0, 1, 2], [3, 4]]
    assert batcher.refused == 1


async def test_the_control_client_connects(server: NatsServer) -> None:
    client = await connect_control(server.url, name="c", inbox_prefix="_INBOX.c")
    assert client.is_connected
    await client.close()
    with pytest.raises(BusUnreachable):
        await connect_control(
            f"nats://127.0.0.1:{free_port()}",
            name="c",
            inbox_prefix="_INBOX.c",
            first_connection_timeout_s=0.5,
        )
