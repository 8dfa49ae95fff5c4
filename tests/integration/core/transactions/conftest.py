"""One running engine for these tests; each begins with empty books."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer
from tests.integration.core.transactions.world import World, running_world
from tests.support.servers import fresh_database

HOST_DEADLINE_MS = 700


@pytest.fixture(scope="session")
async def shared_world(postgres_server: PostgresServer, nats_server: NatsServer) -> AsyncIterator[World]:
    """A world whose engine waits 0.7 s for the host; shared, since a database and an engine take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUICHET_HOST_DEADLINE_MS", str(HOST_DEADLINE_MS))
        async with fresh_database(postgres_server) as database, running_world(database, nats_server) as world:
            yield world


@pytest.fixture
async def world(shared_world: World) -> World:
    """The shared world without a past."""
    await shared_world.reset()
    return shared_world
