"""The world of transactions, with a company that sells in instalments."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.core.schedules.shop import Shop, forget, open_shop
from tests.integration.core.transactions.conftest import shared_world
from tests.integration.core.transactions.world import World

__all__ = ["shared_world"]


@pytest.fixture(scope="session")
async def shared_shop(shared_world: World) -> Shop:
    return await open_shop(shared_world)


@pytest.fixture
async def shop(shared_shop: Shop) -> AsyncIterator[Shop]:
    """The shared shop without a past."""
    await forget(shared_shop.world)
    await shared_shop.world.reset()
    yield shared_shop
    await shared_shop.close_runs()
