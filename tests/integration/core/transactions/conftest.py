"""One running engine for these tests; each begins with empty books."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.postgres import PostgresServer
from tests.integration.core.transactions.world import World, running_world
from tests.support.servers import fresh_database, running_nats

HOST_DEADLINE_MS = 700


@pytest.fixture(scope="session")
async def shared_world(postgres_server: PostgresServer, short_folder: Path) -> AsyncIterator[World]:
    """A world whose engine waits 0.7 s for the host; shared, since a database and an engine take seconds.

    Its bus is its own: elsewhere this engine would answer what is meant for another's stand-in.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUICHET_HOST_DEADLINE_MS", str(HOST_DEADLINE_MS))
        async with (
            fresh_database(postgres_server) as database,
            running_nats(Path(tempfile.mkdtemp(prefix="nats-", dir=short_folder))) as nats_server,
            running_world(database, nats_server) as world,
        ):
            yield world


@pytest.fixture
async def world(shared_world: World) -> World:
    """The shared world without a past."""
    await shared_world.reset()
    return shared_world
