"""A key makes a write happen once; a call without one acts each time and leaves no claim behind."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import pytest

from core.contracts.desk_requests import ById, Written
from core.identity.api import Claim, once
from core.identity.errors import KeyReused
from core.identity.idempotency import TAKE_OVER_AFTER
from tests.support.clocks import FixedClock
from tests.support.servers import TestDatabase

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
AGENT = bytes(15) + b"\x01"
BODY, OTHER_BODY = ById(bytes(16)), ById(b"\x01" * 16)


class _Calls:
    """Calls of one agent, with the claims that their effects were given."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.clock = FixedClock(NOW)
        self.claims: list[Claim] = []

    async def write(self, key: str, body: ById = BODY, *, dies: bool = False) -> Written:
        async def effect(claim: Claim) -> bytes:
            self.claims.append(claim)
            if dies:
                raise ConnectionError
            return claim.made_id()

        return await once(
            self.pool, self.clock, agent_id=AGENT, key=key, path="write", body=body, effect=effect
        )


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
            await calls.write("k", OTHER_BODY)


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
