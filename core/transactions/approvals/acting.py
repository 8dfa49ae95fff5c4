"""Acts of people told to the engine, and an approved one carried out exactly once."""

from typing import Final

import asyncpg
import msgspec
import structlog

from core.bus import Bus, BusError
from core.contracts.payment import AuthoriseReply
from core.contracts.payment_acts import CARRY_OUT, CarryOut
from core.contracts.refusals import NotFound
from core.identity.api import EVERYTHING
from core.identity.errors import StillRunning
from core.identity.origin import CALLED_FROM
from core.transactions.acts import store as acts
from core.transactions.acts.model import REFUND, Act
from core.transactions.approvals import store
from core.values.clock import Clock

# The engine answers when the host has, or at the host's deadline.
ENGINE_TIMEOUT_S: Final = 12.0

_log = structlog.get_logger("core.desk")


async def ask_engine(bus: Bus, act_id: bytes) -> AuthoriseReply:
    """Have a recorded act carried out; return the engine's answer.

    Raises: StillRunning, when whether it happened is unknown.
    """
    try:
        payload = await bus.request(
            CARRY_OUT.subject, msgspec.msgpack.encode(CarryOut(act_id)), ENGINE_TIMEOUT_S
        )
    except BusError as error:
        # The claim and the act stay, and the same id is told again later.
        _log.warning("engine_silent", subject=CARRY_OUT.subject, error=error.code)
        raise StillRunning from error
    return msgspec.msgpack.decode(payload, type=AuthoriseReply)


async def carry_out(pool: asyncpg.Pool, clock: Clock, bus: Bus, approval_id: bytes, *, caller: bytes) -> None:
    """Do what was approved. Harmless to repeat: the id of what it makes was fixed with the decision.

    The engine ends the approval, in the commit that moves the money or says why it may not.
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
        act = Act(
            id=approval.result_id,
            kind=REFUND,
            agent_id=approval.decided_by,
            target_id=approval.target_id,
            target_date=approval.payload.original_date,
            amount_minor=approval.amount_minor,
            currency=approval.currency,
            reason=approval.reason,
            approval_id=approval_id,
            ip=CALLED_FROM.get(),
        )
        await acts.record(connection, act, clock.now())
    await ask_engine(bus, act.id)
