"""The endpoint of the demonstration's first company: the sandbox's receiver, whose secret both know."""

from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from core.db.queries import load
from core.identity.api import load_or_make_key
from core.webhooks.api import WebhookSettings
from deploy.sandbox.demonstration.demonstration import COMPANIES

_SQL: Final = load(Path(__file__).with_name("webhooks.sql"))
KEY_NAME: Final = "webhook-receiver"


class SandboxReceiver(NamedTuple):
    """Where the receiver listens, and the secret that it checks signatures with."""

    port: int
    secret: bytes
    settings: WebhookSettings

    @classmethod
    def of(cls, folder: Path, port: int, settings: WebhookSettings) -> "SandboxReceiver":
        """Make the secret at first start. Raises: SettingRefused."""
        return cls(port, load_or_make_key(folder / "secrets" / KEY_NAME), settings)


async def put_receiver(connection: asyncpg.Connection, receiver: SandboxReceiver) -> None:
    """Add the endpoint, or lead it to where the receiver listens now."""
    url = f"http://127.0.0.1:{receiver.port}/hooks"
    endpoint = await connection.fetchval(_SQL.put_receiver, COMPANIES[0].name, url)
    if endpoint is None:
        return
    sealed = receiver.settings.seal.seal(endpoint.bytes, receiver.secret)
    await connection.execute(_SQL.put_receiver_secret, endpoint, sealed)
