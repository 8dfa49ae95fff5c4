"""Acts of people that no engine was there for, asked again until there is one or they are too old."""

import asyncio
from datetime import timedelta
from typing import Final

import asyncpg
import structlog

from core.bus import Bus
from core.contracts.reasons import Reason
from core.identity.errors import StillRunning
from core.transactions.acts import store as acts
from core.transactions.acts.model import Act
from core.transactions.approvals.acting import ask_engine
from core.transactions.approvals.telling import tell_not_done
from core.values.clock import Clock

# Whoever acted waits for the engine no longer than ENGINE_TIMEOUT_S, well within it.
TAKE_UP_AFTER: Final = timedelta(seconds=30)
# What nobody could do for so long is not done behind the back of who wanted it then.
TAKE_UP_WITHIN: Final = timedelta(hours=1)
TAKEN_UP_MAX: Final = 20

_DONE: Final = (Reason.NONE, Reason.APPROVED)

_log = structlog.get_logger("core.acts")


async def take_up_acts(pool: asyncpg.Pool, clock: Clock, bus: Bus) -> int:
    """Have the engine end what was recorded and never carried out; return how many acts now have an outcome.

    The engine ends an act once, under its row's lock, whoever asks: a repeat is told the outcome.
    """
    now = clock.now()
    taken = await acts.take_up(pool, now, untouched_since=now - TAKE_UP_AFTER, limit=TAKEN_UP_MAX)
    ended = await asyncio.gather(
        *(
            _give_up(pool, clock, act)
            if now - recorded_at >= TAKE_UP_WITHIN
            else _ask_again(pool, clock, bus, act)
            for act, recorded_at in taken
        )
    )
    return sum(ended)


async def _ask_again(pool: asyncpg.Pool, clock: Clock, bus: Bus, act: Act) -> bool:
    try:
        reply = await ask_engine(bus, act.id)
    except StillRunning:
        return False
    if reply.reason not in _DONE:
        await tell_not_done(pool, act, at=clock.now())
    _log.info("act_taken_up", trace_id=act.id.hex(), reason=reply.reason)
    return True


async def _give_up(pool: asyncpg.Pool, clock: Clock, act: Act) -> bool:
    """End it as not done, and tell whoever wanted it, in one commit."""
    async with pool.acquire() as connection, connection.transaction():
        if await acts.lock(connection, act.id) is not None:
            return False
        await acts.end(connection, act, Reason.SYSTEM_BUSY, done=False, now=clock.now())
        await tell_not_done(connection, act, at=clock.now())
    _log.warning("act_given_up", trace_id=act.id.hex())
    return True
