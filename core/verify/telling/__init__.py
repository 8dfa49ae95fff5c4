"""What customers and companies are told is what happened, once each (V15)."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from core.db.queries import load_beside
from core.values.ids import decode_id, encode_id
from core.verify.model import EXAMPLES_MAX, Finding, Said

_SQL: Final = load_beside(__file__)


async def check_notices(connection: asyncpg.Connection) -> Finding:
    """V15 notices: what happened to an order has its notice, and what was told has its mail until that is put away."""
    return await _judged(connection, Finding("V15 notices"), _SQL.notices_beside_events, datetime.now(UTC))


async def check_mails(connection: asyncpg.Connection) -> Finding:
    """V15 mails: each mail about an order says what its one notice says, to the address of the order."""
    named = [row["mail"] for row in await connection.fetch(_SQL.sent_from_journal)]
    sent = [UUID(bytes=decode_id("mail", each)) for each in named]
    return await _judged(connection, Finding("V15 mails"), _SQL.mails_beside_notices, sent)


async def check_webhooks(connection: asyncpg.Connection) -> Finding:
    """V15 webhooks: companies are told of what happened to their orders, at each endpoint that wants it."""
    return await _judged(connection, Finding("V15 webhooks"), _SQL.webhooks_beside_events, datetime.now(UTC))


async def _judged(
    connection: asyncpg.Connection, finding: Finding, statement: str, *arguments: Any
) -> Finding:
    row = await connection.fetchrow(statement, *arguments)
    assert row is not None
    finding.checked, finding.breaches = row["checked"], row["breaches"]
    finding.waiting = row.get("waiting", 0)
    found = [Said("order", {"id": encode_id("order", each.bytes)}) for each in row["examples"] or ()]
    finding.found = found[:EXAMPLES_MAX]
    return finding
