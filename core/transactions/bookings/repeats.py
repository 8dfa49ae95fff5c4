"""What a message says again: an advice, a completion or a refund, and its first sending.

A message is known by its terminal, type, own number, card, amount and currency (its body hash), and by what it names. Its
times, expiry, entry mode, kind of account and own reference may differ in a repeat, which may say more or less.
"""

from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import asyncpg

from core.contracts.payment import Authorise, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from core.transactions.bookings import store
from core.transactions.bookings.naming import may_be_ours
from core.transactions.bookings.rules import BOOKED_DAYS, REPEATED_WITHIN_DAYS
from core.transactions.bookings.store import Connection
from core.transactions.rules import REPEAT_DAYS
from core.values.clock import from_unix_us
from core.values.edition1987 import ORIGINAL_CLASSES
from core.values.ids import rrn_of

_FACTS: Final = (Kind.ADVICE, Kind.COMPLETION)
_FACT_DAYS: Final = (BOOKED_DAYS[0] - REPEATED_WITHIN_DAYS, BOOKED_DAYS[1])
"""Business dates of what a fact may repeat, in days around its arrival: its first came at most so many days before."""


class First(NamedTuple):
    """What stands under a message's number. `is_same`: it is the message itself, said before, as far as anybody knows."""

    row: asyncpg.Record
    is_same: bool


async def find_first(connection: Connection, asked: Authorise | Book) -> First | None:
    """Return what a message repeats, on whatever date that may be, else what has its number."""
    arrived_at = from_unix_us(asked.received_at_us)
    is_fact = isinstance(asked, Book)
    around = arrived_at.date() if is_fact else date.fromordinal(asked.business_date)
    first, last = _FACT_DAYS if is_fact else REPEAT_DAYS
    found = await store.find_repeated(
        connection,
        asked,
        kinds=_FACTS if is_fact else (Kind.REFUND,),
        days=(around + timedelta(days=first), around + timedelta(days=last)),
        received_after=arrived_at - timedelta(days=REPEATED_WITHIN_DAYS),
    )
    for row in found:
        if (asked.repeat or not row["too_old"]) and await _is_said_again(connection, asked, row):
            return First(row, not row["too_old"])
    row = await store.find_by_key(connection, asked)
    if row is None:
        return None
    is_alike = row["body_hash"] == asked.body_hash
    return First(row, is_alike and await _is_said_again(connection, asked, row))


async def has_first(connection: Connection, asked: Authorise | Book) -> bool:
    """Whether a message repeats what stands, or may do so: then nobody books it once more."""
    if not asked.repeat and not isinstance(asked, Book):
        return False  # Its key decides.
    first = await find_first(connection, asked)
    return first is not None and (first.is_same or bool(asked.repeat and first.row["too_old"]))


async def _is_said_again(connection: Connection, asked: Authorise | Book, row: asyncpg.Record) -> bool:
    """Whether what is alike is the message itself: one of the two says that it is a repeat, or both say one time.

    What the first sending said is read once, by its key.
    """
    is_book = isinstance(asked, Book)
    if is_book and bool(asked.declined_code) != (row["reason"] == Reason.DECLINED_AT_TERMINAL):
        return False
    is_claimed = asked.repeat or asked.local_time == row["local_time"]
    if not is_claimed and not is_book:
        return False
    first = await store.own_message_of(connection, row["id"].bytes, row["business_date"])
    if not is_claimed and str(first.get(0, ""))[3:] not in ("1", "5"):
        return False  # What came first is no repeat either, which may overtake its first sending.
    return not _names_another(asked, row, first)


def _names_another(asked: Authorise | Book, row: asyncpg.Record, first: dict[int, Any]) -> bool:
    """Whether a message names another original than its like did. A reference of the terminal's own names nothing."""
    reference, original_id = asked.original_rrn.upper(), row["original_id"]
    known = {rrn_of(one.bytes) for one in (row["id"], original_id) if one is not None}
    is_ours = may_be_ours(asked) and reference not in known
    if not is_ours and not asked.original_stan:
        return False
    if not first:
        return is_ours and original_id is not None
    if is_ours and reference != store.reference_in(first):
        return True
    if not asked.original_stan:
        return False
    named = _named_in(first)
    if named is None:
        return original_id is None
    return named != (asked.original_message_class, asked.original_stan)


def _named_in(message: dict[int, Any]) -> tuple[int, int] | None:
    """Return class and number of what a message names in data element 90."""
    elements = str(message.get(90, ""))
    message_class, stan = ORIGINAL_CLASSES.get(elements[:2]), elements[4:10]
    return (message_class, int(stan)) if message_class and stan.isdigit() and int(stan) else None
