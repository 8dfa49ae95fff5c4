"""Advices (approved offline by the terminal) and completions (which capture a hold)."""

from datetime import date
from typing import Final

import asyncpg
import msgspec

from core.contracts.payment import BOOK, AuthoriseReply, Book
from core.contracts.reasons import Reason
from core.contracts.states import (
    DeliveryKind,
    EventKind,
    Kind,
    Layer,
    LedgerOperation,
    ReversalFinding,
    State,
)
from core.transactions.bookings import kept_reversals, repeats, sendings, store
from core.transactions.bookings.attempts import Standing, attempt_of_booking, standing_of
from core.transactions.bookings.clocks import day_of_sending
from core.transactions.bookings.dead_letters import keep_dead_letter_once
from core.transactions.bookings.naming import OF_LATE, describes, lock_original, may_be_ours
from core.transactions.bookings.rules import Doubt, Match, doubts_of, is_bookable
from core.transactions.bookings.store import Connection
from core.transactions.rules import stored_answer
from core.values.clock import from_unix_us
from core.values.ids import rrn_of

_UNPLACED: Final[dict[int, str]] = {
    Reason.REPEAT_DIFFERS: "another message has its number",
    Reason.TERMINAL_UNKNOWN: "unknown terminal",
}
"""Why what happened is in no book, by what its terminal was told."""

MARK_HASH = 0
"""The body hash of a mark that an earlier version set for what had not come yet."""


async def book(pool: asyncpg.Pool, asked: Book) -> AuthoriseReply:
    """Book an advice or a completion once; a repeat gets the first answer, another body is refused.

    It has happened, so an old date or an absurd amount is booked all the same, for a person to look at. A date that
    cannot be believed is one of a clock that had stopped: it is booked under that of its arrival. What cannot be booked
    is kept for a person: nobody is refused what has happened without somebody being told.
    """
    if asked.gives_back and not asked.declined_code:
        await _keep_aside(pool, asked, "money given back off line")
        return _answer(asked, Reason.INVALID_TRANSACTION, 0)
    arrived_on = _arrived_on(asked)
    asked = await _dated(pool, asked, arrived_on)
    business_date = date.fromordinal(asked.business_date)
    if business_date.month != arrived_on.month:
        await store.ensure_month(pool, business_date)
    async with pool.acquire() as connection, connection.transaction():
        # What repeats it may come at the same moment, under another date.
        await sendings.lock_number(connection, asked)
        first = await repeats.find_first(connection, asked)
        reply = (
            await _record(connection, asked)
            if first is None
            else await _first_answer(connection, asked, first)
        )
        if reply is None:  # What its terminal asks under this number was being recorded.
            first = await repeats.find_first(connection, asked)
            reply = await _first_answer(connection, asked, first)
    if reply.reason in _UNPLACED:
        await _keep_aside(pool, asked, _UNPLACED[reply.reason])
    return reply


async def _record(connection: Connection, asked: Book) -> AuthoriseReply | None:
    if asked.declined_code:
        return await _record_decline(connection, asked)
    if asked.kind == Kind.COMPLETION or asked.approval_code:
        return await _complete(connection, asked)
    return await _book_offline(connection, asked)


async def _dated(pool: asyncpg.Pool, asked: Book, arrived_on: date) -> Book:
    """Return an advice under a day of its store: its own, else that on which it was sent, else that of its arrival there."""
    is_unreadable = asked.date_unreadable or not is_bookable(
        date.fromordinal(asked.business_date), arrived_on
    )
    if not is_unreadable and not asked.date_in_utc:
        return asked
    async with pool.acquire() as connection:
        zone = await store.read_time_zone(connection, asked.terminal_id)
    sent_at = "" if is_unreadable else asked.transmitted_at
    there = day_of_sending(sent_at, from_unix_us(asked.received_at_us), zone)
    return msgspec.structs.replace(asked, business_date=there.toordinal(), date_unreadable=is_unreadable)


async def _keep_aside(pool: asyncpg.Pool, asked: Book, why: str) -> None:
    """Keep for a person what happened and has no place in the books, once for all its repeats."""
    await keep_dead_letter_once(
        pool,
        BOOK.subject,
        msgspec.msgpack.encode(asked),
        why=why,
        terminal_id=asked.terminal_id,
        named=" ".join(
            map(
                str,
                (
                    asked.message_class,
                    asked.stan,
                    asked.body_hash,
                    asked.approval_code,
                    asked.original_message_class,
                    asked.original_stan,
                    asked.original_sent_at,
                    asked.original_rrn if may_be_ours(asked) else "",
                ),
            )
        ),
        times=repeats.times_of(asked),
        received_at_us=asked.received_at_us,
        repeat=asked.repeat,
    )


