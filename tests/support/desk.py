"""The real desk and the real gateway as processes, a seeded database, and rows written by plain SQL."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import msgspec

from core.contracts.states import Kind, State
from core.identity.api import FactorSeal, load_or_make_key
from core.values.clock import paris_date
from core.values.ids import uuid7
from deploy.local.nats import NatsServer
from deploy.local.ports import free_ports
from deploy.sandbox.demonstration.access import demonstration_code, put_demonstration_factor
from deploy.sandbox.demonstration.store import seed
from tests.support.plain_http import NO_AUTHORITIES
from tests.support.servers import TestDatabase

PASSWORD = "a long demonstration password"
PORTAL_URL = "http://localhost:8080"
SPACE_URL = "http://localhost:8090"
CHECKOUT = Path(__file__).resolve().parents[2]
_START_TIMEOUT_S = 30.0
# Counted, not drawn: the natural key of an attempt holds it, and a few hundred draws collide.
_stans = itertools.count(1)
_attempts = itertools.count()

CHANGED_BY = r"(Last change:|Dernier changement :) [^,]+, \d\d/\d\d \d\d:\d\d\.$"
"""How a refusal ends that names who was faster, and when."""


@dataclass
class DeskStack:
    """Addresses of a running desk and gateway."""

    database: TestDatabase
    gateway_url: str
    nats_url: str
    nats: NatsServer
    desk_pid: int
    gateway_pid: int
    seal: FactorSeal

    async def log_in(self, email: str = "admin@guichet.example") -> str:
        """Return a token of a whole log in.

        A code works once in its thirty seconds and tests log in more often, so the last use is forgotten first.
        """
        await self._forget_codes(email)
        asked = {"email": email, "password": PASSWORD, "code": demonstration_code(PASSWORD, email)}
        async with httpx.AsyncClient(base_url=self.gateway_url, timeout=30, verify=NO_AUTHORITIES) as client:
            answer = await client.post("/v1/sessions", json=asked)
            assert answer.status_code == 201, answer.text
            return answer.json()["token"]

    async def _forget_codes(self, email: str) -> None:
        connection = await asyncpg.connect(self.database.owner_dsn)
        try:
            agent_id = await connection.fetchval("SELECT id FROM agent WHERE email = $1", email)
            await connection.execute("UPDATE agent_factor SET last_step = 0 WHERE agent_id = $1", agent_id)
            if not await connection.fetchval(
                "SELECT count(*) FROM agent_factor WHERE agent_id = $1", agent_id
            ):
                # Somebody whom a test made: the same factor as the demonstration's agents have.
                await put_demonstration_factor(
                    connection, self.seal, agent_id=agent_id, email=email, password=PASSWORD
                )
        finally:
            await connection.close()

    def client(self, token: str, **headers: str) -> httpx.AsyncClient:
        """Return a client that is logged in."""
        return httpx.AsyncClient(
            base_url=self.gateway_url,
            headers={"Authorization": f"Bearer {token}", **headers},
            timeout=30,
            verify=NO_AUTHORITIES,
        )


@asynccontextmanager
async def running_desk(database: TestDatabase, nats: NatsServer) -> AsyncIterator[DeskStack]:
    """Seed the database and run the two processes; stop both whatever happens."""
    with tempfile.TemporaryDirectory(prefix="gt-") as folder:
        key_file = Path(folder) / "factor-key"
        seal = await seed_desk(database, key_file)
        async with start_desk(database, nats, key_file) as desk, start_gateway(nats) as gateway:
            await desk.wait_ready()
            await gateway.wait_ready()
            yield DeskStack(
                database=database,
                gateway_url=gateway.address,
                nats_url=nats.url("core"),
                nats=nats,
                desk_pid=desk.pid,
                gateway_pid=gateway.pid,
                seal=seal,
            )


async def seed_desk(database: TestDatabase, key_file: Path) -> FactorSeal:
    """Put the demonstration into a database, with its agents' factors under a key that is kept in a file."""
    seal = FactorSeal(load_or_make_key(key_file))
    await seed(database.dsn, password=PASSWORD, seal=seal)
    await _keep_technician_out_of_paris(database)
    return seal


async def _keep_technician_out_of_paris(database: TestDatabase) -> None:
    """Let the technician be who does not see what the seller of Paris does: tests of scopes need such a pair."""
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        await connection.execute(
            "UPDATE agent_grant SET departments = '{69,13,2A}'"
            " WHERE agent_id = (SELECT id FROM agent WHERE email = 'technicien@guichet.example')"
        )
    finally:
        await connection.close()


@dataclass(frozen=True)
class Started:
    """A process that was started, and where it answers once it is ready."""

    address: str
    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    async def wait_ready(self) -> None:
        """Wait until it says that it is ready."""
        await _wait_ready(self.address, self.process)


