"""A database of one's own with payments in it, and the verification of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from core.verify.model import HostBook, Report, TerminalFact
from core.verify.run import verify
from tests.integration.verify.payments import Writer, writer_on
from tests.support.servers import TestDatabase

Verification = Callable[..., Awaitable[Report]]


@pytest.fixture
async def writer(database: TestDatabase) -> AsyncIterator[Writer]:
    """Writes payments as the schema's owner."""
    made = await writer_on(database.owner_dsn)
    yield made
    await made.connection.close()


@pytest.fixture
def verification(database: TestDatabase) -> Verification:
    """Verifies with core's own rights, which are fewer than the writer's."""

    async def run(
        facts: list[TerminalFact] | None = None,
        book: HostBook | None = None,
        drain_s: float = 0.0,
    ) -> Report:
        return await verify(
            database.dsn,
            drain_s=drain_s,
            facts=(lambda: facts) if facts is not None else None,
            book=(lambda: book) if book is not None else None,
        )

    return run
