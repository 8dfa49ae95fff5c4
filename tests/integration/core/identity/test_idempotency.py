"""A key makes a write happen once; a call without one acts each time and leaves no claim behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import pytest

from core.contracts.listing import Written
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import Claim, WriteOnce, once
from core.identity.errors import KeyReused
from core.identity.idempotency import TAKE_OVER_AFTER
from tests.support.callers import signed_in
from tests.support.clocks import FixedClock
from tests.support.servers import TestDatabase

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
AGENT = bytes(15) + b"\x01"
CALLER = signed_in(agent_id=AGENT)


class _Line(msgspec.Struct):
    text: str = "one"
    idempotency_key: str = ""


class _Note(_Line):
    """Another act that says the same."""


class _Calls:
    """Calls of one agent, with the claims that their effects were given."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.clock = FixedClock(NOW)
        self.claims: list[Claim] = []

    async def write(
        self, key: str, body: type[_Line] = _Line, text: str = "one", *, dies: bool = False
    ) -> Written:
        async def effect(claim: Claim) -> bytes:
            self.claims.append(claim)
            if dies:
                raise ConnectionError
            return claim.made_id()

        return await once(self.pool, self.clock, CALLER, body(text, key), effect)


class _Lines:
    """Writes that leave a line in a table each time that they act."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.clock = FixedClock(NOW)

    async def write(self, key: str, *, dies: bool = False) -> Written:
        async def effect(connection: Connection) -> bytes:
            await connection.execute(
                "INSERT INTO login_failure (subject, at) VALUES ('line', $1)", self.clock.present
            )
            if dies:
                raise ConnectionError
            return new_id(self.clock)

        return await WriteOnce(self.pool, self.clock)(CALLER, _Line(idempotency_key=key), effect)

    async def count(self) -> int:
        return await self.pool.fetchval("SELECT count(*)::int FROM login_failure WHERE subject = 'line'") or 0


class _DiesAfterCommit:
    """A pool whose caller is gone as soon as what it did stands."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        async with self._pool.acquire() as connection:
            yield connection
        raise ConnectionError


async def test_of_several_who_take_over_at_once_one_acts(database: TestDatabase) -> None:
    async with asyncpg.create_pool(database.dsn, min_size=4, max_size=4) as pool:
        lines = _Lines(pool)
        with pytest.raises(ConnectionError):
            await lines.write("k", dies=True)
        assert await lines.count() == 0
        lines.clock.present += TAKE_OVER_AFTER
        answers = await asyncio.gather(*(lines.write("k") for _ in range(3)))
        assert len({answer.body for answer in answers}) == 1
        assert sorted(answer.replayed for answer in answers) == [False, True, True]
        assert await lines.count() == 1


async def test_a_call_that_died_after_its_commit_has_left_its_answer(database: TestDatabase) -> None:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool:
        with pytest.raises(ConnectionError):
            await _Lines(_DiesAfterCommit(pool)).write("k")
        lines = _Lines(pool)
        lines.clock.present += TAKE_OVER_AFTER
        assert (await lines.write("k")).replayed
        assert await lines.count() == 1


async def test_without_a_key_every_call_acts_under_a_claim_of_its_own(database: TestDatabase) -> None:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool:
        calls = _Calls(pool)
        first, second = await calls.write(""), await calls.write("")
        assert len(calls.claims) == 2
        assert all(claim.claimed_at == NOW and not claim.taken_over for claim in calls.claims)
        # At one moment of one agent, and still two ids and two keys.
        assert first.body != second.body
        assert calls.claims[0].key != calls.claims[1].key
        assert not first.replayed
        assert not second.replayed
        assert await pool.fetchval("SELECT count(*) FROM idempotency") == 0


async def test_under_a_key_the_first_answer_stands_for_its_body_alone(database: TestDatabase) -> None:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool:
        calls = _Calls(pool)
        first, second = await calls.write("k"), await calls.write("k")
        assert (second.body, second.replayed) == (first.body, True)
        assert len(calls.claims) == 1
        with pytest.raises(KeyReused):
            await calls.write("k", text="two")
        with pytest.raises(KeyReused):
            await calls.write("k", _Note)


async def test_whoever_takes_over_from_a_call_that_died_makes_the_same_id(database: TestDatabase) -> None:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool:
        calls = _Calls(pool)
        with pytest.raises(ConnectionError):
            await calls.write("k", dies=True)
        calls.clock.present += TAKE_OVER_AFTER
        await calls.write("k")
        dead, heir = calls.claims
        assert (dead.taken_over, heir.taken_over) == (False, True)
        assert heir.made_id() == dead.made_id()
