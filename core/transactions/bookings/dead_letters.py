"""What no statement can take: kept for a person to look at, and refused."""

from typing import Any

import asyncpg
import structlog

from core.contracts.payment import AuthoriseReply
from core.contracts.reasons import Reason
from core.transactions.bookings.store import queries
from core.values.ids import rrn_of

_log = structlog.get_logger("core.bookings")


async def keep_dead_letter(
    pool: asyncpg.Pool, subject: str, payload: bytes, error: BaseException | str
) -> bool:
    """Keep a message as it came, with why; return whether it is kept, without which nobody may be told."""
    try:
        async with pool.acquire() as connection:
            await connection.execute(queries.keep_dead_letter, "engine", subject, payload, str(error))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        _log.exception("dead_letter_not_kept", subject=subject)
        return False
    return True


async def keep_dead_letter_once(pool: asyncpg.Pool, subject: str, payload: bytes, error: str) -> None:
    """Keep what its terminal may repeat for days: once, for `error` says what it is about.

    Raises what PostgreSQL says: nobody may be told of what is not kept.
    """
    async with pool.acquire() as connection:
        await connection.execute(queries.keep_dead_letter_once, "engine", subject, payload, error)


def refusal(asked: Any) -> AuthoriseReply:
    """Return the answer to what was not done; `asked` has an id, or names an act."""
    asked_id: bytes = getattr(asked, "id", None) or asked.act_id
    return AuthoriseReply(asked_id, Reason.MESSAGE_REFUSED, "", 0, rrn_of(asked_id))