async def _book_offline(
    connection: Connection, asked: Book, *, refers: bool = False
) -> AuthoriseReply | None:
    """The payment has happened: it is booked whatever is blocked now, unless its reversal came before it.

    `refers`: it bears a reference that is of no message here.
    """
    new = attempt_of_booking(
        asked,
        state=State.APPROVED,
        reason=Reason.ADVICE_BOOKED,
        approved_minor=asked.amount_minor,
        original=None,
    )
    marked = await kept_reversals.find_marked(connection, new, repeat=asked.repeat)
    if marked.is_taken_back:
        return await _refuse(connection, asked, None, Reason.ALREADY_REVERSED)
    recorded = await store.insert(connection, new)
    if recorded is None:
        return None
    standing = standing_of(new, *recorded)
    await store.post(connection, standing, LedgerOperation.HOLD, Layer.PENDING, asked.amount_minor)
    await _owe(connection, standing, DeliveryKind.ADVICE)
    await _doubt(connection, asked, standing, marked.causes)
    since = standing.business_date - OF_LATE
    # Some terminals confirm what they had asked in a message of its own.
    if asked.approval_code and await store.is_paid_under_code(
        connection, standing, asked.approval_code, since
    ):
        await store.add_doubt(connection, standing, "like_one_paid")
    # Most such references are the terminal's own. Else it was a completion: of a payment lost here, or of this hold.
    if refers and (may_be_ours(asked) or await store.is_hold_open(connection, standing, since)):
        await store.add_doubt(connection, standing, "reference")
    return _answer(asked, Reason.APPROVED, asked.amount_minor)


async def _complete(connection: Connection, asked: Book) -> AuthoriseReply | None:
    match, original = await lock_original(connection, asked)
    if original is not None:
        asked = msgspec.structs.replace(asked, kind=Kind.COMPLETION)
    reason = _why_not(match, original, asked)
    if match.finding == ReversalFinding.NONE_STOOD:
        original = None  # What stands there instead is another message.
        if not asked.original_stan:
            # A reference of nobody's names nothing: the terminal numbers its own sales.
            return await _book_offline(
                connection, msgspec.structs.replace(asked, kind=Kind.ADVICE), refers=bool(asked.original_rrn)
            )
    if original is None or reason != Reason.APPROVED:
        return await _refuse(connection, asked, original, reason)
    new = attempt_of_booking(
        asked,
        state=State.APPROVED,
        reason=reason,
        approved_minor=asked.amount_minor,
        original=original,
    )
    marked = await kept_reversals.find_marked(connection, new, repeat=asked.repeat)
    if marked.is_taken_back:
        return await _refuse(connection, asked, original, Reason.ALREADY_REVERSED)
    recorded = await store.insert(connection, new)
    if recorded is None:
        return None
    await store.capture(connection, original, asked.amount_minor, cause="completion")
    standing = standing_of(new, *recorded)
    await _owe(connection, standing, DeliveryKind.COMPLETION)
    await _doubt(connection, asked, standing, marked.causes)
    return _answer(asked, Reason.APPROVED, asked.amount_minor)


async def _record_decline(connection: Connection, asked: Book) -> AuthoriseReply | None:
    """Record that its terminal sold nothing: nothing is booked, captured or told a host, and a hold that it names stays."""
    original = None
    if asked.kind == Kind.COMPLETION:
        match, original = await lock_original(connection, asked)
        if match.finding != ReversalFinding.NAMED:
            original = None
        if original is None and not asked.original_stan:
            asked = msgspec.structs.replace(asked, kind=Kind.ADVICE)
    return await _refuse(connection, asked, original, Reason.DECLINED_AT_TERMINAL)


