"""What a right may be called."""

from __future__ import annotations

import asyncpg

from tests.support.servers import TestDatabase


async def test_a_right_may_begin_with_two_words_as_its_operations_do(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT allow_at_first('closing_days.read', ARRAY['hotline'])")
            roles = "DELETE FROM role_permission WHERE permission = 'closing_days.read' RETURNING role"
            assert await connection.fetchval(roles) == "hotline"
            await connection.execute("DELETE FROM founding_permission WHERE permission = 'closing_days.read'")
    finally:
        await connection.close()
