"""A terminal or an agent takes an attempt back, whole or in part."""

import asyncio
from datetime import date, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.payment import AuthoriseReply, Reverse
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, ReversalFinding
from core.transactions.bookings import kept_reversals, store
from core.transactions.bookings.attempts import Standing, candidate_of
from core.transactions.bookings.clocks import NEAR_DAYS, day_there
from core.transactions.bookings.dead_letters import show_taken_back
from core.transactions.bookings.messages import elements_in, sent_at_in
from core.transactions.bookings.naming import (
    days_of,
    find_described,
    lock_own_of_reference,
    lock_referenced,
    may_be_ours,
)
from core.transactions.bookings.rules import (
    Candidate,
    Match,
    Said,
    TakenBack,
    Telling,
    came_just_before,
    find_said_before,
    find_stamped_anew,
    is_alike,
    is_like,
    is_numbered,
    judge_referenced,
    leaves_otherwise,
    may_be,
)
from core.transactions.bookings.store import Connection
from core.transactions.bookings.taking_back import take_back, take_back_part
from core.values.clock import from_unix_us
from core.values.ids import rrn_of

OLDER_ENDED_WITHIN_S = 2.0

_ADVISED: Final = {0: False, 2: True}
"""Whether a message was told, by the third digit of its type; else it was asked."""


class Looked(NamedTuple):
    """What a reversal is told. `is_mark`: nothing stands that it could mean, and what it means may still come."""

    reply: AuthoriseReply
    is_mark: bool = False


async def reverse(pool: asyncpg.Pool, asked: Reverse) -> AuthoriseReply:
    """Take back the attempt that the reversal describes; durable when this returns.

    What it says is kept beside what was found. Where nothing stands on any date, that row is the mark on which the
    original is refused should it still come; a part of nothing is refused instead, and sets no mark. Repeats get their
    first answer. What stands but is described otherwise is left alone: the terminal is told so, and a person finds it
    under what is to be checked.
    Raises: TimeoutError when payments that began before the mark do not end.
    """
    said = said_by(asked)
    async with pool.acquire() as connection, connection.transaction():
        if asked.date_in_utc and not said.sent_at:
            zone = await store.read_time_zone(connection, asked.terminal_id)
            said = said._replace(day=day_there(said.day, from_unix_us(asked.received_at_us), zone))
        looked = await _look(connection, asked, said)
        if not looked.is_mark:
            return looked.reply
        marked_in = await kept_reversals.current_transaction(connection)
    # A payment that was being recorded meanwhile could not see the mark: it is there once its statement has ended.
    async with asyncio.timeout(OLDER_ENDED_WITHIN_S):
        await kept_reversals.older_have_ended(pool, marked_in)
    async with pool.acquire() as connection, connection.transaction():
        return (await _look(connection, asked, said, again=True)).reply


def said_by(asked: Reverse) -> Said:
    """Return how a reversal describes its original."""
    return Said(
        sent_at=asked.original_sent_at,
        day=date.fromordinal(asked.original_business_date),
        reference=asked.original_rrn.upper(),
        amount_minor=asked.amount_minor if asked.amount_minor >= 0 else None,
        currency=asked.currency,
        card_fingerprint=asked.card.fingerprint if asked.card is not None else None,
        approval_code=asked.approval_code,
        stays_minor=max(asked.replacement_minor, 0),
    )


