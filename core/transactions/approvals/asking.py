"""Asking for a second person, from where the act is asked for."""

from datetime import datetime

import asyncpg
import msgspec

from core.contracts.transactions import Refund
from core.identity.api import Permission, Scope, SignedIn, record_action
from core.transactions.approvals import store
from core.transactions.approvals.errors import AlreadyWaiting
from core.transactions.approvals.model import REFUND, RefundPayload
from core.transactions.approvals.rules import WAITS, alone_max_minor
from core.transactions.approvals.views import approval_of
from core.values.ids import encode_id, rrn_of


async def refund_alone_max_minor(pool: asyncpg.Pool, caller: SignedIn, original: asyncpg.Record) -> int:
    """Return up to how much of one payment this person may give back alone, by the rights held where it was paid."""
    institution = await store.find_limit(pool, REFUND, original["currency"], caller=caller.agent_id)
    there = caller.within(
        original["department"] or "",
        original["store_id"].bytes,
        original["company_id"].bytes,
        original["service"],
    )
    return alone_max_minor(institution, there.amount_max_of(Permission.TRANSACTIONS_REFUND))


async def ask_refund(
    pool: asyncpg.Pool,
    caller: SignedIn,
    original: asyncpg.Record,
    request: Refund,
    *,
    approval_id: bytes,
    now: datetime,
) -> bytes:
    """Write the wish with its trace and return it as JSON. Raises: AlreadyWaiting."""
    async with pool.acquire() as connection, connection.transaction():
        other = await store.ask(
            connection,
            approval_id=approval_id,
            kind=REFUND,
            target_id=request.id,
            store_id=original["store_id"].bytes,
            service=original["service"],
            payload=RefundPayload(original["business_date"], rrn_of(request.id)),
            amount_minor=request.amount.amount,
            currency=request.amount.currency,
            reason=request.reason,
            asked_by=caller.agent_id,
            now=now,
            expires_at=now + WAITS,
        )
        if other is not None:
            raise AlreadyWaiting(encode_id("approval", other))
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind="approval.asked",
            target_kind="transaction",
            target_id=request.id,
            facts={
                "approval": encode_id("approval", approval_id),
                "amount_minor": request.amount.amount,
                "currency": request.amount.currency,
                "reason": request.reason,
            },
        )
    shown = await find_asked(pool, caller, approval_id, now)
    assert shown is not None
    return shown


async def find_asked(pool: asyncpg.Pool, caller: SignedIn, approval_id: bytes, now: datetime) -> bytes | None:
    """Return what an earlier call asked for, as JSON; None when it asked for nothing."""
    rows = await store.list_approvals(pool, Scope(), caller=caller.agent_id, approval_id=approval_id)
    return msgspec.json.encode(approval_of(rows[0], caller, now)) if rows else None
