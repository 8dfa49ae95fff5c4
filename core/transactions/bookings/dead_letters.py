"""What no statement can take: kept for a person to look at, and refused."""

from hashlib import blake2b
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec
import structlog
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import BOOK, REFUSED_FACT, AuthoriseReply, Book, RefusedFact, Reverse
from core.contracts.reasons import Reason
from core.contracts.states import ReversalFinding, State
from core.transactions.bookings.attempts import candidate_of_asked
from core.transactions.bookings.clocks import Times, moment_near, time_shown
from core.transactions.bookings.kept_reversals import judge_marks, marks_columns
from core.transactions.bookings.messages import (
    approval_code_in,
    elements_in,
    reference_in,
    sent_at_in,
    text_in,
)
from core.transactions.bookings.rules import Candidate, Said, find_named
from core.transactions.bookings.store import Connection, queries, read_time_zone
from core.transactions.rules import REPEAT_WITHIN_S
from core.values.card_numbers import hide_card_numbers
from core.values.clock import from_unix_us
from core.values.edition1987 import ORIGINAL_CLASSES
from core.values.ids import rrn_of
from core.values.money import NUMERIC_CODES

REFUSED_A_DAY_MAX: Final = 200
"""Of one terminal: beyond that it is broken, and a person sees it by those that are kept."""

_NAMING_ELEMENTS: Final = (2, 3, 38, 49, 90)
"""What tells a message from the next one under its number besides its amount: card, what is asked, what it names."""
_REPEATED: Final = ("1", "5")
"""The last digits of the types of repeats."""

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
        if kept["made"] is not None:
            await _show_taken_back_before(connection, kept["made"], subject, payload)
            return
    if kept["before"]:
        _log.info("dead_letter_known", subject=subject)
    else:
        _log.error("dead_letters_full", subject=subject, terminal=terminal_id.hex(), kept=kept["kept_before"])


def _moment_of(times: Times) -> str:
    """Return what tells a message from the next one by its times; empty where they tell nothing.

    A clock that stands still shows one time of two messages: the time of sending tells them apart, by the hour, for what is
    sent again is stamped anew, and one that nobody takes is sent again all day.
    """
    shown = time_shown(times)
    if shown != "local":
        return "" if shown is None else times.transmitted
    sent = moment_near(times.transmitted, times.day)
    return times.local if sent is None else f"{times.local} {sent:%d%H}"


def _in_letters(named: str) -> str:
    """Return what tells one message from others, without a digit: numbers side by side may look like a card's."""
    return blake2b(named.encode(), digest_size=16).hexdigest().translate(_LETTERS)


async def keep_refused_fact(pool: asyncpg.Pool, asked: RefusedFact) -> AuthoriseReply:
    """Keep for a person what a terminal did or took back and edge could not take; what it is told, edge knows."""
    said = elements_in(asked.request)
    await keep_dead_letter_once(
        pool,
        REFUSED_FACT.subject,
        msgspec.msgpack.encode(asked),
        why=f"field {asked.field}: told {asked.response_code}",
        terminal_id=asked.terminal_id,
        # A repeat differs in the last digit of its type.
        named=f"{asked.message_type[:3]} {asked.stan} {asked.amount_minor} "
        + " ".join(text_in(said, number) for number in _NAMING_ELEMENTS),
        times=Times(sent_at_in(said), asked.local_time, from_unix_us(asked.received_at_us).date()),
        received_at_us=asked.received_at_us,
        repeat=asked.message_type[3:] in _REPEATED,
    )
    return refusal(asked)


async def show_taken_back(connection: Connection, asked: Reverse, said: Said) -> None:
    """Say in what is kept aside that its terminal takes it back, compared as what is in the books."""
    arrived_at = from_unix_us(asked.received_at_us)
    # A reference of the terminal's own contradicts nothing beside a number and a time.
    as_said = said._replace(reference="") if said.sent_at else said
    rows = await connection.fetch(
        queries.list_letters, asked.terminal_id.hex(), BOOK.subject, REFUSED_FACT.subject
    )
    zone = await read_time_zone(connection, asked.terminal_id) if rows else ""
    for row in rows:
        if not _is_numbered(row["subject"], row["payload"], asked):
            continue
        kept = _kept(row["subject"], row["payload"])
        if kept is None:
            continue
        one = kept.described_by(said.card_fingerprint)._replace(time_zone=zone)
        if find_named(as_said, [one], arrived_at=arrived_at).finding == ReversalFinding.NAMED:
            await connection.execute(queries.mark_letter, row["id"], arrived_at)


