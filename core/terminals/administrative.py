"""What terminals tell of themselves (0620), kept in their journal."""

from datetime import timedelta
from typing import Final

import asyncpg

from core.contracts.payment import AdministrativeAdvice, AuthoriseReply
from core.contracts.reasons import Reason
from core.db.queries import load_beside
from core.db.rows import uuid_of
from core.values.clock import from_unix_us

KNOWN_FOR: Final = timedelta(hours=12)
"""How long after it a repeat is the same message, whatever time it bears: then its number may come round again."""

KEPT_A_DAY_MAX: Final = 500
"""Of one terminal: beyond that it is broken, and is told to come again."""

_SQL: Final = load_beside(__file__)


async def keep_administrative_advice(pool: asyncpg.Pool, asked: AdministrativeAdvice) -> AuthoriseReply:
    """Keep what a terminal tells of itself, once for all its repeats; it is told so when it is kept and not before."""
    came_at = from_unix_us(asked.received_at_us)
    is_kept = await pool.fetchval(
        _SQL.keep_administrative_advice,
        uuid_of(asked.terminal_id),
        came_at,
        asked.stan,
        # A clock that was never set tells every message alike: those of one day are one.
        asked.local_time if asked.local_time[4:].strip("0") else f"{came_at:%m%d}000000",
        asked.text,
        asked.repeat,
        KNOWN_FOR,
        KEPT_A_DAY_MAX,
    )
    match is_kept:
        case None:
            reason = Reason.TERMINAL_UNKNOWN
        case True:
            reason = Reason.APPROVED
        case _:
            reason = Reason.SYSTEM_BUSY
    return AuthoriseReply(asked.id, reason, "", 0, "")
