"""Reading and setting up to how much one person may act alone."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from core.contracts.approval_limits import ApprovalLimit, ApprovalLimits, SetLimit
from core.contracts.listing import Nothing, Written
from core.contracts.references import Money, PersonRef
from core.db.rows import Connection
from core.identity.api import Permission, SignedIn, WriteOnce, record_action, refuse_if_stale
from core.transactions.approvals.rules import alone_max_minor
from core.transactions.limits import store
from core.values.clock import Clock
from core.values.ids import encode_id
from core.values.revisions import revision_of
from core.values.timestamps import timestamp_or_none


class LimitHandlers:
    """Operations on the limits of what one person may do alone."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def limits(self, caller: SignedIn, _request: Nothing) -> ApprovalLimits:
        """Return every limit, to who decides on what is above."""
        rows = await store.list_limits(self._pool, caller.agent_id)
        may_change = caller.scope_of(Permission.GRANTS_WRITE).is_everything
        return ApprovalLimits([_limit_of(row, caller) for row in rows], may_change=may_change)

    async def set(self, caller: SignedIn, request: SetLimit) -> Written:
        """Set a limit, which is part of who may do what. It does not widen what its author may do alone.

        Raises: ChangedMeanwhile, KeyReused, StillRunning.
        """
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await _put(connection, caller, request, now)
            rows = await store.list_limits(connection, caller.agent_id)
            wanted = request.kind, request.amount.currency
            (row,) = [row for row in rows if (row["kind"], row["currency"]) == wanted]
            return msgspec.json.encode(_limit_of(row, caller))

        return await self._write(caller, request, effect)


async def _put(connection: Connection, caller: SignedIn, request: SetLimit, now: datetime) -> None:
    amount_minor, currency = request.amount.amount, request.amount.currency
    before, set_by = await store.lock_limit(connection, request.kind, currency)
    if (before, set_by) == (amount_minor, caller.agent_id):
        # A repeat. Somebody else who sets the same agrees with it: then it counts for its first author too.
        return
    await refuse_if_stale(
        connection,
        target_kind="limit",
        target_id=None,
        read=request.revision,
        present=0 if before is None else _revision_of(before, set_by),
    )
    await store.set_limit(
        connection,
        kind=request.kind,
        currency=currency,
        amount_minor=amount_minor,
        set_by=caller.agent_id,
        now=now,
    )
    await record_action(
        connection,
        agent_id=caller.agent_id,
        at=now,
        kind="limit.changed",
        target_kind="limit",
        target_id=None,
        facts={
            "limit": request.kind,
            "before_minor": before,
            "amount_minor": amount_minor,
            "currency": currency,
            "reason": request.reason,
        },
    )


def _limit_of(row: asyncpg.Record, caller: SignedIn) -> ApprovalLimit:
    kind: Any = row["kind"]
    yours = alone_max_minor(row["caller_minor"], caller.amount_max_of(Permission.TRANSACTIONS_REFUND))
    return ApprovalLimit(
        kind=kind,
        alone_max=Money(row["amount_minor"], row["currency"]),
        yours=Money(yours, row["currency"]),
        set_by=None
        if row["set_by"] is None
        else PersonRef(encode_id("agent", row["set_by"].bytes), row["set_by_name"] or ""),
        set_at=timestamp_or_none(row["set_at"]),
        revision=_revision_of(row["amount_minor"], row["set_by"] and row["set_by"].bytes),
    )


def _revision_of(amount_minor: int, set_by: bytes | None) -> int:
    return revision_of(amount_minor, set_by)
