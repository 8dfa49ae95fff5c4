"""What agents ask of the engine, and an approved act carried out exactly once."""

from typing import Final

import asyncpg
import msgspec
import structlog

from core.bus import Bus, BusError
from core.contracts.agent_actions import REFUND_SUBJECT, CancelByAgent, RefundByAgent
from core.contracts.payment import AuthoriseReply
from core.contracts.refusals import NotFound
from core.identity.api import EVERYTHING, record_action
from core.identity.errors import StillRunning
from core.transactions.approvals import store
from core.transactions.desk.store import find_transaction
from core.transactions.desk.views import reason_code
from core.values.clock import Clock
from core.values.ids import encode_id

# The engine answers when the host has, or at the host's deadline.
ENGINE_TIMEOUT_S: Final = 12.0

_log = structlog.get_logger("core.desk")


async def ask_engine(bus: Bus, subject: str, order: RefundByAgent | CancelByAgent) -> AuthoriseReply:
    """Return the engine's answer. Raises: StillRunning, when whether it happened is unknown."""
    try:
        payload = await bus.request(subject, msgspec.msgpack.encode(order), ENGINE_TIMEOUT_S)
    except BusError as error:
        # The claim stays and the same order is repeated later.
        _log.warning("engine_silent", subject=subject, error=error.code)
        raise StillRunning from error
    return msgspec.msgpack.decode(payload, type=AuthoriseReply)


async def carry_out(pool: asyncpg.Pool, clock: Clock, bus: Bus, approval_id: bytes, *, caller: bytes) -> None:
    """Do what was approved. Harmless to repeat: the id of what it makes was fixed with the decision.

    Raises: NotFound, StillRunning.
    """
    async with pool.acquire() as connection, connection.transaction():
        approval = await store.lock(connection, EVERYTHING, approval_id=approval_id, caller=caller)
    if approval is None:
        raise NotFound
    if approval.state != "approved":
        return
    assert approval.result_id is not None
    assert approval.decided_by is not None
    reply = await ask_engine(
        bus,
        REFUND_SUBJECT,
        RefundByAgent(
            id=approval.result_id,
            original_id=approval.target_id,
            original_date=approval.payload.original_date.toordinal(),
            amount_minor=approval.amount_minor,
            currency=approval.currency,
            reason_text=approval.reason,
            agent_id=approval.decided_by,
        ),
    )
    made = await find_transaction(pool, EVERYTHING, approval.result_id) is not None
    now = clock.now()
    async with pool.acquire() as connection, connection.transaction():
        code = "" if made else reason_code(reply.reason)
        state = "done" if made else "failed"
        if not await store.end(connection, approval_id=approval_id, state=state, code=code, now=now):
            return
        await record_action(
            connection,
            agent_id=approval.decided_by,
            at=now,
            kind="transaction.refunded" if made else "approval.failed",
            target_kind="transaction",
            target_id=approval.target_id,
            facts={
                "approval": encode_id("approval", approval_id),
                "refund": encode_id("transaction", approval.result_id),
                "amount_minor": approval.amount_minor,
                "asked_by": encode_id("agent", approval.asked_by),
                "reason": approval.reason,
            }
            | ({} if made else {"code": code}),
        )
