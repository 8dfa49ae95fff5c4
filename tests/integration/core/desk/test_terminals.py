"""Sign-on, presence and the seed against a real database."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from core.contracts.payment import Presence, SignOn
from core.contracts.reasons import Reason
from core.db.pool import open_pool
from core.terminals.api import TerminalHandlers
from core.terminals.store import standing_refusals
from deploy.sandbox.demonstration.numbers import is_valid
from deploy.sandbox.demonstration.store import seed
from observability.process import SystemClock
from tests.support.servers import TestDatabase

PASSWORD = "a long demonstration password"
NOW_US = time.time_ns() // 1000


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    """A seeded database."""
    await seed(database.dsn, password=PASSWORD)
    opened = await open_pool(database.dsn, name="test")
    yield opened
    await opened.close()


def asking(terminal: str, acceptor: str = "GCT000000000001", certificate: str = "") -> SignOn:
    return SignOn(terminal, acceptor, certificate, "edge1", "127.0.0.1", "1.0", NOW_US)


async def test_a_sign_on_names_the_rule_that_refuses_it(pool: asyncpg.Pool) -> None:
    handlers = TerminalHandlers(pool, SystemClock())

    async def reason_of(request: SignOn) -> Reason:
        return Reason((await handlers.sign_on(request)).reason)

    welcome = await handlers.sign_on(asking("T0000001", certificate="T0000001"))
    assert (welcome.reason, welcome.dialect, welcome.merchant_category) == (0, "ascii1987", "5411")
    assert await reason_of(asking("T0000001")) is Reason.NONE
    assert await reason_of(asking("T9999999")) is Reason.TERMINAL_UNKNOWN
    assert await reason_of(asking("T0000001", certificate="T0000002")) is Reason.TERMINAL_UNKNOWN
    assert await reason_of(asking("T0000001", acceptor="GCT000000000002")) is Reason.TERMINAL_UNKNOWN
    assert await reason_of(asking("T0000013")) is Reason.TERMINAL_NOT_ACTIVE
    await pool.execute("UPDATE terminal SET blocked_at = now() WHERE terminal = 'T0000001'")
    assert await reason_of(asking("T0000001")) is Reason.TERMINAL_BLOCKED
    await pool.execute("UPDATE store SET blocked_at = now()")
    assert await reason_of(asking("T0000002")) is Reason.STORE_BLOCKED


async def test_the_last_sign_on_that_was_refused_stands_until_one_is_welcome(pool: asyncpg.Pool) -> None:
    handlers = TerminalHandlers(pool, SystemClock())
    welcome = await handlers.sign_on(_at(asking("T0000001"), 0))

    async def standing() -> str | None:
        found = await standing_refusals(pool, [welcome.terminal_id])
        return found[welcome.terminal_id].reason if found else None

    assert await standing() is None
    await pool.execute("UPDATE store SET blocked_at = now()")
    await handlers.sign_on(_at(asking("T0000001"), 1))
    assert await standing() == "store_blocked"
    await pool.execute("UPDATE store SET blocked_at = NULL")
    await handlers.sign_on(_at(asking("T0000001"), 2))
    assert await standing() is None
    # Within the minutes in which the same refusal again is not news: a welcome between them made it news.
    await pool.execute("UPDATE store SET blocked_at = now()")
    await handlers.sign_on(_at(asking("T0000001"), 3))
    await handlers.sign_on(_at(asking("T0000001"), 4))
    assert await standing() == "store_blocked"
    assert await pool.fetchval("SELECT count(*) FROM terminal_event WHERE kind = 'refused'") == 2


def _at(request: SignOn, seconds: int) -> SignOn:
    return msgspec.structs.replace(request, at_us=NOW_US + seconds * 1_000_000)


async def test_an_edge_that_was_left_does_not_show_a_terminal_as_gone(pool: asyncpg.Pool) -> None:
    handlers = TerminalHandlers(pool, SystemClock())
    raw = (await handlers.sign_on(asking("T0000001"))).terminal_id

    async def connected() -> tuple[bool, str]:
        row = await pool.fetchrow("SELECT connected, edge FROM terminal_presence")
        assert row is not None
        return row["connected"], row["edge"]

    assert await connected() == (True, "edge1")
    await handlers.presence([Presence(raw, "edge2", True, NOW_US + 10)])
    await handlers.presence([Presence(raw, "edge1", False, NOW_US + 20)])
    assert await connected() == (True, "edge2")
    await handlers.presence(
        [Presence(raw, "edge2", False, NOW_US + 30), Presence(bytes(16), "edge2", True, NOW_US + 30)]
    )
    assert await connected() == (False, "edge2")


async def test_seeding_twice_changes_nothing_and_its_numbers_are_valid(
    database: TestDatabase, pool: asyncpg.Pool
) -> None:
    async def counted() -> list[int]:
        tables = ("account", "company", "store", "service", "terminal", "agent", "acquirer")
        return [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608

    before = await counted()
    await seed(database.dsn, password=PASSWORD)
    assert await counted() == before
    assert all(is_valid(row["siren"]) for row in await pool.fetch("SELECT siren FROM company"))
    assert all(is_valid(row["siret"]) for row in await pool.fetch("SELECT siret FROM store"))
    await seed(database.dsn, password=PASSWORD, load_terminals=20_000)
    await seed(database.dsn, password=PASSWORD, load_terminals=20_000)
    assert await pool.fetchval("SELECT count(*) FROM terminal WHERE terminal >= 'T1000001'") == 20_000
    row = await pool.fetchrow(
        "SELECT s.acceptor FROM terminal t JOIN store s ON s.id = t.store_id WHERE terminal = 'T1000011'"
    )
    assert row is not None
    assert row["acceptor"] == "GCT100000000002"