class _BookNumber(msgspec.Struct, array_like=True, gc=False):
    """The first elements of a Book, read alone: what follows is passed over."""

    id: bytes
    terminal_id: bytes
    kind: int
    message_class: int
    stan: int


class _RefusedNumber(msgspec.Struct, array_like=True, gc=False):
    """The first elements of a RefusedFact."""

    id: bytes
    terminal_id: bytes
    message_type: str
    stan: int

    @property
    def message_class(self) -> int:
        """The class of its type, 0 for one that nothing refers to."""
        return ORIGINAL_CLASSES.get(self.message_type[:2], 0)


def _is_numbered(subject: str, payload: bytes, asked: Reverse) -> bool:
    """Whether a letter has the number that a reversal names: a terminal may have left hundreds."""
    try:
        one = msgspec.msgpack.decode(payload, type=_BookNumber if subject == BOOK.subject else _RefusedNumber)
    except msgspec.MsgspecError:
        return False
    return (one.message_class, one.stan) == (asked.original_message_class, asked.original_stan)


async def _show_taken_back_before(
    connection: Connection, letter_id: UUID, subject: str, payload: bytes
) -> None:
    """Say in what was kept aside just now that its terminal took it back before it came."""
    kept = _kept(subject, payload)
    if kept is None:
        return
    one = kept.candidate
    rows = await connection.fetch(
        queries.list_marks, *marks_columns(kept.terminal_id, kept.message_class, kept.stan, one)
    )
    for row in rows:
        if judge_marks([row], kept.described_by(row["card_fingerprint"]), repeat=False).is_taken_back:
            await connection.execute(queries.mark_letter, letter_id, one.received_at)


class _Kept(NamedTuple):
    """What is kept aside, as a reversal may describe it."""

    terminal_id: bytes
    message_class: int
    stan: int
    candidate: Candidate
    is_card_known: bool  # of what edge could not take, only the masked message is kept

    def described_by(self, card_fingerprint: int | None) -> Candidate:
        """Return it with the card that is said of it where its own is not known."""
        if self.is_card_known or card_fingerprint is None:
            return self.candidate
        return self.candidate._replace(card_fingerprint=card_fingerprint)


def _kept(subject: str, payload: bytes) -> _Kept | None:
    """Return what a letter holds; None where it cannot be read, or is nothing that a reversal takes back."""
    try:
        return _kept_of(
            msgspec.msgpack.decode(payload, type=Book if subject == BOOK.subject else RefusedFact)
        )
    except (msgspec.MsgspecError, ValueError):
        return None


def _kept_of(asked: Book | RefusedFact) -> _Kept | None:
    if isinstance(asked, Book):
        one = candidate_of_asked(asked)._replace(state=State.APPROVED)
        return _Kept(asked.terminal_id, asked.message_class, asked.stan, one, is_card_known=True)
    said, message_class = elements_in(asked.request), ORIGINAL_CLASSES.get(asked.message_type[:2])
    if not message_class or not asked.stan or asked.amount_minor < 0:
        return None
    arrived_at = from_unix_us(asked.received_at_us)
    moment = moment_near(asked.local_time, arrived_at.date())
    return _Kept(
        asked.terminal_id,
        message_class,
        asked.stan,
        Candidate(
            id=asked.id,
            business_date=arrived_at.date() if moment is None else moment.date(),
            state=State.APPROVED,
            amount_minor=asked.amount_minor,
            approved_minor=0,
            approved_first_minor=0,
            currency=NUMERIC_CODES.get(asked.currency, asked.currency),
            card_fingerprint=0,
            approval_code=approval_code_in(said),
            transmitted_at=sent_at_in(said),
            local_time=asked.local_time,
            own_reference=reference_in(said),
            received_at=arrived_at,
            time_zone="",
        ),
        is_card_known=False,
    )


def refusal(asked: Any) -> AuthoriseReply:
    """Return the answer to what was not done; `asked` has an id, or names an act."""
    asked_id: bytes = getattr(asked, "id", None) or asked.act_id
    return AuthoriseReply(asked_id, Reason.MESSAGE_REFUSED, "", 0, rrn_of(asked_id))