def start_desk(
    database: TestDatabase, nats: NatsServer, key_file: Path
) -> AbstractAsyncContextManager[Started]:
    """Run a desk on a seeded database; stop it whatever happens."""
    (port,) = free_ports(1)
    environment = {
        "GUICHET_DATABASE_URL": database.dsn,
        "GUICHET_NATS_URL": nats.url("desk"),
        "GUICHET_HEALTH_PORT": str(port),
        "GUICHET_FACTOR_KEY_FILE": str(key_file),
        "GUICHET_PORTAL_URL": PORTAL_URL,
        "GUICHET_SPACE_URL": SPACE_URL,
        "GUICHET_TEST_CLOCK": "1",
    }
    return _running(("core", "--role", "desk"), environment, port)


def start_gateway(nats: NatsServer) -> AbstractAsyncContextManager[Started]:
    """Run a gateway; stop it whatever happens."""
    (port,) = free_ports(1)
    return _running(
        ("gateway",), {"GUICHET_NATS_URL": nats.url("gateway"), "GUICHET_HTTP_PORT": str(port)}, port
    )


@asynccontextmanager
async def _running(module: tuple[str, ...], environment: dict[str, str], port: int) -> AsyncIterator[Started]:
    common = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *module,
        env={**common, **environment},
        cwd=CHECKOUT,
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Started(f"http://127.0.0.1:{port}", process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()


async def add_attempt(
    connection: asyncpg.Connection,
    *,
    terminal: str = "T0000001",
    kind: Kind = Kind.PURCHASE,
    state: State = State.APPROVED,
    reason: int = 100,
    amount_minor: int = 1250,
    captured_minor: int = 0,
    brand: int = 2,
    original_id: bytes | None = None,
    attempt_id: bytes | None = None,
    stan: int | None = None,
    last_four: str = "0014",
) -> bytes:
    """Insert an attempt as the engine would leave it, and return its id."""
    now = datetime.now(UTC)
    raw = attempt_id or uuid7(
        unix_ms=int(now.timestamp() * 1000),
        sequence=next(_attempts) & 0xFFF,  # Of two in one millisecond the later one sorts behind.
        randomness=int.from_bytes(os.urandom(8), "big"),
    )
    place = await connection.fetchrow(
        "SELECT t.id, t.store_id, s.company_id FROM terminal t JOIN store s ON s.id = t.store_id"
        " WHERE t.terminal = $1",
        terminal,
    )
    assert place is not None
    await connection.execute(
        "INSERT INTO attempt (id, business_date, terminal_id, store_id, company_id, received_at, sent_at,"
        " decided_at, body_hash, amount_minor, approved_minor, captured_minor, card_fingerprint, stan,"
        " host_sent_us, host_replied_us, kind, message_class, acquirer_id, state, reason, card_brand, currency,"
        " card_bin, card_last_four, card_expiry, entry_mode, transmitted_at, local_time, host_code,"
        " approval_code, card_ciphertext, request, original_id)"
        " VALUES ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz + interval '1 ms',"
        " $6::timestamptz + interval '20 ms', 1, $7, $8, $9, 77, $10, 2000, 18000, $11, 2, 1, $12, $13, $14,"
        " 'EUR', '497010', $15, '2912', '051', '1122101500', '1122111500', '00', 'A12345', '', $16, $17)",
        uuid.UUID(bytes=raw),
        paris_date(now),
        place["id"],
        place["store_id"],
        place["company_id"],
        now,
        amount_minor,
        amount_minor if state in {State.APPROVED, State.CAPTURED} else 0,
        captured_minor,
        stan if stan is not None else next(_stans),
        int(kind),
        int(state),
        int(reason),
        brand,
        last_four,
        msgspec.msgpack.encode({3: "000000", 4: "000000001250", 11: "000123", 41: terminal}),
        None if original_id is None else uuid.UUID(bytes=original_id),
    )
    return raw


async def add_event(connection: asyncpg.Connection, attempt_id: bytes) -> tuple[int, int]:
    """Insert an event of an attempt, its summary left to the reader; return its position."""
    row = await connection.fetchrow(
        "INSERT INTO event (attempt_id, business_date, kind, state, reason, detail)"
        " SELECT id, business_date, 2, state, reason, $2 FROM attempt WHERE id = $1"
        " RETURNING txid::text::bigint AS txid, seq",
        uuid.UUID(bytes=attempt_id),
        msgspec.msgpack.encode([{3: "000000", 4: "000000001250"}, {39: "00", 38: "A12345"}]),
    )
    assert row is not None
    return row["txid"], row["seq"]


async def _wait_ready(address: str, process: asyncio.subprocess.Process) -> None:
    give_up_at = asyncio.get_running_loop().time() + _START_TIMEOUT_S
    async with httpx.AsyncClient(verify=NO_AUTHORITIES) as client:
        while asyncio.get_running_loop().time() < give_up_at:
            assert process.returncode is None, "a process ended at once"
            try:
                if (await client.get(f"{address}/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError(f"not ready: {address}")
