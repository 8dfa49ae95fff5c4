"""What happens in the demonstration reaches the sandbox's receiver, signed with the secret that both were given."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from core.db.pool import open_pool
from core.webhooks.api import WebhookSettings, tell, webhook_settings
from core.webhooks.delivering import Deliverer
from core.webhooks.sending import Sender
from deploy.sandbox.demonstration.demonstration import COMPANIES
from deploy.sandbox.demonstration.webhooks import SandboxReceiver, put_receiver
from deploy.sandbox.process import HOST
from deploy.sandbox.receiver import Receiver
from observability.small_http import serve
from tests.integration.core.webhooks.directory import add_company
from tests.support.clocks import FixedClock
from tests.support.servers import TestDatabase


async def put(dsn: str, folder: Path, port: int, settings: WebhookSettings) -> SandboxReceiver:
    connection = await asyncpg.connect(dsn)
    receiver = SandboxReceiver.of(folder, port, settings)
    await put_receiver(connection, receiver)
    await connection.close()
    return receiver


async def test_an_event_of_the_demonstration_is_received_where_the_receiver_listens_now(
    database: TestDatabase, tmp_path: Path
) -> None:
    environment = {"GUICHET_DATA": str(tmp_path), "GUICHET_WEBHOOK_LOOPBACK": "allowed"}
    settings = webhook_settings(environment)
    pool = await open_pool(database.dsn, name="test")
    company = await add_company(pool, "123456782", COMPANIES[0].name)
    await put(database.dsn, tmp_path, 1, settings)  # at another port, the last time
    receiver = Receiver(tmp_path / "received", (tmp_path / "secrets" / "webhook-receiver").read_bytes)
    server = await serve(receiver.answer, host=HOST, port=0)
    port = server.sockets[0].getsockname()[1]
    await put(database.dsn, tmp_path, port, settings)
    assert await pool.fetchval("SELECT count(*) FROM webhook_endpoint") == 1
    now = datetime.now(UTC)
    await tell(pool, company_id=company, kind="order.activated", facts={"order": "ord_01"}, at=now)
    deliverer = Deliverer(
        pool, FixedClock(now), settings.seal, lambda: Sender(loopback=settings.loopback), failing=False
    )
    assert await deliverer.round() == 1
    assert await pool.fetchval("SELECT state FROM webhook_delivery") == "delivered"
    (kept,) = receiver.received()
    assert kept["message"]["data"] == {"order": "ord_01"}
    server.close()
    await pool.close()
