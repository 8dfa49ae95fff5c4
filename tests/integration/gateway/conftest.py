"""One desk and one gateway for all tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer
from tests.support.desk import DeskStack, running_desk
from tests.support.servers import fresh_database


@pytest.fixture(scope="session")
async def desk_stack(postgres_server: PostgresServer, nats_server: NatsServer) -> AsyncIterator[DeskStack]:
    """The real processes over a database of their own."""
    async with fresh_database(postgres_server) as database, running_desk(database, nats_server) as stack:
        yield stack


@pytest.fixture
async def rows(desk_stack: DeskStack) -> AsyncIterator[asyncpg.Connection]:
    """A connection to write rows with, and a clean slate of failures."""
    connection = await asyncpg.connect(desk_stack.database.owner_dsn)
    await connection.execute("TRUNCATE login_failure")
    yield connection
    await connection.close()
