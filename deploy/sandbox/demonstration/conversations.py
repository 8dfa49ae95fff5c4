"""What a customer of the demonstration has written to us: one form, which waits for an agent."""

from datetime import UTC, datetime
from typing import Final

import asyncpg

from core.conversations.talks import store
from core.identity.customers.store import find_credential

_WRITER: Final = "odette.martin@client.example"
_SUBJECT: Final = "Ma commande est incomplète"
_TEXT: Final = (
    "Bonjour,\nIl manque un article dans le colis. L'enseigne l'annule : mon échéancier va-t-il changer ?"
)


async def put_conversations(connection: asyncpg.Connection) -> None:
    """Write it, unless its customer has written anything; running it again changes nothing."""
    writer = await find_credential(connection, _WRITER)
    if writer is None or await store.list_of_customer(connection, writer.person_id):
        return
    now = datetime.now(UTC)
    made = await store.add_conversation(
        connection,
        customer_id=writer.person_id,
        channel="form",
        state="waiting",
        locale="fr",
        now=now,
        subject=_SUBJECT,
    )
    await store.add_message(connection, made, 1, author="customer", text=_TEXT, now=now)