async def _look(connection: Connection, asked: Reverse, said: Said, *, again: bool = False) -> Looked:
    """Act on what the reversal names and keep both. `again`: what was being recorded when the mark was set has ended."""
    match, standing, alike = await _find(connection, asked, said)
    words_hash = _hash_of(asked, said)
    repeated = await _what_it_repeats(connection, asked, said, match, standing, again=again)
    if isinstance(repeated, Looked):
        return repeated
    if repeated is not None:
        match, standing, words_hash = repeated
    if match.finding == ReversalFinding.NONE_STOOD:
        standing = None
    if match.finding == ReversalFinding.NAMED and standing is not None:
        if asked.replacement_minor > 0:
            reason = await take_back_part(
                connection, standing, stays_minor=asked.replacement_minor, who="terminal"
            )
        else:
            reason = await take_back(connection, standing, cause=asked.cause, who="terminal")
    elif match.finding == ReversalFinding.NONE_STOOD:
        # "This much stays" is untrue where nothing stands: no mark, and the original goes its way should it come.
        reason = Reason.APPROVED if asked.replacement_minor <= 0 else Reason.REPLACEMENT_REFUSED
    else:
        reason = Reason.ORIGINAL_DISAGREES
    if reason == Reason.SYSTEM_BUSY:
        return Looked(_answer(asked, reason, standing))
    if (
        match.finding == ReversalFinding.NONE_STOOD
        and reason == Reason.APPROVED
        and await kept_reversals.are_marks_full(connection, asked, words_hash)
    ):
        # What comes under that number is compared with each of them: more than so many describe no payment. A person is
        # shown that once a day.
        words_hash = _hash(f"full {asked.original_message_class} {asked.original_stan} {said.day}")
        match, reason = Match(ReversalFinding.AMBIGUOUS, None), Reason.ORIGINAL_DISAGREES
    kept = await kept_reversals.keep(
        connection, asked, said, words_hash=words_hash, match=match, standing=standing, reason=reason
    )
    if kept is None:
        return Looked(_answer(asked, Reason.TERMINAL_UNKNOWN, None))
    # Other messages, which stay. A person sees them, should the terminal's clock have been wrong, or its type.
    for one in alike:
        if standing is None or one.id != standing.id:
            await store.add_doubt(connection, one, "like_one_reversed")
    if reason == Reason.ORIGINAL_DISAGREES:
        if standing is not None and kept == 0:
            await store.note(
                connection,
                standing.id,
                standing.business_date,
                EventKind.REVERSAL_REFUSED,
                state=standing.state,
                reason=standing.reason,
                cause=", ".join(match.differs) or "ambiguous",
                detail=msgspec.msgpack.encode([msgspec.Raw(asked.request)]),
            )
        return Looked(_answer(asked, reason, None))
    if standing is None:
        if reason == Reason.APPROVED:
            await show_taken_back(connection, asked, said)
        return Looked(_answer(asked, reason, None), is_mark=reason == Reason.APPROVED)
    reply = _answer(asked, reason, standing)
    if asked.replacement_minor > 0 and reason == Reason.APPROVED:
        reply.approved_minor = asked.replacement_minor
    return Looked(reply)


async def _find(
    connection: Connection, asked: Reverse, said: Said
) -> tuple[Match, Standing | None, list[Standing]]:
    """Return what the reversal names, locked: near the date that it says first, then on any date; and what is like it."""
    arrived_at = from_unix_us(asked.received_at_us)
    if asked.original_stan == 0:
        # No number: the reference alone names it, and all else must be true of it.
        named = await lock_own_of_reference(connection, asked)
        if len(named) != 1:
            return Match(ReversalFinding.AMBIGUOUS, None), named[0] if named else None, []
        own = await store.read_own_reference(connection, named[0])
        return judge_referenced(said, candidate_of(named[0], own)), named[0], []
    match, standing, alike = await find_described(
        connection,
        said,
        terminal_id=asked.terminal_id,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        arrived_at=arrived_at,
        is_ours=may_be_ours(asked),
        telling=await _telling(connection, asked),
    )
    if match.finding != ReversalFinding.NONE_STOOD:
        return match, standing, alike
    # Nothing under that number: a reference of ours still names a message of this terminal under another one.
    named = await lock_referenced(connection, asked)
    if named is None and all(abs((one.business_date - said.day).days) > NEAR_DAYS for one in alike):
        named = await _like_it_under_another_number(connection, asked, said)
    if named is not None:
        is_other_type = named.stan == asked.original_stan
        return (
            Match(ReversalFinding.DISAGREES, None, ("message_type" if is_other_type else "trace_number",)),
            named,
            [],
        )
    return match, standing, alike


async def _telling(connection: Connection, asked: Reverse) -> Telling:
    """Return what tells the message that is meant from others: sent again as a first message, it was sent when its mark was."""
    sent_at = sent_at_in(elements_in(asked.request))
    if asked.original_function == 0 and (first := await kept_reversals.read_own_mark(connection, asked)):
        sent_at = sent_at_in(elements_in(first))
    return Telling(_ADVISED.get(asked.original_function), sent_at, asked.repeat)


