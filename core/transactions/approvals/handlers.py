"""Asking, approving, refusing, withdrawing; and taking up again what a crash left under way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from core.bus import Bus
from core.contracts.approvals import (
    Approval,
    ApprovalPage,
    Approve,
    ListApprovals,
    OneApproval,
    Refuse,
    Withdraw,
)
from core.contracts.listing import Written
from core.contracts.refusals import Facts, NotFound, Refused
from core.identity.api import (
    EVERYTHING,
    Claim,
    Permission,
    SignedIn,
    doer_facts,
    find_doer,
    once,
    record_action,
    require,
)
from core.identity.errors import StillRunning
from core.transactions.acts import store as acts
from core.transactions.approvals import rules, store
from core.transactions.approvals.acting import ENGINE_TIMEOUT_S, carry_out
from core.transactions.approvals.errors import (
    AlreadyDecided,
    Expired,
    NotIndependent,
    NotYours,
)
from core.transactions.approvals.model import APPROVED_BY, StoredApproval
from core.transactions.approvals.taking_up import TAKE_UP_AFTER, TAKEN_UP_MAX, take_up_acts
from core.transactions.approvals.telling import tell_decided
from core.transactions.approvals.views import approval_of
from core.transactions.desk.errors import NotRefundable, RefundAboveCaptured
from core.transactions.desk.rules import refund_action
from core.transactions.desk.store import find_transaction
from core.transactions.desk.views import facts_of
from core.values.clock import Clock
from core.values.cursors import id_in, page_of
from core.values.ids import encode_id

_LOOK_EVERY_S: Final = 0.1

_DECIDED: Final = ("approval.approved", "approval.refused", "approval.withdrawn")

_log = structlog.get_logger("core.approvals")
_APPROVE: Final = Permission.TRANSACTIONS_REFUND_APPROVE


class ApprovalHandlers:
    """Operations on two-person acts."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, bus: Bus) -> None:
        self._pool = pool
        self._clock = clock
        self._bus = bus

    async def approvals(self, caller: SignedIn, request: ListApprovals) -> ApprovalPage:
        """Return what waits for the caller, what they asked or decided, or all that they may see.

        Raises: CursorMalformed.
        """
        now = self._clock.now()
        named: dict[str, Any] = {}
        scope = caller.scope_of(_APPROVE)
        if request.target is not None:
            scope = caller.scope_of(Permission.TRANSACTIONS_READ)
            named = {"target_id": request.target}
        elif request.view == "to_decide":
            named = {"waiting_at": now}
        elif request.view == "asked":
            named = {"asked_by": caller.agent_id}
        elif request.view == "decided":
            named = {"decided_by": caller.agent_id}
        rows = await store.list_approvals(
            self._pool,
            scope,
            caller=caller.agent_id,
            before=id_in("approval", request.cursor),
            limit=request.limit + 1,
            **named,
        )
        found = [approval_of(row, caller, now) for row in rows]
        return ApprovalPage(*page_of(found, request.limit, lambda last: (last.id,)))

    async def approval(self, caller: SignedIn, request: OneApproval) -> Approval:
        """Return one. Raises: NotFound."""
        return await self._one(caller, request.id)

    async def approve(self, caller: SignedIn, request: Approve) -> Written:
        """Approve what somebody else asked for; the act then runs once, however often this is repeated.

        Raises: NotPermitted, NotFound, OwnApproval, Expired, AlreadyDecided, AboveYourLimit, NotIndependent,
        RefundAboveCaptured, NotRefundable, KeyReused, StillRunning.
        """

        async def effect(claim: Claim) -> bytes:
            now = self._clock.now()
            async with self._pool.acquire() as connection, connection.transaction():
                approval = await self._lock_to_decide(connection, caller, request.id)
                repeated = rules.is_repeat(approval, agent_id=caller.agent_id)
                if not repeated:
                    await self._check(connection, caller, approval, now)
                    await self._check_remaining(connection, approval)
                    await store.decide(
                        connection,
                        approval_id=request.id,
                        state="approved",
                        decided_by=caller.agent_id,
                        now=now,
                        reason=request.reason,
                        result_id=claim.made_id(),
                    )
                    await _record(connection, caller, "approval.approved", approval, now, request.reason)
                    await tell_decided(connection, approval, "approved", by=caller.name, at=now)
            if not (repeated and await self._has_ended(caller, request.id)):
                await carry_out(self._pool, self._clock, self._bus, request.id, caller=caller.agent_id)
            return msgspec.json.encode(await self._one(caller, request.id))

        return await self._write(caller, request, effect)

    async def refuse(self, caller: SignedIn, request: Refuse) -> Written:
        """Refuse with a reason.

        Raises: NotPermitted, NotFound, OwnApproval, Expired, AlreadyDecided, KeyReused.
        """

        async def effect(_claim: Claim) -> bytes:
            now = self._clock.now()
            async with self._pool.acquire() as connection, connection.transaction():
                approval = await self._lock_to_decide(connection, caller, request.id)
                if not (approval.state == "refused" and approval.decided_by == caller.agent_id):
                    # Whoever may not approve so much may still say no.
                    rules.check_decision(
                        approval,
                        agent_id=caller.agent_id,
                        amount_max_minor=None,
                        now=now,
                        decided_by=await _decider(connection, approval),
                    )
                    await self._decide(connection, caller, approval, "refused", now, request.reason)
                    await tell_decided(connection, approval, "refused", by=caller.name, at=now)
            return msgspec.json.encode(await self._one(caller, request.id))

        return await self._write(caller, request, effect)

    async def withdraw(self, caller: SignedIn, request: Withdraw) -> Written:
        """Take back what the caller asked for.

        Raises: NotFound, NotYours, Expired, AlreadyDecided, KeyReused.
        """

        async def effect(_claim: Claim) -> bytes:
            now = self._clock.now()
            async with self._pool.acquire() as connection, connection.transaction():
                approval = await store.lock(
                    connection,
                    caller.scope_of(_APPROVE),
                    approval_id=request.id,
                    caller=caller.agent_id,
                )
                if approval is None:
                    raise NotFound
                if approval.asked_by != caller.agent_id:
                    raise NotYours
                match rules.state_at(approval.state, approval.expires_at, now):
                    case "waiting":
                        await self._decide(connection, caller, approval, "withdrawn", now, request.reason)
                    case "withdrawn":
                        pass
                    case "expired":
                        raise Expired
                    case decided:
                        raise AlreadyDecided(decided, await _decider(connection, approval))
            return msgspec.json.encode(await self._one(caller, request.id))

        return await self._write(caller, request, effect)

    async def take_up(self) -> int:
        """Carry out what was approved by somebody whose process then died; for the desk's round."""
        before = self._clock.now() - TAKE_UP_AFTER
        left = await store.list_left_under_way(self._pool, decided_before=before, limit=TAKEN_UP_MAX)
        for approval_id in left:
            try:
                await carry_out(self._pool, self._clock, self._bus, approval_id, caller=bytes(16))
            except Refused as refusal:
                _log.warning("approval_not_taken_up", code=refusal.problem.code)
        return len(left)

    async def take_up_acts(self) -> int:
        """Have the engine do what one person wanted while it was not there; for the desk's round."""
        return await take_up_acts(self._pool, self._clock, self._bus)

    async def _has_ended(self, caller: SignedIn, approval_id: bytes) -> bool:
        """Wait for whoever carries it out; False when nobody can be at it any more.

        Raises: NotFound, StillRunning.
        """
        waited_s = 0.0
        while waited_s < ENGINE_TIMEOUT_S:
            row = await self._row(caller, approval_id)
            if row["state"] != "approved":
                return True
            if self._clock.now() - row["decided_at"] >= TAKE_UP_AFTER:
                return False
            await asyncio.sleep(_LOOK_EVERY_S)
            waited_s += _LOOK_EVERY_S
        raise StillRunning

    async def _lock_to_decide(
        self, connection: asyncpg.pool.PoolConnectionProxy, caller: SignedIn, approval_id: bytes
    ) -> StoredApproval:
        approval = await store.lock(
            connection, caller.scope_of(_APPROVE), approval_id=approval_id, caller=caller.agent_id
        )
        # The asker is told why it is not theirs to decide, whatever else they may do.
        if approval is None or approval.asked_by != caller.agent_id:
            require(caller, _APPROVE)
        if approval is None:
            raise NotFound
        return approval

    async def _check(
        self,
        connection: asyncpg.pool.PoolConnectionProxy,
        caller: SignedIn,
        approval: StoredApproval,
        now: datetime,
    ) -> None:
        permission = APPROVED_BY[approval.kind]
        there = caller.within(approval.department, approval.store_id, approval.company_id, approval.service)
        rules.check_decision(
            approval,
            agent_id=caller.agent_id,
            amount_max_minor=there.amount_max_of(permission),
            now=now,
            decided_by=await _decider(connection, approval),
        )
        free_reach_minor = await acts.reach_of(
            connection,
            agent_id=caller.agent_id,
            permission=permission,
            store_id=approval.store_id,
            service=approval.service,
            not_from=approval.asked_by,
        )
        if free_reach_minor is None or free_reach_minor < approval.amount_minor:
            raise NotIndependent

    async def _check_remaining(
        self, connection: asyncpg.pool.PoolConnectionProxy, approval: StoredApproval
    ) -> None:
        """Look again: other refunds may have been made since it was asked. The engine has the last word."""
        row = await find_transaction(connection, EVERYTHING, approval.target_id)
        if row is None:
            raise NotFound
        action = refund_action(facts_of(row), permitted=True)
        if approval.amount_minor > action.max.amount:
            raise RefundAboveCaptured(remaining_minor=action.max.amount, currency=approval.currency)
        if not action.allowed:
            raise NotRefundable(action.why or "wrong_state")

    async def _decide(
        self,
        connection: asyncpg.pool.PoolConnectionProxy,
        caller: SignedIn,
        approval: StoredApproval,
        state: str,
        now: datetime,
        reason: str,
    ) -> None:
        await store.decide(
            connection,
            approval_id=approval.id,
            state=state,
            decided_by=caller.agent_id,
            now=now,
            reason=reason,
        )
        await _record(connection, caller, f"approval.{state}", approval, now, reason)

    async def _one(self, caller: SignedIn, approval_id: bytes) -> Approval:
        return approval_of(await self._row(caller, approval_id), caller, self._clock.now())

    async def _row(self, caller: SignedIn, approval_id: bytes) -> asyncpg.Record:
        rows: list[asyncpg.Record] = []
        for scope in (caller.scope_of(_APPROVE), caller.scope_of(Permission.TRANSACTIONS_READ)):
            rows = rows or await store.list_approvals(
                self._pool, scope, caller=caller.agent_id, approval_id=approval_id
            )
        if not rows:
            raise NotFound
        return rows[0]

    async def _write(
        self,
        caller: SignedIn,
        request: Approve | Refuse,
        effect: Callable[[Claim], Awaitable[bytes]],
    ) -> Written:
        return await once(self._pool, self._clock, caller, request, effect)


async def _decider(connection: asyncpg.pool.PoolConnectionProxy, approval: StoredApproval) -> Facts:
    """Return who decided it, and when; nothing while it waits."""
    if approval.decided_by is None:
        return {}
    doer = await find_doer(connection, approval.target_id, *_DECIDED)
    # The same payment may have had another approval since.
    return doer_facts(doer) if doer and doer.agent_id == approval.decided_by else {}


async def _record(
    connection: asyncpg.pool.PoolConnectionProxy,
    caller: SignedIn,
    kind: str,
    approval: StoredApproval,
    now: datetime,
    reason: str,
) -> None:
    await record_action(
        connection,
        agent_id=caller.agent_id,
        at=now,
        kind=kind,
        target_kind="transaction",
        target_id=approval.target_id,
        facts={
            "approval": encode_id("approval", approval.id),
            "amount_minor": approval.amount_minor,
            "currency": approval.currency,
            "asked_by": encode_id("agent", approval.asked_by),
            "reason": reason,
        },
    )
