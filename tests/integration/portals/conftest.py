"""A portal in front of a seeded desk, with a session for every agent of the demonstration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg
import httpx
import pytest

from core.contracts.states import State
from deploy.local.postgres import PostgresServer
from deploy.sandbox.demonstration.demonstration import AGENTS
from observability.client_address import TrustedProxies
from portals.agent.app import create_app, make_kit
from portals.agent.session import AgentSession
from portals.kit.kit import Kit
from portals.kit.session import seal_session
from portals.kit.settings import Settings
from tests.support.desk import DeskStack, add_attempt, running_desk
from tests.support.servers import fresh_database, running_nats


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


@pytest.fixture(scope="module")
async def portal(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Portal]:
    """Seed the demonstration and a few payments, and log every agent in."""
    folder = tmp_path_factory.mktemp("portal")
    async with (
        fresh_database(postgres_server) as database,
        running_nats(folder / "nats") as nats,
        running_desk(database, nats) as stack,
    ):
        await _add_payments(database.owner_dsn)
        kit = make_kit(
            Settings(
                host="127.0.0.1",
                port=1,
                gateway_url=stack.gateway_url,
                secret_file=folder / "secret",
                institution="Guichet",
                cookies_are_secure=False,
                proxies=TrustedProxies(()),
            )
        )
        readers = {agent.email: await _reader(kit, stack, agent.email) for agent in AGENTS}
        transport = httpx.ASGITransport(app=create_app(kit), raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=transport, base_url="http://portal", timeout=60) as client:
            yield Portal(client, readers, database.owner_dsn, kit)
        await kit.gateway.close()


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
