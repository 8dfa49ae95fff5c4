"""Statements of endpoints and deliveries as typed functions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.references import CompanyRef
from core.contracts.scope import Scope
from core.contracts.webhooks import (
    AddWebhookEndpoint,
    ChangeWebhookEndpoint,
    ListWebhookDeliveries,
    ListWebhookEndpoints,
    WebhookAttempt,
    WebhookDelivery,
    WebhookDeliveryDetail,
    WebhookEndpoint,
    WebhookKind,
    WebhookSecretDates,
)
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.values.clock import to_unix_us
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none
from core.webhooks.model import Answered, Leased

_SQL: Final = load_beside(__file__)


class GivenUp(NamedTuple):
    """An endpoint that was disabled because it fails."""

    company_id: bytes
    department: str
    company: str
    url: str


class SecretRow(NamedTuple):
    """A secret in use, sealed."""

    sealed: bytes
    made_at: datetime
    ends_at: datetime | None


# Deliveries, by the worker.


async def lease(
    connection: Connection,
    now: datetime,
    *,
    until: datetime,
    failing: bool,
    in_hand: Sequence[bytes],
    endpoints: int,
    of_each: int,
) -> list[Leased]:
    """Take what is due; nobody else takes it before the lease ends."""
    rows = await connection.fetch(
        _SQL.lease, now, until, failing, [uuid_of(each) for each in in_hand], endpoints, of_each
    )
    return [
        Leased(
            id=row["id"].bytes,
            endpoint_id=row["endpoint_id"].bytes,
            event_id=row["event_id"].bytes,
            attempts=row["attempts"],
            tries=row["tries"],
            url=row["url"],
            kind=row["kind"],
            facts=row["facts"].encode(),
            at=row["at"],
            sealed=row["sealed"],
        )
        for row in rows
    ]


async def note_attempt(
    connection: Connection, leased: Leased, answered: Answered, *, at: datetime, duration_ms: int
) -> None:
    """Write what an endpoint answered."""
    await connection.execute(
        _SQL.note_attempt,
        uuid_of(leased.id),
        leased.attempts,
        at,
        duration_ms,
        answered.outcome,
        answered.status,
        answered.answer,
    )


async def note_delivered(connection: Connection, leased: Leased, now: datetime) -> None:
    """Write that an endpoint has taken an event, and that it works."""
    await connection.execute(_SQL.note_delivered, uuid_of(leased.id), now)
    await connection.execute(_SQL.note_works, uuid_of(leased.endpoint_id))


async def note_not_delivered(
    connection: Connection, leased: Leased, answered: Answered, *, next_at: datetime | None, now: datetime
) -> datetime | None:
    """Write when to try again; None: never. Return since when the endpoint fails."""
    await connection.execute(_SQL.note_not_delivered, uuid_of(leased.id), leased.attempts, next_at, now)
    return await connection.fetchval(_SQL.note_fails, uuid_of(leased.endpoint_id), now, answered.outcome)


async def give_up(connection: Connection, endpoint_id: bytes, now: datetime, why: str) -> GivenUp | None:
    """Disable an endpoint; None when it is disabled already."""
    row = await connection.fetchrow(_SQL.give_up, uuid_of(endpoint_id), now, why)
    return row and GivenUp(row["company_id"].bytes, row["department"], row["legal_name"], row["url"])


# Endpoints.


async def list_endpoints(
    connection: Connection,
    scope: Scope,
    now: datetime,
    *,
    asked: ListWebhookEndpoints | None = None,
    endpoint_id: bytes | None = None,
    before: bytes | None = None,
) -> list[WebhookEndpoint]:
    """Return endpoints, newest first, one more than a page holds; or one."""
    rows = await connection.fetch(
        _SQL.endpoints,
        scope.parameter(),
        uuid_or_none(endpoint_id),
        uuid_or_none(asked and asked.company),
        asked and asked.state,
        uuid_or_none(before),
        1 if asked is None else asked.limit + 1,
        now,
    )
    return [_endpoint_of(row) for row in rows]


async def is_seen(connection: Connection, scope: Scope, endpoint_id: bytes) -> bool:
    """Return whether an endpoint is there for whoever sees this."""
    return await connection.fetchval(_SQL.endpoint_seen, scope.parameter(), uuid_of(endpoint_id)) is not None


async def lock_company(connection: Connection, scope: Scope, company_id: bytes) -> asyncpg.Record | None:
    """Lock a company that the caller sees; its name, and how many endpoints it has."""
    return await connection.fetchrow(_SQL.lock_company, scope.parameter(), uuid_of(company_id))


async def lock_endpoint(connection: Connection, scope: Scope, endpoint_id: bytes) -> asyncpg.Record | None:
    """Lock an endpoint of a company that the caller sees."""
    return await connection.fetchrow(_SQL.lock_endpoint, scope.parameter(), uuid_of(endpoint_id))


async def add_endpoint(connection: Connection, asked: AddWebhookEndpoint, now: datetime) -> bytes | None:
    """Insert an endpoint; None when the company has the address already."""
    made = await connection.fetchval(
        _SQL.add_endpoint,
        uuid_of(asked.company),
        asked.url,
        asked.description,
        list(dict.fromkeys(asked.kinds)),
        now,
    )
    return None if made is None else made.bytes


async def change_endpoint(connection: Connection, asked: ChangeWebhookEndpoint, now: datetime) -> bool:
    """Write every field; False when another endpoint of the company has the address."""
    if await connection.fetchval(_SQL.other_with_url, uuid_of(asked.id), asked.url) is not None:
        return False
    await connection.execute(
        _SQL.change_endpoint,
        uuid_of(asked.id),
        asked.url,
        asked.description,
        list(dict.fromkeys(asked.kinds)),
        now,
    )
    return True


async def disable_endpoint(connection: Connection, endpoint_id: bytes, now: datetime) -> None:
    """Send nothing more."""
    await connection.execute(_SQL.disable_endpoint, uuid_of(endpoint_id), now)


async def enable_endpoint(connection: Connection, endpoint_id: bytes, now: datetime) -> None:
    """Send again, first what waits."""
    await connection.execute(_SQL.enable_endpoint, uuid_of(endpoint_id), now)
    await connection.execute(_SQL.try_all_now, uuid_of(endpoint_id), now)


async def remove_endpoint(connection: Connection, endpoint_id: bytes, now: datetime) -> None:
    """Send nothing more, and drop what waits."""
    await connection.execute(_SQL.remove_endpoint, uuid_of(endpoint_id), now)
    await connection.execute(_SQL.drop_waiting, uuid_of(endpoint_id), now)


async def add_secret(connection: Connection, endpoint_id: bytes, sealed: bytes, now: datetime) -> None:
    """Insert a secret."""
    await connection.execute(_SQL.add_secret, uuid_of(endpoint_id), sealed, now)


async def secrets_in_use(connection: Connection, endpoint_id: bytes, now: datetime) -> list[SecretRow]:
    """Return the secrets in use, the newest first."""
    rows = await connection.fetch(_SQL.secrets_in_use, uuid_of(endpoint_id), now)
    return [SecretRow(row["sealed"], row["made_at"], row["ends_at"]) for row in rows]


async def end_secrets(connection: Connection, endpoint_id: bytes, ends_at: datetime) -> None:
    """Let every secret end then, unless it ends sooner."""
    await connection.execute(_SQL.end_secrets, uuid_of(endpoint_id), ends_at)


# Deliveries, as they are read.


async def list_deliveries(
    connection: Connection,
    scope: Scope,
    *,
    asked: ListWebhookDeliveries | None = None,
    delivery_id: bytes | None = None,
    before: bytes | None = None,
) -> list[asyncpg.Record]:
    """Return deliveries, newest first, one more than a page holds; or one."""
    return await connection.fetch(
        _SQL.deliveries,
        scope.parameter(),
        uuid_or_none(delivery_id),
        uuid_or_none(asked and asked.id),
        asked and asked.state,
        asked and asked.kind,
        uuid_or_none(before),
        1 if asked is None else asked.limit + 1,
    )


async def list_attempts(connection: Connection, delivery_id: bytes) -> list[WebhookAttempt]:
    """Return the last attempts, newest first."""
    rows = await connection.fetch(_SQL.attempts, uuid_of(delivery_id))
    return [
        WebhookAttempt(
            number=row["number"],
            at=timestamp(row["at"]),
            duration_ms=row["duration_ms"],
            outcome=row["outcome"],
            status=row["status"],
            answer=row["answer"],
        )
        for row in rows
    ]


async def lock_delivery(connection: Connection, scope: Scope, delivery_id: bytes) -> asyncpg.Record | None:
    """Lock a delivery of a company that the caller sees."""
    return await connection.fetchrow(_SQL.lock_delivery, scope.parameter(), uuid_of(delivery_id))


async def send_again(connection: Connection, delivery_id: bytes, now: datetime) -> None:
    """Set a delivery going as if for the first time."""
    await connection.execute(_SQL.send_again, uuid_of(delivery_id), now)


async def add_event_for(
    connection: Connection,
    endpoint_id: bytes,
    *,
    kind: WebhookKind,
    facts: Mapping[str, Any],
    at: datetime,
) -> bytes:
    """Tell one endpoint alone; return the delivery."""
    made: Any = await connection.fetchval(
        _SQL.add_event_for, uuid_of(endpoint_id), kind, msgspec.json.encode(facts).decode(), at
    )
    return made.bytes


def delivery_of(row: asyncpg.Record) -> WebhookDelivery:
    """Return a delivery as the API shows it."""
    return WebhookDelivery(**_delivery_fields(row))


def delivery_detail_of(row: asyncpg.Record, tries: list[WebhookAttempt]) -> WebhookDeliveryDetail:
    """Return a delivery with its body and its attempts."""
    body = msgspec.json.decode(body_of(kind=row["kind"], at=row["at"], facts=row["facts"].encode()))
    return WebhookDeliveryDetail(**_delivery_fields(row), body=body, tries=tries)


def body_of(*, kind: str, at: datetime, facts: bytes) -> bytes:
    """Return the body of the message that tells of an event, the same each time."""
    return msgspec.json.encode({"type": kind, "timestamp": timestamp(at), "data": msgspec.Raw(facts)})


def _delivery_fields(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": encode_id("webhook_delivery", row["id"].bytes),
        "event": encode_id("webhook_event", row["event_id"].bytes),
        "endpoint": encode_id("webhook_endpoint", row["endpoint_id"].bytes),
        "url": row["url"],
        "kind": row["kind"],
        "happened_at": timestamp(row["at"]),
        "state": row["state"],
        "attempts": row["attempts"],
        "next_try_at": timestamp(row["due_at"]) if row["state"] == "waiting" else None,
        "done_at": timestamp_or_none(row["done_at"]),
        "last_outcome": row["last_outcome"],
        "last_status": row["last_status"],
    }


def _endpoint_of(row: asyncpg.Record) -> WebhookEndpoint:
    fails = row["failing_since"] is not None
    return WebhookEndpoint(
        id=encode_id("webhook_endpoint", row["id"].bytes),
        company=CompanyRef(encode_id("company", row["company_id"].bytes), row["legal_name"]),
        url=row["url"],
        description=row["description"],
        kinds=row["kinds"],
        state="disabled" if row["disabled_at"] is not None else "failing" if fails else "active",
        failing_since=timestamp_or_none(row["failing_since"]),
        failing_why=row["failing_why"] or None,
        disabled_at=timestamp_or_none(row["disabled_at"]),
        disabled_why=row["disabled_why"],
        waiting=row["waiting"],
        secrets=[
            WebhookSecretDates(timestamp(made), timestamp_or_none(ends))
            for made, ends in zip(row["secrets_made"], row["secrets_end"], strict=True)
        ],
        made_at=timestamp(row["made_at"]),
        revision=to_unix_us(row["changed_at"]),
    )
