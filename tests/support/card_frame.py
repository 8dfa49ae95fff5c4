"""The real card frame as a process, and the desk's answers to it in the test: real rows, real bus, a clock to move."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec

from core.bus import Bus
from core.cards.api import (
    Authentication,
    Authentications,
    IssuerByFrame,
    Question,
    StoredCard,
    Use,
    open_frame,
    spend_token,
)
from core.cards.slice import SLICE
from core.contracts.cards import CardTokenId
from core.contracts.subjects import inbox_prefix, is_inbox_of
from core.db.pool import open_pool
from core.notifications.api import queue_mail
from core.runtime.calendar import Calendar
from core.runtime.manifest import HeardFrame, Parts
from core.values.ids import uuid7
from deploy.local.authority import DevelopmentAuthority
from deploy.local.nats import NatsServer
from deploy.local.ports import free_ports
from tests.support.clocks import FixedClock
from tests.support.plain_http import NO_AUTHORITIES
from tests.support.servers import TestDatabase

ORDER = uuid7(unix_ms=1, sequence=1, randomness=0)
GOOD = {"number": "4970 1000 0000 0006", "expiry": "12/30", "code": "123"}
_START_S = 30.0
_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class CardFrame:
    """A running card frame. The desk is silent while `is_desk_silent`."""

    pool: asyncpg.Pool
    clock: FixedClock
    company_id: bytes
    url: str
    tls_url: str
    health_url: str
    authority: Path
    process: asyncio.subprocess.Process
    log: Path
    bank_url: str
    issuer_key: Path
    bus: Bus
    is_desk_silent: bool = False

    async def open(self, **other: Any) -> str:
        """Open a page for a card and return its address."""
        asked: dict[str, Any] = {
            "frame_url": self.url,
            "company_id": self.company_id,
            "purpose": "purchase",
            "subject_id": ORDER,
            "origin": "https://shop.example",
            "return_url": "https://shop.example/paid?order=1",
            "language": "fr",
            "amount_minor": 4266,
            "currency": "EUR",
            "needed_until": date(2027, 10, 3),
            "now": self.clock.now(),
        }
        return (await open_frame(self.pool, **(asked | other))).address

    def client(self) -> httpx.AsyncClient:
        """A browser without a script, over plain HTTP and over HTTPS."""
        return httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=str(self.authority)), trust_env=False, timeout=10
        )

    @property
    def authentications(self) -> Authentications:
        """As the desk asks for them."""
        return Authentications(self.pool, self.clock, IssuerByFrame(self.bus), frame_url=self.url)

    async def card(self, pan: str, client: httpx.AsyncClient, subject_id: bytes = ORDER) -> StoredCard:
        """Type a card, and keep it for an order."""
        typed = GOOD | {"number": pan}
        address = await self.open(subject_id=subject_id)
        sent = await client.post(address, data=typed, headers={"accept": "application/json"})
        token = CardTokenId.read(sent.json()["token"])
        use = Use(self.company_id, "purchase", subject_id)
        async with self.pool.acquire() as connection, connection.transaction():
            return await spend_token(connection, token, use, now=self.clock.now())

    async def authenticate(
        self, card: StoredCard, subject_id: bytes = ORDER, *, amount_minor: int = 4266, **other: Any
    ) -> Authentication:
        """Have the holder of a card authenticated."""
        asked: dict[str, Any] = {
            "purpose": "purchase",
            "subject_id": subject_id,
            "amount_minor": amount_minor,
            "currency": "EUR",
            "payee": "Maison Lumière",
            "language": "fr",
            "return_url": "https://shop.example/paid?order=1",
        }
        return await self.authentications.ask(card, Question(**(asked | other)))

    async def rows(self, table: str) -> int:
        """Return how many rows a table has."""
        return await self.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608


@asynccontextmanager
async def running_card_frame(
    database: TestDatabase, nats: NatsServer, folder: Path
) -> AsyncIterator[CardFrame]:
    """Run the card frame before a desk of the test's own."""
    pool = await open_pool(database.dsn, name="test")
    clock = FixedClock(datetime.now(UTC))
    company: Any = await pool.fetchval(
        "WITH a AS (INSERT INTO account (name) VALUES ('Maison Lumière') RETURNING id)"
        " INSERT INTO company (account_id, legal_name, siren) SELECT id, 'Maison Lumière', '732829320' FROM a"
        " RETURNING id"
    )
    authority = DevelopmentAuthority(folder / "tls", folder / "authority")
    authority.ensure(now=datetime.now(UTC))
    port, tls_port, health_port, bank_port = free_ports(4)
    bank = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.sandbox.simulators.bank",
        cwd=_ROOT,
        env={"GUICHET_BANK_PORT": str(bank_port), "GUICHET_BANK_KEY_FILE": str(authority.issuer.key)},
    )
    log = folder / "frame.log"
    bus = await Bus.connect(nats.url("desk"), name="desk", inbox_prefix=inbox_prefix("desk"))
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "edge.cards",
            cwd=_ROOT,
            stdout=output,
            stderr=output,
            env={
                "GUICHET_NATS_URL": nats.url("cards"),
                "GUICHET_KEYS_DIR": str(folder / "keys"),
                "GUICHET_TLS_DIR": str(folder / "tls"),
                "GUICHET_FRAME_PORT": str(port),
                "GUICHET_FRAME_TLS_PORT": str(tls_port),
                "GUICHET_HEALTH_PORT": str(health_port),
                "GUICHET_CARD_FRAME_URL": f"http://localhost:{port}",
                "GUICHET_DIRECTORY_URL": f"http://localhost:{bank_port}",
                "GUICHET_ISSUER_CERTIFICATE": str(authority.issuer.certificate),
                "GUICHET_LOG_LEVEL": "debug",
            },
        )
    frame = CardFrame(
        pool,
        clock,
        company.bytes,
        f"http://localhost:{port}",
        f"https://localhost:{tls_port}",
        f"http://127.0.0.1:{health_port}",
        authority.authority_certificate,
        process,
        log,
        f"http://localhost:{bank_port}",
        authority.issuer.key,
        bus,
    )
    answering = _answer(frame, bus)
    try:
        await _wait_ready(frame)
        yield frame
    finally:
        for each in (process, bank):
            if each.returncode is None:
                each.terminate()
            await each.wait()
        await asyncio.gather(*answering, return_exceptions=True)
        await bus.close()
        await pool.close()