async def _doubt(connection: Connection, asked: Book, standing: Standing, causes: tuple[Doubt, ...]) -> None:
    for cause in causes:
        await store.add_doubt(connection, standing, cause)
    allowance = await store.read_allowance(connection, asked.terminal_id)
    if allowance is None:
        return
    if asked.date_unreadable:
        await store.add_doubt(connection, standing, "date")
    for cause in doubts_of(
        business_date=standing.business_date,
        arrived_on=_arrived_on(asked),
        amount_minor=asked.amount_minor,
        amount_max_minor=allowance[0],
        currency=asked.currency,
        currency_expected=allowance[1],
    ):
        await store.add_doubt(connection, standing, cause)


def _arrived_on(asked: Book) -> date:
    return from_unix_us(asked.received_at_us).date()


async def _refuse(
    connection: Connection, asked: Book, original: Standing | None, reason: Reason
) -> AuthoriseReply | None:
    """Record what is not booked, with why; a person is shown it, unless its terminal took it back or never sold it."""
    new = attempt_of_booking(asked, state=State.DECLINED, reason=reason, approved_minor=0, original=original)
    if await store.insert(connection, new) is None:
        return None
    await store.note(
        connection,
        new.id,
        new.business_date,
        EventKind.REFUSED,
        state=State.DECLINED,
        reason=reason,
        cause=f"code {asked.declined_code}" if asked.declined_code else "",
    )
    if reason not in (Reason.ALREADY_REVERSED, Reason.DECLINED_AT_TERMINAL):
        await store.show_refused(connection, new.id, new.business_date, reason.name.lower())
    return _answer(asked, reason, 0)


def _why_not(match: Match, original: Standing | None, asked: Book) -> Reason:
    if match.finding == ReversalFinding.NONE_STOOD or original is None:
        return Reason.ORIGINAL_NOT_FOUND
    if match.finding != ReversalFinding.NAMED or not describes(asked, original):
        return Reason.ORIGINAL_DISAGREES
    if original.state == State.CAPTURED:
        return Reason.ALREADY_CAPTURED
    if original.kind != Kind.AUTHORISATION or original.state not in (
        State.APPROVED,
        State.PARTIALLY_APPROVED,
    ):
        return Reason.ORIGINAL_NOT_CAPTURABLE
    # A hold is captured with the card and in the currency that it was made with.
    if asked.card.fingerprint != original.card_fingerprint or asked.currency != original.currency:
        return Reason.ORIGINAL_DISAGREES
    if asked.card.expiry and original.card_expiry and asked.card.expiry != original.card_expiry:
        return Reason.ORIGINAL_DISAGREES
    if not 0 < asked.amount_minor <= original.approved_minor:
        return Reason.ORIGINAL_NOT_CAPTURABLE
    return Reason.APPROVED


async def _owe(connection: Connection, standing: Standing, kind: DeliveryKind) -> None:
    await store.owe(
        connection,
        standing.id,
        standing.business_date,
        kind,
        reason=standing.reason,
        amount_minor=standing.amount_minor,
        acquirer_id=standing.acquirer_id,
    )
    await store.note(
        connection,
        standing.id,
        standing.business_date,
        EventKind.BOOKED_OFFLINE,
        state=standing.state,
        reason=standing.reason,
    )


async def _first_answer(connection: Connection, asked: Book, first: repeats.First | None) -> AuthoriseReply:
    if first is None:
        return _answer(asked, Reason.TERMINAL_UNKNOWN, 0)
    row = first.row
    if row["body_hash"] != MARK_HASH and not first.is_same:
        # Another message under a number used before, or nobody knows: told 00 it would be lost.
        return AuthoriseReply(asked.id, Reason.REPEAT_DIFFERS, asked.approval_code, 0, "")
    if first.is_same:
        await sendings.keep_repeat_time(connection, asked, row, is_late=first.is_late)
    if row["state"] == State.REVERSED:
        reference = rrn_of(row["id"].bytes)
        return AuthoriseReply(asked.id, Reason.ALREADY_REVERSED, asked.approval_code, 0, reference)
    reason = stored_answer(row["state"], row["reason"])
    return AuthoriseReply(
        asked.id,
        Reason.APPROVED if reason == Reason.ADVICE_BOOKED else reason,
        row["approval_code"],
        row["approved_minor"],
        rrn_of(row["id"].bytes),
        row["host_code"],
        replayed=True,
    )


def _answer(asked: Book, reason: int, approved_minor: int) -> AuthoriseReply:
    return AuthoriseReply(asked.id, reason, asked.approval_code, approved_minor, rrn_of(asked.id))
