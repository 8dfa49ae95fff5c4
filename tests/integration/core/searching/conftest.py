"""One analysed estate for every test of plans."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from deploy.local.postgres import PostgresServer
from deploy.sandbox.demonstration.volume import seed_volume
from tests.integration.core.searching.plans import MERCHANTS, TERMINALS, TRANSACTIONS, UNTIL
from tests.support.servers import fresh_database


@pytest.fixture(scope="package")
async def estate(postgres_server: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    """A connection, as the desk's, to a small estate."""
    async with fresh_database(postgres_server) as database:
        await seed_volume(
            database.owner_dsn,
            transactions=TRANSACTIONS,
            merchants=MERCHANTS,
            terminals=TERMINALS,
            until=UNTIL,
        )
        connection = await asyncpg.connect(
            database.dsn, server_settings={"plan_cache_mode": "force_custom_plan"}
        )
        yield connection
        await connection.close()
