"""Events reach endpoints signed, once taken, and are tried again until they are; who never takes them is given up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import pytest
from standardwebhooks import Webhook

from core.db.pool import open_pool
from core.db.rows import uuid_of
from core.identity.api import Seal
from core.webhooks import store
from core.webhooks.api import Told, tell, tell_each
from core.webhooks.delivering import AT_ONCE_MAX, LEASE, Deliverer
from core.webhooks.rules import DISABLED_AFTER, GAPS, TRIES_MAX
from core.webhooks.sending import Sender
from core.webhooks.signing import headers_of, secret_text
from tests.integration.core.webhooks.directory import NOW, add_company, add_endpoint
from tests.integration.core.webhooks.receiver import OK, Receiver, listening
from tests.support.clocks import FixedClock
from tests.support.servers import TestDatabase

WEBHOOKS_PAGE: Final = Path(__file__).resolve().parents[4] / "docs" / "webhooks.md"
SEAL = Seal(b"k" * 32, "webhook secret")
SECRET = b"s" * 32
BROKEN = b"HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\noops"
GONE = b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"


class World:
    """A company with an endpoint at a receiver of the test."""

    def __init__(self, pool: asyncpg.Pool, company_id: bytes, endpoint_id: bytes, receiver: Receiver) -> None:
        self.pool = pool
        self.company_id = company_id
        self.endpoint_id = endpoint_id
        self.receiver = receiver
        self.clock = FixedClock(NOW)

    def deliverer(self, *, failing: bool = False, timeout_s: float = 2.0) -> Deliverer:
        return Deliverer(
            self.pool,
            self.clock,
            SEAL,
            lambda: Sender(loopback=True, timeout_s=timeout_s),
            failing=failing,
        )

    async def round(self) -> int:
        return await self.deliverer().round() + await self.deliverer(failing=True).round()

    async def tell(self, **facts: Any) -> None:
        await tell(self.pool, company_id=self.company_id, kind="instalment.paid", facts=facts, at=NOW)

    async def delivery(self) -> asyncpg.Record:
        row = await self.pool.fetchrow("SELECT * FROM webhook_delivery ORDER BY id LIMIT 1")
        assert row is not None
        return row

    async def endpoint(self) -> asyncpg.Record:
        row = await self.pool.fetchrow("SELECT * FROM webhook_endpoint")
        assert row is not None
        return row

    async def outcomes(self) -> list[str]:
        rows = await self.pool.fetch("SELECT outcome FROM webhook_attempt ORDER BY delivery_id, number")
        return [row["outcome"] for row in rows]


@pytest.fixture
async def world(database: TestDatabase) -> AsyncIterator[World]:
    pool = await open_pool(database.dsn, name="test")
    receiver = Receiver()
    async with listening(receiver) as port:
        company = await add_company(pool, "123456782")
        endpoint = await add_endpoint(pool, company, url=f"http://127.0.0.1:{port}/hooks")
        await store.add_secret(pool, endpoint, SEAL.seal(endpoint, SECRET), NOW)
        yield World(pool, company, endpoint, receiver)
    await pool.close()


async def test_an_event_arrives_once_signed_with_its_facts(world: World) -> None:
    await world.tell(order="ord_01", amount={"amount": 4266, "currency": "EUR"})
    assert (await world.round(), await world.round()) == (1, 0)
    (message,) = world.receiver.messages
    # Checked by a foreign implementation, as a merchant would.
    told = Webhook(secret_text(SECRET)).verify(message.body, message.headers)
    assert told == {
        "type": "instalment.paid",
        "timestamp": "2026-12-01T09:00:00.000Z",
        "data": {"order": "ord_01", "amount": {"amount": 4266, "currency": "EUR"}},
    }
    assert message.headers["webhook-id"].startswith("whk_")
    assert (await world.delivery())["state"] == "delivered"
    assert await world.outcomes() == ["accepted"]


async def test_the_sample_of_the_page_takes_what_arrives_and_nothing_that_was_changed(world: World) -> None:
    (sample,) = re.findall(r"```python\n(.+?)```", WEBHOOKS_PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(sample, names)  # noqa: S102 - what a merchant copies is run as they would.
    verify, secret = names["verify"], secret_text(SECRET)
    following = b"n" * 32
    await store.add_secret(
        world.pool, world.endpoint_id, SEAL.seal(world.endpoint_id, following), NOW + timedelta(seconds=1)
    )
    await world.tell(order="ord_01", shop="Café")
    await world.round()
    (message,) = world.receiver.messages
    # While one secret follows another, either fits.
    for each in (secret, secret_text(following)):
        assert verify(each, message.headers, message.body) == message.headers["webhook-id"]
    at = message.headers["webhook-timestamp"]
    for changed, body in (
        ({}, message.body.replace(b"ord_01", b"ord_02")),
        ({"webhook-id": "whk_other"}, message.body),
        ({"webhook-timestamp": str(int(at) - 1)}, message.body),
        ({"webhook-timestamp": str(int(at) - names["TOLERANCE_S"] - 60)}, message.body),
        ({"webhook-signature": "v1,"}, message.body),
    ):
        with pytest.raises(ValueError, match=r"no signature fits|too old"):
            verify(secret, {**message.headers, **changed}, body)
    with pytest.raises(ValueError, match="no signature fits"):
        verify(secret_text(b"f" * 32), message.headers, message.body)
    old = int(at) - names["TOLERANCE_S"] - 60
    replayed = headers_of(
        [SECRET], message_id=message.headers["webhook-id"], timestamp=old, body=message.body
    )
    with pytest.raises(ValueError, match="too old"):
        verify(secret, replayed, message.body)


async def test_what_is_not_taken_is_tried_again_at_growing_gaps_until_it_is(world: World) -> None:
    world.receiver.answer = BROKEN
    await world.tell()
    for gap in GAPS[:3]:
        assert await world.round() == 1
        assert (await world.delivery())["due_at"] == world.clock.present + gap
        world.clock.present += gap - timedelta(seconds=1)
        assert await world.round() == 0  # not before its time
        world.clock.present += timedelta(seconds=1)
    assert (await world.endpoint())["failing_since"] == NOW
    world.receiver.answer = OK
    await world.round()
    assert await world.outcomes() == ["refused", "refused", "refused", "accepted"]
    assert len({message.headers["webhook-id"] for message in world.receiver.messages}) == 1
    assert (await world.endpoint())["failing_since"] is None


async def test_after_the_last_try_it_has_failed(world: World) -> None:
    world.receiver.answer = BROKEN
    await world.tell()
    for gap in (*GAPS, timedelta()):
        assert await world.round() == 1
        world.clock.present += gap
    assert (await world.delivery())["state"] == "failed"
    world.clock.present += timedelta(days=30)
    assert await world.round() == 0
    assert len(world.receiver.messages) == TRIES_MAX


async def test_an_endpoint_that_takes_nothing_for_days_is_disabled_and_its_agents_are_told(
    world: World,
) -> None:
    agent = await world.pool.fetchval(
        "INSERT INTO agent (email, name, password_hash, role) VALUES ('t@guichet.example', 'Tess', '-', 'technician')"
        " RETURNING id"
    )
    await world.pool.execute("INSERT INTO agent_grant (agent_id, role) VALUES ($1, 'technician')", agent)
    world.receiver.answer = BROKEN
    await world.tell()
    await world.round()
    world.clock.present += DISABLED_AFTER
    await world.round()
    assert (await world.endpoint())["disabled_why"] == "failing"
    (told,) = await world.pool.fetch("SELECT agent_id, kind FROM notice")
    assert (told["agent_id"], told["kind"]) == (agent, "webhook_disabled")
    # What comes now waits until somebody enables it.
    await world.tell()
    world.clock.present += timedelta(days=1)
    assert await world.round() == 0
    world.receiver.answer = OK
    await store.enable_endpoint(world.pool, world.endpoint_id, world.clock.present)
    assert await world.round() == 2


async def test_a_receiver_that_is_gone_is_asked_no_more(world: World) -> None:
    world.receiver.answer = GONE
    await world.tell()
    await world.round()
    assert ((await world.delivery())["state"], (await world.endpoint())["disabled_why"]) == ("failed", "gone")


async def test_while_a_secret_follows_another_both_sign_and_then_only_the_new_one(world: World) -> None:
    following = b"n" * 32
    await store.end_secrets(world.pool, world.endpoint_id, NOW + timedelta(hours=24))
    await store.add_secret(
        world.pool, world.endpoint_id, SEAL.seal(world.endpoint_id, following), NOW + timedelta(seconds=1)
    )
    await world.tell()
    await world.round()
    world.clock.present += timedelta(hours=25)
    await world.tell()
    await world.round()
    first, second = world.receiver.messages
    for secret in (SECRET, following):
        Webhook(secret_text(secret)).verify(first.body, first.headers)
    assert len(second.headers["webhook-signature"].split()) == 1
    Webhook(secret_text(following)).verify(second.body, second.headers)


async def test_without_a_secret_that_opens_nothing_is_sent(world: World) -> None:
    other = await add_endpoint(world.pool, world.company_id, url="http://127.0.0.1:1/")
    await world.pool.execute("DELETE FROM webhook_secret")
    # Sealed for another endpoint: copied here it does not open.
    await store.add_secret(world.pool, world.endpoint_id, SEAL.seal(other, SECRET), NOW)
    await world.pool.execute("UPDATE webhook_endpoint SET removed_at = now() WHERE id = $1", uuid_of(other))
    await world.tell()
    await world.round()
    assert (await world.outcomes(), world.receiver.messages) == (["unsealable"], [])


async def test_two_workers_share_what_is_due_and_a_worker_that_died_leaves_it_to_the_next(
    world: World,
) -> None:
    events = [Told(world.company_id, "instalment.paid", {"number": n}, NOW) for n in range(AT_ONCE_MAX)]
    await tell_each(world.pool, events)
    await asyncio.gather(world.deliverer().round(), world.deliverer().round())
    assert len(world.receiver.messages) == len(events)
    await world.tell(number="lost")
    await _lease(world)  # by a worker that ends here
    assert await world.round() == 0
    world.clock.present += LEASE
    assert await world.round() == 1
    assert msgspec.json.decode(world.receiver.messages[-1].body)["data"] == {"number": "lost"}


async def test_a_receiver_that_is_slow_holds_up_itself_alone(world: World) -> None:
    world.receiver.pause_s = 30.0
    quick = Receiver()
    async with listening(quick) as port:
        endpoint = await add_endpoint(world.pool, world.company_id, url=f"http://127.0.0.1:{port}/")
        await store.add_secret(world.pool, endpoint, SEAL.seal(endpoint, SECRET), NOW)
        await tell_each(
            world.pool, [Told(world.company_id, "instalment.paid", {"number": n}, NOW) for n in range(30)]
        )
        serving = asyncio.create_task(world.deliverer(timeout_s=10.0).serve())
        async with asyncio.timeout(10):
            for _ in range(30):
                await quick.arrivals.get()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert world.receiver.at_once_most <= AT_ONCE_MAX >= quick.at_once_most
    assert len(world.receiver.messages) <= AT_ONCE_MAX


async def test_what_was_taken_stays_delivered_when_a_slower_try_says_otherwise(world: World) -> None:
    await world.tell()
    (first,) = await _lease(world)
    world.clock.present += LEASE
    await world.round()
    await store.note_not_delivered(
        world.pool, first, answered=store.Answered("timed_out"), next_at=NOW, now=NOW
    )
    assert (await world.delivery())["state"] == "delivered"


async def _lease(world: World) -> list[Any]:
    return await store.lease(
        world.pool,
        world.clock.present,
        until=world.clock.present + LEASE,
        failing=False,
        in_hand=[],
        endpoints=1,
        of_each=1,
    )
