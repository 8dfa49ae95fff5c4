"""What no statement can take: kept for a person to look at, and refused."""

from hashlib import blake2b
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from core.contracts.payment import REFUSED_FACT, AuthoriseReply, RefusedFact
from core.contracts.reasons import Reason
from core.transactions.bookings.rules import Times, moment_near, time_shown
from core.transactions.bookings.store import queries
from core.transactions.rules import REPEAT_WITHIN_S
from core.values.card_numbers import hide_card_numbers
from core.values.clock import from_unix_us
from core.values.ids import rrn_of

REFUSED_A_DAY_MAX: Final = 200
"""Of one terminal: beyond that it is broken, and a person sees it by those that are kept."""

_NAMING_ELEMENTS: Final = (2, 3, 38, 49, 90)
"""What tells a message from the next one under its number besides its amount: card, what is asked, what it names."""
_SENT_AT: Final = 7
_REPEATED: Final = ("1", "5")
"""The last digits of the types of repeats."""

_MINUTES: Final = 15

_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")

_log = structlog.get_logger("core.bookings")


async def keep_dead_letter(
    pool: asyncpg.Pool, subject: str, payload: bytes, error: BaseException | str
) -> bool:
    """Keep a message as it came, with why; return whether it is kept, without which nobody may be told."""
    try:
        async with pool.acquire() as connection:
            await connection.execute(
                queries.keep_dead_letter, "engine", subject, payload, hide_card_numbers(str(error))
            )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        _log.exception("dead_letter_not_kept", subject=subject)
        return False
    return True


async def keep_dead_letter_once(
    pool: asyncpg.Pool,
    subject: str,
    payload: bytes,
    *,
    why: str,
    terminal_id: bytes,
    named: str,
    times: Times,
    received_at_us: int,
    repeat: bool,
) -> None:
    """Keep what its terminal may repeat for days: once, by what `named` says it is about and the times that it shows.

    A repeat by its type (`repeat`) may bear other times than its first sending: within half a day it is known all the
    same. What shows no time, or one time of a clock under another time of sending, is kept each time: it may be a sale of
    its own. Of one terminal so many are kept in a day, whatever it sends, and the next one with a word that no more are.
    Raises what PostgreSQL says: nobody may be told of what is not kept.
    """
    about = f"{terminal_id.hex()} {_in_letters(named)}"
    async with pool.acquire() as connection:
        kept = await connection.fetchrow(
            queries.keep_dead_letter_once,
            "engine",
            subject,
            payload,
            f"{hide_card_numbers(why)}\n{about} {_in_letters(_moment_of(times) or str(received_at_us))}",
            about,
            terminal_id.hex(),
            REPEAT_WITHIN_S,
            REFUSED_A_DAY_MAX,
            f"more than {REFUSED_A_DAY_MAX} of this terminal in a day, and no more of them are kept: ",
            repeat,
        )
    if kept["made"]:
        return
    if kept["before"]:
        _log.info("dead_letter_known", subject=subject)
    else:
        _log.error("dead_letters_full", subject=subject, terminal=terminal_id.hex(), kept=kept["kept_before"])


def _moment_of(times: Times) -> str:
    """Return what tells a message from the next one by its times; empty where they tell nothing.

    A clock that stands still shows one time of two messages: the time of sending tells them apart, by the quarter of an
    hour, for what is sent again at once is stamped anew.
    """
    shown = time_shown(times)
    if shown != "local":
        return "" if shown is None else times.transmitted
    sent = moment_near(times.transmitted, times.day)
    return times.local if sent is None else f"{times.local} {sent:%d%H}{sent.minute // _MINUTES}"


def _in_letters(named: str) -> str:
    """Return what tells one message from others, without a digit: numbers side by side may look like a card's."""
    return blake2b(named.encode(), digest_size=16).hexdigest().translate(_LETTERS)


async def keep_refused_fact(pool: asyncpg.Pool, asked: RefusedFact) -> AuthoriseReply:
    """Keep for a person what a terminal did or took back and edge could not take; what it is told, edge knows."""
    said = _elements_of(asked.request)
    await keep_dead_letter_once(
        pool,
        REFUSED_FACT.subject,
        msgspec.msgpack.encode(asked),
        why=f"field {asked.field}: told {asked.response_code}",
        terminal_id=asked.terminal_id,
        # A repeat differs in the last digit of its type.
        named=f"{asked.message_type[:3]} {asked.stan} {asked.amount_minor} "
        + " ".join(said.get(number, "") for number in _NAMING_ELEMENTS),
        times=Times(said.get(_SENT_AT, ""), asked.local_time, from_unix_us(asked.received_at_us).date()),
        received_at_us=asked.received_at_us,
        repeat=asked.message_type[3:] in _REPEATED,
    )
    return refusal(asked)


def _elements_of(request: bytes) -> dict[int, str]:
    """Return what a masked message says, by data elements; empty where it cannot be read."""
    try:
        said: Any = msgspec.msgpack.decode(request)
    except msgspec.MsgspecError:
        return {}
    return {number: str(value) for number, value in said.items()} if isinstance(said, dict) else {}


def refusal(asked: Any) -> AuthoriseReply:
    """Return the answer to what was not done; `asked` has an id, or names an act."""
    asked_id: bytes = getattr(asked, "id", None) or asked.act_id
    return AuthoriseReply(asked_id, Reason.MESSAGE_REFUSED, "", 0, rrn_of(asked_id))
