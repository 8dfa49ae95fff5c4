"""A database with the payments of one test in it, and the verification of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from core.verify.model import HostBook, Report, TerminalFact
from core.verify.run import verify
from deploy.local.postgres import PostgresServer
from tests.integration.verify.payments import Writer, writer_on
from tests.support.servers import TestDatabase, emptier_of, fresh_database

Verification = Callable[..., Awaitable[Report]]


@pytest.fixture(scope="module")
async def books(postgres_server: PostgresServer) -> AsyncIterator[tuple[TestDatabase, asyncpg.Connection]]:
    """The database of all tests of a file, and who empties it after each: to make one takes longer than to verify it."""
    async with fresh_database(postgres_server) as made:
        admin = await asyncpg.connect(made.admin_dsn, server_settings={"session_replication_role": "replica"})
        yield made, admin
        await admin.close()


@pytest.fixture(scope="module")
async def emptier(books: tuple[TestDatabase, asyncpg.Connection]) -> str:
    """The statements that take out what a test has written."""
    return await emptier_of(books[1])


@pytest.fixture
async def database(
    books: tuple[TestDatabase, asyncpg.Connection], emptier: str
) -> AsyncIterator[TestDatabase]:
    """A database as migrations leave it."""
    made, admin = books
    yield made
    await admin.execute(emptier)


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
