"""A portal in front of a seeded desk, with a session for every agent of the demonstration.

Each file has a desk and a database of its own, so that none sees what another did. The gateway, which keeps nothing,
and the seeded database that the files' are copied from are made once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest

from core.contracts.states import State
from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer
from deploy.sandbox.demonstration.demonstration import AGENTS
from observability.client_address import TrustedProxies
from portals.agent.app import create_app, make_kit
from portals.agent.session import AgentSession
from portals.kit.kit import Kit
from portals.kit.session import seal_session
from portals.kit.settings import Settings
from tests.support.desk import DeskStack, add_attempt, seed_desk, start_desk, start_gateway
from tests.support.servers import TestDatabase, fresh_database, running_nats

CSRF_COOKIE = "a-browser-of-the-walk"


class Reader(NamedTuple):
    """An agent with a session."""

    permissions: list[str]
    cookies: str


class Portal(NamedTuple):
    """A portal in this process in front of real processes, and every agent of the demonstration."""

    client: httpx.AsyncClient
    readers: dict[str, Reader]
    dsn: str  # of the database behind, to write rows with
    kit: Kit


class Walk(NamedTuple):
    """The same with the browser of whoever may do everything, before any payment was made."""

    kit: Kit
    client: httpx.AsyncClient
    cookies: str
    dsn: str  # of the database behind, to write rows with

    async def post(self, action: str, fields: Sequence[tuple[str, str]], **headers: str) -> httpx.Response:
        """Send a form as that browser does, with whatever else it says."""
        return await self.client.post(
            action,
            content=urlencode(fields),
            headers={
                "cookie": self.cookies,
                "content-type": "application/x-www-form-urlencoded",
                "origin": "http://portal",
                **headers,
            },
        )


class _Seeded(NamedTuple):
    """What the files of one session share: a gateway, and a database in which every agent has logged in."""

    server: PostgresServer
    database: TestDatabase
    nats: NatsServer  # A bus of their own: another desk on the same one would take half of the questions.
    gateway_url: str
    key_file: Path
    secret_file: Path
    readers: dict[str, Reader]


@pytest.fixture(scope="session")
async def seeded(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[_Seeded]:
    """Seed the demonstration and log every agent in, then let go of the database."""
    folder = tmp_path_factory.mktemp("portal")
    key_file, secret_file = folder / "factor-key", folder / "secret"
    async with (
        fresh_database(postgres_server) as database,
        running_nats(folder / "nats") as nats,
        start_gateway(nats) as gateway,
    ):
        seal = await seed_desk(database, key_file)
        kit = _make_kit(gateway.address, secret_file)
        async with start_desk(database, nats, key_file) as desk:
            await desk.wait_ready()
            await gateway.wait_ready()
            stack = DeskStack(
                database=database,
                gateway_url=gateway.address,
                nats_url=nats.url("core"),
                nats=nats,
                desk_pid=desk.pid,
                gateway_pid=gateway.pid,
                seal=seal,
            )
            readers = {agent.email: await _reader(kit, stack, agent.email) for agent in AGENTS}
        await kit.gateway.close()
        yield _Seeded(postgres_server, database, nats, gateway.address, key_file, secret_file, readers)


@pytest.fixture(scope="module")
async def portal(seeded: _Seeded) -> AsyncIterator[Portal]:
    """The portal of a file, with a few payments."""
    async with _portal(seeded) as portal:
        await _add_payments(portal.dsn)
        yield portal


@pytest.fixture(scope="module")
async def walk(seeded: _Seeded) -> AsyncIterator[Walk]:
    """The portal of a file, as who may do everything."""
    async with _portal(seeded) as portal:
        cookies = portal.readers["admin@guichet.example"].cookies
        yield Walk(
            portal.kit,
            portal.client,
            f"{cookies}; {portal.kit.cookie('csrf')}={CSRF_COOKIE}",
            portal.dsn,
        )


@asynccontextmanager
async def _portal(seeded: _Seeded) -> AsyncIterator[Portal]:
    async with (
        fresh_database(seeded.server, seeded.database.name) as database,
        start_desk(database, seeded.nats, seeded.key_file) as desk,
    ):
        await _log_in_again(database.owner_dsn)
        kit = _make_kit(seeded.gateway_url, seeded.secret_file)
        transport = httpx.ASGITransport(app=create_app(kit), raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
        await desk.wait_ready()
        async with httpx.AsyncClient(transport=transport, base_url="http://portal", timeout=60) as client:
            yield Portal(client, seeded.readers, database.owner_dsn, kit)
        await kit.gateway.close()


def _make_kit(gateway_url: str, secret_file: Path) -> Kit:
    return make_kit(
        Settings(
            host="127.0.0.1",
            port=1,
            gateway_url=gateway_url,
            secret_file=secret_file,
            institution="Guichet",
            cookies_are_secure=False,
            proxies=TrustedProxies(()),
        )
    )


async def _log_in_again(dsn: str) -> None:
    """Let every session be as new as when it was opened, however long the files before took."""
    rows = await asyncpg.connect(dsn)
    await rows.execute("UPDATE session SET created_at = now(), last_seen_at = now(), confirmed_at = now()")
    await rows.close()


async def _add_payments(dsn: str) -> None:
    rows = await asyncpg.connect(dsn)
    for terminal in ("T0000001", "T0000003", "T0000011"):
        for state in (State.APPROVED, State.DECLINED, State.UNKNOWN):
            await add_attempt(rows, terminal=terminal, state=state)
    await rows.close()


async def _reader(kit: Kit, stack: DeskStack, email: str) -> Reader:
    token = await stack.log_in(email)
    async with stack.client(token) as client:
        view = (await client.get("/v1/sessions/current")).json()
    agent = view["agent"]
    session = AgentSession(
        token=token,
        agent_id=agent["id"],
        name=agent["name"],
        email=email,
        role=agent["role"],
        locale="fr",
        departments=[],
        expires_at=view["expires_at"],
        permissions=agent["permissions"],
    )
    cookie = f"{kit.cookie('session')}={seal_session(kit.sealer, session)}"
    return Reader(agent["permissions"], cookie)
