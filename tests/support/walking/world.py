"""A desk and a gateway in this process over a bus and a database of their own, with one record of every kind.

The code is the real one, and so is the way between the two; only the sockets of HTTP are left out, so that the walk
sees which subject an endpoint asked and what right was missing.
"""

from __future__ import annotations

import contextvars
import hashlib
import importlib
import inspect
import os
import pkgutil
import secrets
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
import msgspec
from litestar import Litestar

from core.bus import Bus
from core.contracts.desk import Principal
from core.contracts.states import Kind, State
from core.identity.api import Integrator, SessionHandlers, SignedIn, access_settings
from core.merchants.api import IntegratorHandlers
from core.notifications.api import queue_mail
from core.roles.context import RoleContext, Settings
from core.roles.desk import Desk, operations_of
from core.runtime.calendar import calendar_of
from core.runtime.manifest import Parts, Served
from core.values.ids import PREFIXES, encode_id
from deploy.local.postgres import PostgresServer
from deploy.sandbox import demonstration
from deploy.sandbox.demonstration.numbers import siren
from deploy.sandbox.demonstration.store import seed
from gateway.app import build_app
from gateway.core_client import Caller, CoreClient
from gateway.description import document_of
from gateway.outermost import Outermost
from gateway.problems import Problem
from gateway.wellformed import WellFormed
from observability.process import SystemClock
from tests.support.desk import add_attempt
from tests.support.servers import TestDatabase, fresh_database, running_nats
from tests.support.walking.samples import Records, Sampler

Result = TypeVar("Result")

NOWHERE_DEPARTMENT = "90"
"""A department where the demonstration has nothing."""

TABLES_OF_KINDS = {
    "transaction": "attempt",
    "grant": "agent_grant",
    "export": "export_job",
    "view": "saved_view",
    "template": "contract_template",
    "factor": "agent_factor",
    "host_matter": "host_message",
    "order": "purchase_order",
    "cancellation": "order_cancellation",
}
"""Where records of a kind stand when the table is not called as the kind."""


def table_of(kind: str) -> str:
    """Return where records of a kind stand."""
    return TABLES_OF_KINDS.get(kind, kind)


KINDS_WITHOUT_RECORDS = {
    "event": "events are shown by their place in the log, never by an id",
    "delivery": "deliveries are shown inside their transaction, without an id",
}


class Asked(msgspec.Struct):
    """One question of the gateway to core, and how it was refused."""

    subject: str
    code: str | None = None
    right: str | None = None


_asked: contextvars.ContextVar[list[Asked]] = contextvars.ContextVar("asked")


class ObservedCore(CoreClient):
    """The gateway's way to core, with a note of what went over it."""

    async def send(
        self,
        subject: str,
        body: msgspec.Struct,
        result: type[Result],
        *,
        caller: Caller | None,
        timeout_s: float,
    ) -> Result:
        """Ask as always."""
        asked = Asked(subject)
        if (noted := _asked.get(None)) is not None:
            noted.append(asked)
        try:
            return await super().send(subject, body, result, caller=caller, timeout_s=timeout_s)
        except Problem as problem:
            asked.code = problem.code
            asked.right = str(problem.facts.get("right", "")) or None
            raise


class Answer(msgspec.Struct):
    """What came back, and what core was asked on the way."""

    status: int
    text: str
    asked: list[Asked]

    @property
    def json(self) -> Any:
        """The body as plain values; None when there is none."""
        try:
            return msgspec.json.decode(self.text)
        except msgspec.DecodeError:
            return None

    @property
    def code(self) -> str:
        """The code of a problem."""
        body = self.json
        return str(body.get("code", "")) if isinstance(body, dict) else ""


