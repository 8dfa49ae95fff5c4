"""The pool when all of its connections are taken."""

import asyncio

import pytest

from core.db import pool as pools
from core.db.pool import open_pool
from core.searching.store import searching
from tests.support.servers import TestDatabase


@pytest.mark.parametrize("ask", ["acquire", "fetchval"])
async def test_who_waits_for_a_connection_is_told_so_in_time(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    monkeypatch.setattr(pools.BoundedPool.acquire, "__kwdefaults__", {"timeout": 0.1})
    pool = await open_pool(database.dsn, name="test", connections_max=1)
    async with pool.acquire():
        with pytest.raises(TimeoutError):
            await (pool.acquire() if ask == "acquire" else pool.fetchval("SELECT 1"))
    assert await pool.fetchval("SELECT 1") == 1
    await pool.close()


async def test_what_a_search_sets_for_its_session_ends_with_it(database: TestDatabase) -> None:
    pool = await open_pool(database.dsn, name="test", connections_max=1, statement_timeout_ms=4_000)
    settings = "SELECT current_setting('statement_timeout') || pg_backend_pid()"
    before = await pool.fetchval(settings)
    async with searching(pool, "Le Goff") as (connection, words):
        assert words == "le goff"
        assert await connection.fetchval(settings) != before
    assert await pool.fetchval(settings) == before

    async def look_for_ever() -> None:
        async with searching(pool, "Le Goff") as (connection, _words):
            await connection.execute("SELECT pg_sleep(0.1)")
            looking.set()
            await connection.execute("SELECT pg_sleep(60)")

    looking = asyncio.Event()
    task = asyncio.create_task(look_for_ever())
    await looking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await pool.fetchval(settings)).startswith("4s")
    await pool.close()


async def test_a_transaction_that_was_left_open_ends_before_others_get_its_connection(
    database: TestDatabase,
) -> None:
    pool = await open_pool(database.dsn, name="test", connections_max=1)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    try:
        async with pool.acquire() as connection:
            await connection.execute("BEGIN")
            await connection.execute("SET LOCAL statement_timeout = 77")
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    assert await pool.fetchval("SELECT current_setting('statement_timeout')") == "5s"
    await pool.close()
