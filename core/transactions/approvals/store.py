"""Statements of two-person acts as typed functions."""

from datetime import datetime

import asyncpg
import msgspec

from core.contracts.permissions import Permission
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.identity.administration.rules import REGION_CODES, REGION_DEPARTMENTS
from core.transactions.approvals.model import RefundPayload, StoredApproval

_SQL = load_beside(__file__)


async def find_limit(connection: Connection, kind: str, currency: str, *, caller: bytes) -> int | None:
    """Return up to how much the institution lets this person act alone; None for a currency without a limit."""
    return await connection.fetchval(_SQL.find_limit, kind, currency, uuid_of(caller))


async def ask(
    connection: Connection,
    *,
    approval_id: bytes,
    kind: str,
    target_id: bytes,
    store_id: bytes,
    service: str,
    payload: RefundPayload,
    amount_minor: int,
    currency: str,
    reason: str,
    asked_by: bytes,
    now: datetime,
    expires_at: datetime,
) -> bytes | None:
    """Insert what is asked for; return the id of another one that waits for the same thing, if there is one."""
    await connection.execute(_SQL.lock_target, target_id.hex())
    waiting = await connection.fetchval(_SQL.find_waiting, uuid_of(target_id), kind, now)
    if waiting is not None:
        return None if waiting.bytes == approval_id else waiting.bytes
    await connection.execute(
        _SQL.ask,
        uuid_of(approval_id),
        kind,
        "transaction",
        uuid_of(target_id),
        uuid_of(store_id),
        service,
        msgspec.json.encode(payload).decode(),
        amount_minor,
        currency,
        reason,
        uuid_of(asked_by),
        now,
        expires_at,
    )
    return None


async def lock(
    connection: Connection, scope: Scope, *, approval_id: bytes, caller: bytes
) -> StoredApproval | None:
    """Lock one and return it; None when it is not the caller's to see."""
    row = await connection.fetchrow(
        _SQL.lock_approval, scope.parameter(), uuid_of(approval_id), uuid_of(caller)
    )
    return row and StoredApproval(
        id=row["id"].bytes,
        kind=row["kind"],
        target_id=row["target_id"].bytes,
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        reason=row["reason"],
        state=row["state"],
        asked_by=row["asked_by"].bytes,
        expires_at=row["expires_at"],
        decided_by=None if row["decided_by"] is None else row["decided_by"].bytes,
        result_id=None if row["result_id"] is None else row["result_id"].bytes,
        payload=payload_of(row),
        department=row["department"],
        store_id=row["store_id"].bytes,
        company_id=row["company_id"].bytes,
        service=row["service"],
    )


async def decide(
    connection: Connection,
    *,
    approval_id: bytes,
    state: str,
    decided_by: bytes,
    now: datetime,
    reason: str,
    result_id: bytes | None = None,
) -> None:
    """Write the decision on one that is locked and waits."""
    await connection.execute(
        _SQL.decide,
        uuid_of(approval_id),
        state,
        uuid_of(decided_by),
        now,
        reason,
        uuid_or_none(result_id),
    )


async def list_approvals(
    connection: Connection,
    scope: Scope,
    *,
    caller: bytes,
    approval_id: bytes | None = None,
    target_id: bytes | None = None,
    asked_by: bytes | None = None,
    decided_by: bytes | None = None,
    waiting_at: datetime | None = None,
    before: bytes | None = None,
    limit: int = 1,
) -> list[asyncpg.Record]:
    """Return rows, newest first."""
    return await connection.fetch(
        _SQL.list_approvals,
        scope.parameter(),
        uuid_of(caller),
        uuid_or_none(approval_id),
        uuid_or_none(target_id),
        uuid_or_none(asked_by),
        uuid_or_none(decided_by),
        waiting_at,
        uuid_or_none(before),
        limit,
        Permission.TRANSACTIONS_REFUND_APPROVE.value,
        REGION_CODES,
        REGION_DEPARTMENTS,
    )


async def list_left_under_way(connection: Connection, *, decided_before: datetime, limit: int) -> list[bytes]:
    """Return those that were approved and never ended."""
    rows = await connection.fetch(_SQL.left_under_way, decided_before, limit)
    return [row["id"].bytes for row in rows]


def payload_of(row: asyncpg.Record) -> RefundPayload:
    """Return the payload of a row."""
    return msgspec.json.decode(row["payload"], type=RefundPayload)