async def _like_it_under_another_number(
    connection: Connection, asked: Reverse, said: Said
) -> Standing | None:
    """Return what stands and was sent at the instant that is said, or just now under that number as another type.

    A person sees it: no payment of a terminal is sent in the second of another one, so the number or type is mistaken.
    """
    arrived_at = from_unix_us(asked.received_at_us)
    if not may_be_ours(asked):
        said = said._replace(reference="")  # The terminal's own, which it may give each message.
    day = said.day if said.sent_at else arrived_at.date()
    found = await kept_reversals.lock_sent_then(
        connection,
        terminal_id=asked.terminal_id,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        said=said,
        first=day - timedelta(days=NEAR_DAYS),
        last=day + timedelta(days=NEAR_DAYS),
    )
    for one in found:
        candidate = candidate_of(one)
        if said.sent_at and candidate.is_advice and _ADVISED.get(asked.original_function) is False:
            continue  # What its terminal did alone instead of what it asked, at that time: a person is shown the two.
        if is_like(said, candidate) and (said.sent_at or came_just_before(candidate, arrived_at)):
            return one
    return None


async def _what_it_repeats(
    connection: Connection,
    asked: Reverse,
    said: Said,
    match: Match,
    standing: Standing | None,
    *,
    again: bool,
) -> Looked | tuple[Match, Standing | None, int] | None:
    """Return the first answer of what is repeated here, or what is meant instead with a hash of its own; None: neither.

    A reversal is known by its own trace number and that of its original, then by what it says. A repeat by its type may
    say its times anew, more or less than before: what it says must be true of what was taken back, and it leaves as much.
    Under another number what says the same is a repeat only while nothing alike stands: without a time it is the second
    of two, and a repeat by its type may be of either. So may what was sent on another day under the same number, or as a
    repeat under another one. Where either may be meant it is refused, and a person sees it.
    """
    is_timed, is_named = bool(said.sent_at), match.finding == ReversalFinding.NAMED
    if is_timed and is_named and not asked.repeat and (standing is None or not standing.released_minor):
        return None  # Its time names one message, which is taken back once.
    arrived_at = from_unix_us(asked.received_at_us)
    taken_back = await kept_reversals.list_taken_back(
        connection,
        terminal_id=asked.terminal_id,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        arrived_at=arrived_at,
    )
    if (
        is_named
        and standing is not None
        and leaves_otherwise(
            taken_back,
            attempt_id=standing.id,
            stays_minor=said.stays_minor,
            own_stan=asked.stan,
            repeat=asked.repeat,
            arrived_at=arrived_at,
        )
    ):
        return (
            Match(ReversalFinding.DISAGREES, None, ("replacement",)),
            standing,
            _hash_of(asked, said, asked.stan),
        )
    if is_timed and is_named and not asked.repeat:
        return None
    first = find_said_before(said, taken_back, own_stan=asked.stan)
    is_its_own = first is not None and is_numbered(first, asked.stan)
    words_hash = _hash_of(asked, said, *(() if first is None else (asked.stan,)))
    anew = None
    if not is_its_own and (asked.repeat or first is None):
        anew = find_stamped_anew(
            said, taken_back, own_stan=asked.stan, repeat=asked.repeat, arrived_at=arrived_at
        )
    is_certain = anew is not None and asked.repeat and anew.own_stan == asked.stan
    if (
        anew is not None
        and (is_certain or first is None)
        and await _is_true_of(connection, asked, said, anew)
    ):
        if anew.said.stays_minor != said.stays_minor:
            one = await store.lock_by_id(connection, anew.attempt_id, anew.attempt_date)
            return Match(ReversalFinding.DISAGREES, None, ("replacement",)), one, words_hash
        if not is_certain:
            alike = await _alike_standing(connection, asked, said, taken_back)
            if alike:
                return Match(ReversalFinding.AMBIGUOUS, None), alike[-1], words_hash
        if is_certain and is_named and standing is not None and standing.id != anew.attempt_id:
            if came_just_before(candidate_of(standing), arrived_at):
                return Match(ReversalFinding.AMBIGUOUS, None), standing, words_hash
            await store.add_doubt(connection, standing, "like_one_repeated")
        return await _first_answer(connection, asked, said, anew, words_hash=words_hash, again=again)
    if first is None or (is_timed and is_named):
        return None
    alike = [] if is_timed else await _alike_standing(connection, asked, said, taken_back)
    if alike and is_its_own:
        await store.add_doubt(connection, alike[-1], "like_one_repeated")
    elif alike:
        is_second = len(alike) == 1 and not asked.repeat
        finding = ReversalFinding.NAMED if is_second else ReversalFinding.AMBIGUOUS
        return Match(finding, None), alike[-1], words_hash
    kept_as = None if is_its_own else words_hash
    return await _first_answer(connection, asked, said, first, words_hash=kept_as, again=again)


