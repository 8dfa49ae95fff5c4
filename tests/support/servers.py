"""Real PostgreSQL and NATS for tests: started once, a fresh copy of the migrated database for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from core.transactions.rules import TRANSITIONS
from deploy.local.database import copy_database, prepare_cluster
from deploy.local.migrate import migrate
from deploy.local.nats import NatsServer
from deploy.local.ports import free_ports
from deploy.local.postgres import ADMIN_ROLE, CORE_ROLE, OWNER_ROLE, PostgresServer
from deploy.local.subjects import ALLOWANCES, SubjectAllowance

TEMPLATE = "guichet_template"
STAND_IN = SubjectAllowance(
    user="core",
    publish=("edge.>", "host.>", "core.>", "events.>", "$JS.API.>", "$JS.ACK.>", "_INBOX.>"),
    subscribe=("core.>", "events.>", "_INBOX.core.>"),
)
"""Who plays those of core's processes that a test does not start. No stack but the tests' own has such a user."""

_numbers = itertools.count(1)

_MOVES = ", ".join(f"({one}, {other})" for one, ends in TRANSITIONS.items() for other in ends)
_REFUSE_OTHER_MOVES = f"""
    CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- The owner sets a scene, in whatever state it needs.
        IF session_user = '{CORE_ROLE}' THEN
            RAISE EXCEPTION 'no transition leads from % to %', OLD.state, NEW.state;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER transitions BEFORE UPDATE OF state ON attempt FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({_MOVES})) EXECUTE FUNCTION refuse_move();
"""
"""Holds every statement that moves an attempt to the table of transitions, whichever test makes it run."""


@dataclass(frozen=True)
class TestDatabase:
    """Addresses of one database: as the runtime login, as the schema's owner, as the superuser."""

    __test__ = False

    name: str
    dsn: str
    owner_dsn: str
    admin_dsn: str


@asynccontextmanager
async def running_postgres(folder: Path) -> AsyncIterator[PostgresServer]:
    """Run a durable PostgreSQL with the migrated template in it, and stop it whatever happens."""
    (port,) = free_ports(1)
    server = PostgresServer(folder, port=port)
    try:
        await server.start()
        await prepare_cluster(server, TEMPLATE)
        await migrate(server.dsn(OWNER_ROLE, TEMPLATE))
        owner = await asyncpg.connect(server.dsn(OWNER_ROLE, TEMPLATE))
        await owner.execute(_REFUSE_OTHER_MOVES)
        await owner.close()
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def running_nats(folder: Path) -> AsyncIterator[NatsServer]:
    """Run a NATS server with the real users and allow-lists, and stop it whatever happens."""
    port, monitoring_port = free_ports(2)
    server = NatsServer(
        folder, port=port, monitoring_port=monitoring_port, allowances=(*ALLOWANCES, STAND_IN)
    )
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def fresh_database(server: PostgresServer, template: str = TEMPLATE) -> AsyncIterator[TestDatabase]:
    """Copy a database that nobody is connected to, and drop the copy afterwards with whoever is still connected."""
    name = f"test_{next(_numbers)}"
    admin = await asyncpg.connect(server.dsn(ADMIN_ROLE, "postgres"))
    try:
        await copy_database(admin, template=template, database=name)
        yield TestDatabase(
            name=name,
            dsn=server.dsn(CORE_ROLE, name),
            owner_dsn=server.dsn(OWNER_ROLE, name),
            admin_dsn=server.dsn(ADMIN_ROLE, name),
        )
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


_TRIGGERS_ON = """DO $$ DECLARE off record; BEGIN
FOR off IN SELECT tgrelid::regclass AS place, tgname FROM pg_trigger WHERE tgenabled = 'D' LOOP
EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', off.place, off.tgname); END LOOP; END $$"""


async def emptier_of(admin: asyncpg.Connection) -> str:
    """Return what brings a fresh copy back to itself after tests that fill empty tables and switch triggers off.

    It is for a session that fires no triggers: `session_replication_role` is `replica`.
    """
    tables = await admin.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    empty = [
        table["name"]
        for table in tables
        if not await admin.fetchval(f"SELECT EXISTS (SELECT FROM {table['name']})")  # noqa: S608
    ]
    counters = await admin.fetch(
        "SELECT format('SELECT setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),"
        " coalesce(last_value, start_value), last_value IS NOT NULL) AS statement FROM pg_sequences"
    )
    return ";\n".join(
        [
            *(f"DELETE FROM {name}" for name in empty),  # noqa: S608
            *(row["statement"] for row in counters),
            _TRIGGERS_ON,
        ]
    )
