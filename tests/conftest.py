"""Fixtures for every test: servers that live as long as the session, a database that lives as long as a test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer
from tests.support.servers import TestDatabase, fresh_database, running_nats, running_postgres

if TYPE_CHECKING:
    from tests.support.card_frame import CardFrame


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever runs the tests of pages keep pictures of them."""
    parser.addoption("--pictures", metavar="FOLDER", help="keep a picture of each station of a walk here")


def pytest_configure() -> None:
    """Print plain tracebacks: a rich one takes seconds, and meanwhile the loop under test stands still."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for Unix sockets, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="gt-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
async def postgres_server(short_folder: Path) -> AsyncIterator[PostgresServer]:
    """A real PostgreSQL, durable as in production, on a free port."""
    async with running_postgres(short_folder / "pg") as server:
        yield server


@pytest.fixture(scope="session")
async def nats_server(short_folder: Path) -> AsyncIterator[NatsServer]:
    """A real NATS server with JetStream and the real allow-lists, on a free port."""
    async with running_nats(short_folder / "nats") as server:
        yield server


@pytest.fixture(scope="module")
async def nats_server_alone(short_folder: Path) -> AsyncIterator[NatsServer]:
    """A NATS server for one file: elsewhere its desk or engine would answer what is meant for another's."""
    async with running_nats(Path(tempfile.mkdtemp(prefix="nats-", dir=short_folder))) as server:
        yield server


@pytest.fixture(scope="module")
async def frame(
    postgres_server: PostgresServer, nats_server_alone: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[CardFrame]:
    """A card frame for one file, before a desk of the test's own."""
    # Not at the top: it brings half of core, and few tests want it.
    from tests.support.card_frame import running_card_frame

    async with (
        fresh_database(postgres_server) as fresh,
        running_card_frame(fresh, nats_server_alone, tmp_path_factory.mktemp("frame")) as running,
    ):
        yield running


@pytest.fixture
async def database(postgres_server: PostgresServer) -> AsyncIterator[TestDatabase]:
    """A database of one's own, migrated to the newest schema."""
    async with fresh_database(postgres_server) as fresh:
        yield fresh


@pytest.fixture(scope="session")
async def migrated(postgres_server: PostgresServer) -> AsyncIterator[TestDatabase]:
    """A database of the newest schema that every test reads and none writes to."""
    async with fresh_database(postgres_server) as fresh:
        yield fresh


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count a browser test that was skipped as failed where the gate runs: it must have a browser."""
    report = yield
    if report.skipped and item.get_closest_marker("browser") and os.environ.get("GUICHET_CI"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and the gate does not accept that"
    return report
