"""asyncpg tests array elements against concrete containers, and still takes every array we pass."""

import asyncpg
import pytest

from core.db.arrays import expect_flat_lists
from tests.support.servers import TestDatabase


async def test_this_asyncpg_can_be_told_what_an_array_is() -> None:
    assert expect_flat_lists(), "asyncpg has moved the names: measure the engine's array arguments again"


async def test_flat_and_nested_arrays_arrive_as_they_were(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.dsn)
    try:
        assert await connection.fetchval("SELECT $1::text[]", ["a", "", "é"]) == ["a", "", "é"]
        assert await connection.fetchval("SELECT $1::bytea[]", [b"", b"\x00"]) == [b"", b"\x00"]
        assert await connection.fetchval("SELECT $1::int[]", [[1, 2], [3, 4]]) == [[1, 2], [3, 4]]
        with pytest.raises(asyncpg.DataError):
            await connection.fetchval("SELECT $1::int[]", "12")
    finally:
        await connection.close()