@dataclass
class World:
    """Everything that a walk needs."""

    database: TestDatabase
    owner: asyncpg.Connection
    pool: asyncpg.Pool
    app: Litestar
    client: httpx.AsyncClient
    served: dict[str, Served]
    sessions: SessionHandlers
    integrators: IntegratorHandlers
    records: Records
    document: Mapping[str, Any]
    hidden: set[str]
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def sampler(self) -> Sampler:
        """Makes requests from the description."""
        return Sampler(self.document["components"]["schemas"], self.records)

    async def call(
        self,
        token: str,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        key: str = "",
    ) -> Answer:
        """Ask an endpoint, under an idempotency key of its own unless one is given."""
        asked: list[Asked] = []
        mark = _asked.set(asked)
        try:
            answer = await self.client.request(
                method,
                path,
                params=list(query),
                json=body,
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key or secrets.token_hex(8)},
            )
        finally:
            _asked.reset(mark)
        return Answer(answer.status_code, answer.text, asked)

    async def agent(self, name: str, *, role: str | None, everywhere: bool = False) -> str:
        """Return the token of an agent with one role: everywhere, or where nothing is; without a role, no grant."""
        if name in self._tokens:
            return self._tokens[name]
        token = secrets.token_urlsafe(32)
        agent_id = await self.owner.fetchval(
            "INSERT INTO agent (email, name, password_hash, role) VALUES ($1, $2, '-', $3) RETURNING id",
            f"{name}@walk.example",
            f"Walker {name}",
            role or "hotline",
        )
        if role is not None:
            places = ([], []) if everywhere else ([NOWHERE_DEPARTMENT], [uuid.UUID(int=1)])
            await self.owner.execute(
                "INSERT INTO agent_grant (agent_id, role, departments, stores)"
                " VALUES ($1, $2, nullif($3::text[], '{}'), nullif($4::uuid[], '{}'))",
                agent_id,
                role,
                *places,
            )
        await self.owner.execute(
            "INSERT INTO session (token_hash, agent_id, expires_at) VALUES ($1, $2, now() + interval '1 hour')",
            hashlib.sha256(token.encode()).digest(),
            agent_id,
        )
        self._tokens[name] = token
        return token

    async def integrator(self, name: str) -> str:
        """Return the key of a program of a company that has nothing."""
        if name in self._tokens:
            return self._tokens[name]
        token = f"gsk_{secrets.token_urlsafe(32)}"
        company_id = await self.owner.fetchval(
            "INSERT INTO company (account_id, legal_name, siren, department)"
            " SELECT id, $1, $2, $3 FROM account ORDER BY id LIMIT 1 RETURNING id",
            f"Company of {name}",
            siren(8_500_000 + len(self._tokens)),
            NOWHERE_DEPARTMENT,
        )
        await self.owner.execute(
            "INSERT INTO api_key (company_id, name, prefix, key_hash, made_by, made_at)"
            " SELECT $1, $2, $3, $4, id, now() FROM agent ORDER BY id LIMIT 1",
            company_id,
            name,
            token[:12],
            hashlib.sha256(token.encode()).digest(),
        )
        self._tokens[name] = token
        return token

    async def program(self, name: str) -> Integrator:
        """Return the same program as the functions behind the subjects see it."""
        return await self.integrators.check(Principal(await self.integrator(name)))

    async def signed_in(self, name: str, *, role: str | None, everywhere: bool = False) -> SignedIn:
        """Return the same agent as the functions behind the subjects see them."""
        token = await self.agent(name, role=role, everywhere=everywhere)
        return await self.sessions.check(Principal(token))

    async def own_words(self, name: str) -> set[str]:
        """Return the id of a walker, which answers may hold."""
        found = await self.owner.fetchval("SELECT id FROM agent WHERE email = $1", f"{name}@walk.example")
        return set() if found is None else {_digits(found)}

    async def fingerprint(self, *, without: Sequence[str]) -> dict[str, Counter[str]]:
        """Return a hash of every row of every table but those named."""
        tables = await self.owner.fetch(
            "SELECT c.relname AS name FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        found: dict[str, Counter[str]] = {}
        for row in tables:
            if row["name"] not in without:
                rows = await self.owner.fetch(f'SELECT md5(t::text) AS hash FROM "{row["name"]}" AS t')  # noqa: S608
                found[row["name"]] = Counter(each["hash"] for each in rows)
        return found


@asynccontextmanager
async def walking_world(
    postgres: PostgresServer, folder: Path, *, unscoped: Sequence[str]
) -> AsyncIterator[World]:
    """Start it all, with records; stop it whatever happens."""
    # A bus of its own: on the shared one another desk would answer half of the questions.
    async with fresh_database(postgres) as database, running_nats(folder) as nats:
        environment = {
            **os.environ,
            "GUICHET_FACTOR_KEY_FILE": str(folder / "factor-key"),
            "GUICHET_TEST_CLOCK": "1",
        }
        settings = access_settings(environment)
        await seed(database.dsn, password=secrets.token_urlsafe(16), seal=settings.seal)
        owner = await asyncpg.connect(database.owner_dsn)
        await _seed_topics(database)
        await _add_what_the_seed_lacks(owner)
        desk_bus = await Bus.connect(nats.url("desk"), name="walk-core", inbox_prefix="_INBOX.desk")
        gateway_bus = await Bus.connect(
            nats.url("gateway"), name="walk-gateway", inbox_prefix="_INBOX.gateway"
        )
        pool = await asyncpg.create_pool(database.dsn, min_size=1, max_size=4)
        clock = SystemClock()
        context = RoleContext(Settings("desk", database.dsn, "", 0, "walk"), desk_bus, clock, environment)
        desk = Desk(await asyncpg.create_pool(database.dsn, min_size=1, max_size=4), context)
        app = build_app(gateway_bus)
        app.state.parts._core = ObservedCore(gateway_bus)
        records = await _records(owner)
        transport = httpx.ASGITransport(app=Outermost(WellFormed(app)))  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=transport, base_url="http://walk", timeout=60) as client:
            try:
                yield World(
                    database=database,
                    owner=owner,
                    pool=pool,
                    app=app,
                    client=client,
                    served=operations_of(
                        Parts(
                            pool,
                            clock,
                            desk_bus,
                            environment,
                            queue_mail,
                            calendar_of(pool, clock, environment),
                        )
                    ),
                    sessions=SessionHandlers(pool, clock),
                    integrators=IntegratorHandlers(pool, clock),
                    records=records,
                    document=document_of(app),
                    hidden=await _hidden(owner, unscoped),
                )
            finally:
                await desk.stop()
                await pool.close()
                await gateway_bus.close()
                await desk_bus.close()
                await owner.close()