def _answer(frame: CardFrame, bus: Bus) -> set[asyncio.Task[None]]:
    """Answer as the desk's role does: what the slice hears, by its own handlers."""
    calendar = Calendar(frame.pool, frame.clock, is_movable=False)
    parts = Parts(frame.pool, frame.clock, bus, {}, queue_mail=queue_mail, calendar=calendar)
    heard = {one.request.subject: one for one in SLICE.frame(parts)}
    tasks: set[asyncio.Task[None]] = set()

    async def answer(one: HeardFrame, reply: str, payload: bytes) -> None:
        asked = msgspec.msgpack.decode(payload, type=one.request.asked)
        bus.publish(reply, msgspec.msgpack.encode(await one.handle(asked)))

    def on_message(subject: str, reply: str, payload: bytes) -> None:
        assert is_inbox_of("cards", reply)
        if not frame.is_desk_silent:
            task = asyncio.create_task(answer(heard[subject], reply, payload))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    for subject in heard:
        bus.subscribe(subject, on_message, "desk")
    return tasks


async def _wait_ready(frame: CardFrame) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=NO_AUTHORITIES) as client:
        for _ in range(int(_START_S / 0.05)):
            assert frame.process.returncode is None, frame.log.read_text()
            try:
                pages = [
                    await client.get(f"{url}/health/ready") for url in (frame.bank_url, frame.health_url)
                ]
                if all(page.status_code == httpx.codes.OK for page in pages):
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)
    raise TimeoutError(frame.log.read_text())
