"""Events enter with the change that they tell of, in the caller's transaction: nothing is told that was not committed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from asyncpg.pgproto.pgproto import UUID

from core.contracts import ids
from core.contracts.webhooks import WebhookKind
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of

FACTS_BYTES_MAX: Final = 16_384

_SQL: Final = load_beside(__file__)


class FactsTooLong(ValueError):
    """Facts of an event that no message would hold: a defect of the caller."""


class Told(NamedTuple):
    """One event. `facts` are what the API shows of the thing: identifiers in their public form, money, timestamps.

    A `once_key` tells one thing of a company once, however often it is written; empty tells it each time.
    """

    company_id: bytes
    kind: WebhookKind
    facts: Mapping[str, Any]
    at: datetime
    once_key: str = ""


async def tell(
    connection: Connection,
    *,
    company_id: bytes,
    kind: WebhookKind,
    facts: Mapping[str, Any],
    at: datetime,
    once_key: str = "",
) -> None:
    """Write an event for every endpoint of a company. Raises: FactsTooLong."""
    await tell_each(connection, [Told(company_id, kind, facts, at, once_key)])


async def listeners(connection: Connection, companies: Iterable[UUID]) -> set[UUID]:
    """Return those that are told of anything at all, for who would write the facts of thousands of events in vain."""
    rows = await connection.fetch(_SQL.listeners, list(companies))
    return {row["company_id"] for row in rows}


async def tell_each(connection: Connection, events: Sequence[Told]) -> None:
    """Write many events in one statement. Those of companies without an endpoint are not written. Raises: FactsTooLong."""
    if not events:
        return
    encoded = [msgspec.json.encode(ids.plain(event.facts)).decode() for event in events]
    if any(len(text) > FACTS_BYTES_MAX for text in encoded):
        raise FactsTooLong(f"the facts of an event take at most {FACTS_BYTES_MAX} bytes")
    await connection.execute(
        _SQL.tell,
        [uuid_of(event.company_id) for event in events],
        [event.kind for event in events],
        encoded,
        [event.at for event in events],
        [event.once_key for event in events],
    )