async def _is_true_of(connection: Connection, asked: Reverse, said: Said, first: TakenBack) -> bool:
    """Whether all that is said now is true of what a reversal took back; a reference of its own as where it is found."""
    one = await store.lock_by_id(connection, first.attempt_id, first.attempt_date)
    if one is None:
        return False
    candidate, said = await _compared(connection, asked, said, one)
    return may_be(said, candidate)


async def _alike_standing(
    connection: Connection, asked: Reverse, said: Said, taken_back: list[TakenBack]
) -> list[Standing]:
    """Return what a reversal without a time describes, stands, and of which nothing was taken back by its like."""
    arrived_at = from_unix_us(asked.received_at_us)
    first_day, last_day = days_of(said, arrived_at)
    found = await store.lock_named(
        connection,
        terminal_id=asked.terminal_id,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        first=first_day,
        last=last_day,
    )
    gone = {one.attempt_id for one in taken_back if one.said == said}
    alike: list[Standing] = []
    for one in found:
        candidate, as_said = await _compared(connection, asked, said, one)
        # One part is taken back of one payment.
        if (
            one.id not in gone
            and not (said.stays_minor and one.released_minor)
            and is_alike(as_said, candidate, arrived_at=arrived_at)
        ):
            alike.append(one)
    return alike


async def _compared(
    connection: Connection, asked: Reverse, said: Said, one: Standing
) -> tuple[Candidate, Said]:
    """Return a message and what is said of it: a reference of the terminal's own where it may contradict."""
    own = await store.read_own_reference(connection, one) if said.reference else ""
    if not may_be_ours(asked) and (said.sent_at or not own):
        said = said._replace(reference="")
    return candidate_of(one, own), said


async def _first_answer(
    connection: Connection,
    asked: Reverse,
    said: Said,
    first: TakenBack,
    *,
    words_hash: int | None,
    again: bool,
) -> Looked | None:
    """Return the answer of what is repeated; None where what it took back is gone.

    `words_hash`: under which it is kept where it tells no time, for it may be of what still comes; None: of nothing else.
    """
    if not again:
        await kept_reversals.count_repeat(connection, first.id, repeated_by=asked.id)
    standing = await store.lock_by_id(connection, first.attempt_id, first.attempt_date)
    if standing is None:
        return None
    reply = _answer(asked, Reason.APPROVED, standing)
    if asked.replacement_minor > 0:
        reply.approved_minor = asked.replacement_minor
    if said.sent_at or words_hash is None:
        return Looked(reply)
    # Its counter may have begun anew, and it has overtaken what it means: whoever sees that come is shown it.
    await kept_reversals.keep(
        connection,
        asked,
        said,
        words_hash=words_hash,
        match=Match(ReversalFinding.MAY_REPEAT, None),
        standing=None,
        reason=Reason.APPROVED,
    )
    return Looked(reply, is_mark=True)


def _hash_of(asked: Reverse, said: Said, *numbered: int) -> int:
    """Return 64 bits over all that a reversal says, under which it is kept once.

    `numbered`: its own trace number, where another one said the same.
    """
    words = (*said[:-1], said.stays_minor or None)
    return _hash("|".join(map(str, (asked.original_message_class, asked.original_stan, *words, *numbered))))


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def _answer(asked: Reverse, reason: Reason, standing: Standing | None) -> AuthoriseReply:
    return AuthoriseReply(
        asked.id,
        reason,
        standing.approval_code if standing else "",
        standing.approved_minor if standing else 0,
        rrn_of(standing.id if standing else asked.id),
    )