async def _seed_topics(database: TestDatabase) -> None:
    """Run every `seed_<topic>(connection)` of the demonstration, so that each topic's records are walked."""
    for module in sorted(pkgutil.iter_modules(demonstration.__path__), key=lambda each: each.name):
        topic = importlib.import_module(f"deploy.sandbox.demonstration.{module.name}")
        for name, function in inspect.getmembers(topic, inspect.iscoroutinefunction):
            # What asks for more than a connection makes load, not a demonstration.
            takes = [
                each for each in inspect.signature(function).parameters.values() if each.default is each.empty
            ]
            if name.startswith("seed_") and function.__module__ == topic.__name__ and len(takes) == 1:
                connection = await asyncpg.connect(database.dsn)
                try:
                    async with connection.transaction():
                        await function(connection)
                finally:
                    await connection.close()


async def _add_what_the_seed_lacks(owner: asyncpg.Connection) -> None:
    """Add what a demonstration does not begin with: payments, a block."""
    await add_attempt(owner, terminal="T0000001", state=State.APPROVED)
    await add_attempt(owner, terminal="T0000001", state=State.CAPTURED, captured_minor=1250)
    await add_attempt(owner, terminal="T0000003", kind=Kind.REFUND, state=State.DECLINED, reason=51)
    await owner.execute(Path(__file__).with_name("records.sql").read_text())


async def _hidden(owner: asyncpg.Connection, unscoped: Sequence[str]) -> set[str]:
    """Return what no answer may hold: ids as they are written, names of accounts, companies and stores."""
    tables = await owner.fetch(
        "SELECT c.relname AS name FROM pg_class c JOIN pg_attribute k ON k.attrelid = c.oid"
        " WHERE k.attname = 'id' AND k.atttypid = 'uuid'::regtype AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
    )
    found: set[str] = set()
    for table in tables:
        if table["name"] not in unscoped:
            rows = await owner.fetch(f'SELECT id FROM "{table["name"]}" LIMIT 2000')  # noqa: S608
            found |= {_digits(row["id"]) for row in rows}
    for statement in (
        "SELECT name AS word FROM account",
        "SELECT legal_name AS word FROM company",
        "SELECT siren AS word FROM company",
        "SELECT name AS word FROM store",
        "SELECT siret AS word FROM store",
        "SELECT terminal AS word FROM terminal",
    ):
        found |= {row["word"] for row in await owner.fetch(statement)}
    return found


def _digits(raw: uuid.UUID) -> str:
    return encode_id("store", raw.bytes).partition("_")[2]


async def _records(owner: asyncpg.Connection) -> dict[str, bytes]:
    """Return the id of one record of each kind that has one."""
    records: dict[str, bytes] = {}
    for kind in PREFIXES:
        if kind in KINDS_WITHOUT_RECORDS:
            continue
        table = table_of(kind)
        try:
            found = await owner.fetchval(f'SELECT t.id FROM "{table}" AS t ORDER BY id LIMIT 1')  # noqa: S608
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
            found = None
        if isinstance(found, uuid.UUID):
            records[kind] = found.bytes
    return records
