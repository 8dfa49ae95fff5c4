"""The pool when all of its connections are taken."""

import pytest

from core.db import pool as pools
from core.db.pool import open_pool
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
