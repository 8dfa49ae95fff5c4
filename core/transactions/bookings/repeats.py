"""What a message says again: an advice, a completion or a refund, and its first sending.

A message is known by its terminal, type, own number, card, amount and currency (its body hash), and by what it names. Its
times, expiry, entry mode, kind of account and own reference may differ in a repeat, which may say more or less.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.payment import Authorise, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, ReversalFinding, State
from core.transactions.bookings import sendings, store
from core.transactions.bookings.clocks import (
    SaidAgain,
    Times,
    how_said_again,
    is_earlier,
    is_one_time,
    time_shown,
)
from core.transactions.bookings.messages import Elements, approval_code_in, reference_in, text_in
from core.transactions.bookings.naming import lock_original, may_be_ours
from core.transactions.bookings.rules import BOOKED_DAYS, REPEATED_WITHIN_DAYS, is_one_code
from core.transactions.bookings.store import Connection
from core.transactions.rules import REPEAT_DAYS
from core.values.clock import from_unix_us
from core.values.edition1987 import ORIGINAL_CLASSES
from core.values.ids import rrn_of

_ASKED_BEFORE: Final = (Kind.AUTHORISATION, Kind.PURCHASE)
_LIKE_FACTS: Final = (Kind.ADVICE, Kind.COMPLETION, *_ASKED_BEFORE)
"""What a fact may say again: another one, or what its terminal asked under that number before it decided alone."""

_FACT_DAYS: Final = (BOOKED_DAYS[0] - REPEATED_WITHIN_DAYS, BOOKED_DAYS[1])
"""Business dates of what a fact may repeat, in days around its arrival: its first came at most so many days before."""

_MOVED_NOTHING: Final = (State.DECLINED, State.UNKNOWN, State.REVERSED)
_DEBITED: Final = (State.APPROVED, State.CAPTURED, State.REFUNDED, State.SETTLED)


class First(NamedTuple):
    """What stands under a message's number. `is_same`: it is the message itself, said before, as far as anybody knows.

    `is_late`: its repeat comes so long after it that a person should look whether it is one.
    """

    row: asyncpg.Record
    is_same: bool
    is_late: bool = False


async def find_first(connection: Connection, asked: Authorise | Book) -> First | None:
    """Return what a message repeats, or may repeat, on whatever date that is, else what has its number.

    None: it is new. Whoever records it then has locked its number before (`sendings.lock_number`).
    """
    unclear = None
    for row in await _list_alike(connection, asked):
        likeness = await _compare(connection, asked, row)
        if likeness in ("same", "late"):
            return First(row, is_same=True, is_late=likeness == "late")
        if likeness == "unclear" and unclear is None:
            unclear = First(row, is_same=False)
    if unclear is not None:
        return unclear
    row = await sendings.find_by_key(connection, asked)
    if row is None:
        return None
    likeness = await _compare(connection, asked, row) if row["body_hash"] == asked.body_hash else "other"
    return First(row, likeness in ("same", "late"), is_late=likeness == "late")


async def _list_alike(connection: Connection, asked: Authorise | Book) -> list[asyncpg.Record]:
    is_fact = isinstance(asked, Book)
    arrived_at = from_unix_us(asked.received_at_us)
    around = arrived_at.date() if is_fact else date.fromordinal(asked.business_date)
    first, last = _FACT_DAYS if is_fact else REPEAT_DAYS
    times = times_of(asked)
    return await sendings.find_repeated(
        connection,
        asked,
        kinds=_LIKE_FACTS if is_fact else (Kind.REFUND,),
        days=(around + timedelta(days=first), around + timedelta(days=last)),
        # A clock that shows one time always says the same of all that it ever did.
        local_time=times.local if time_shown(times) == "local" else "",
        received_after=arrived_at - timedelta(days=REPEATED_WITHIN_DAYS),
    )


async def _compare(connection: Connection, asked: Authorise | Book, row: asyncpg.Record) -> SaidAgain:
    """Return whether what is alike is the message itself, whose first sending is read once, by its key.

    One of the two says that it is a repeat, or both show one time. A repeat that came before its first sending shows a
    later time than that. Where neither shows any, and where a repeat came long after, nobody knows.
    """
    is_fact = isinstance(asked, Book)
    ours, theirs = times_of(asked), Times(row["transmitted_at"], row["local_time"], row["business_date"])
    apart = from_unix_us(asked.received_at_us) - row["received_at"]
    timed = how_said_again(ours, theirs, repeat=asked.repeat, apart=apart)
    is_timed_alike = bool(is_one_time(ours, theirs))
    if timed == "unclear" and await _has_run_since(connection, asked, row):
        timed, is_timed_alike = "same", True
    first = await store.own_message_of(connection, row["id"].bytes, row["business_date"])
    if timed == "other":
        if text_in(first, 0)[3:] not in ("1", "5") or is_earlier(theirs, ours):
            return "other"
        if not is_earlier(ours, theirs):
            return "unclear"
        timed = how_said_again(ours, theirs, repeat=True, apart=apart)
    elif timed == "unclear" and not asked.repeat:
        return "unclear"
    is_asked_before = is_fact and row["kind"] in _ASKED_BEFORE
    if is_asked_before and row["state"] in _MOVED_NOTHING:
        return "other"  # What was sold off line instead is in no book yet.
    if is_fact and not _is_one_outcome(asked, row):
        return "unclear"
    if not (is_timed_alike and is_asked_before) and _says_another_code(asked, row, first):
        return "unclear"
    if timed == "unclear":
        return "unclear"
    if (
        is_fact
        and row["state"] == State.REVERSED
        and not is_timed_alike
        and not await _is_known(connection, asked, row)
    ):
        return "unclear"  # It may be a sale of its own, made after the void of the one that had its number.
    return "unclear" if await _names_another(connection, asked, row, first) else timed


async def _has_run_since(connection: Connection, asked: Authorise | Book, row: asyncpg.Record) -> bool:
    """Whether a clock that shows one time of both shows another one of what its terminal sent in between: it does not stand still."""
    shown = (time_shown(times_of(asked)), row["local_time"])
    return shown == ("local", asked.local_time) and await sendings.shows_another_time(connection, asked, row)


async def _is_known(connection: Connection, asked: Authorise | Book, row: asyncpg.Record) -> bool:
    """Whether a repeat shows the local time of its first or, told before that was taken back, the times of another repeat."""
    if time_shown(times_of(asked)) == "local" and asked.local_time == row["local_time"]:
        return True
    return await sendings.is_repeat_time(connection, asked, row)


def times_of(asked: Authorise | Book) -> Times:
    """Return what a message shows of when it was sent and when it happened."""
    return Times(asked.transmitted_at, asked.local_time, date.fromordinal(asked.business_date))


def _is_one_outcome(asked: Book, row: asyncpg.Record) -> bool:
    """Whether what is told now was told before: sold, or not; and approved whole where it was asked before."""
    if row["kind"] not in _ASKED_BEFORE:
        return bool(asked.declined_code) == (row["reason"] == Reason.DECLINED_AT_TERMINAL)
    if row["kind"] == Kind.AUTHORISATION and row["state"] == State.APPROVED:
        return False  # What was sold on a hold whose answer was lost: no day's end would capture that hold.
    return (
        not asked.declined_code
        and row["state"] in _DEBITED
        and row["stays_minor"] == row["approved_minor"] == asked.amount_minor
    )


def _says_another_code(asked: Authorise | Book, row: asyncpg.Record, first: Elements) -> bool:
    """Whether both say an approval code and the two differ. That of a refund's own row is its host's."""
    shown = row["approval_code"] if isinstance(asked, Book) else approval_code_in(first)
    return bool(asked.approval_code and shown and not is_one_code(asked.approval_code, shown))


async def _names_another(
    connection: Connection, asked: Authorise | Book, row: asyncpg.Record, first: Elements
) -> bool:
    """Whether a message names another original than its like did: what it names is looked for as if it were new.

    A reference of the terminal's own that is of nothing names nothing. What names nothing is no repeat of what did.
    """
    reference, named = asked.original_rrn.upper(), _named_in(first)
    said = (asked.original_message_class, asked.original_stan, asked.original_sent_at)
    is_said_so = (reference, said) == (reference_in(first), named)
    if first and is_said_so and asked.approval_code == approval_code_in(first):
        return False
    if isinstance(asked, Book) and asked.original_rrn:
        asked = msgspec.structs.replace(asked, kind=Kind.COMPLETION)
    match, original = await lock_original(connection, asked)
    if original is not None and original.id == row["id"].bytes:
        return False
    original_id = None if row["original_id"] is None else row["original_id"].bytes
    if original is not None and match.finding != ReversalFinding.NONE_STOOD:
        return original.id != original_id
    if original_id is not None:
        return reference != rrn_of(row["id"].bytes)
    if not first:
        return False
    if may_be_ours(asked) and reference not in (reference_in(first), rrn_of(row["id"].bytes)):
        return True
    return bool(asked.original_stan) and said != named


def _named_in(message: Elements) -> tuple[int, int, str]:
    """Return class, number and time of what a message names in data element 90; 0 and empty where it names nothing."""
    elements = text_in(message, 90)
    message_class, stan, sent_at = ORIGINAL_CLASSES.get(elements[:2]), elements[4:10], elements[10:20]
    if not message_class or not stan.isdigit() or not int(stan):
        return 0, 0, ""
    return message_class, int(stan), sent_at if sent_at.strip("0 ") else ""
