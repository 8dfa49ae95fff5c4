"""A terminal or an agent takes an attempt back, whole or in part."""

import asyncio
from datetime import date, timedelta
from hashlib import blake2b

import asyncpg
import msgspec

from core.contracts.payment import AuthoriseReply, Reverse
from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, EventKind, Kind, Layer, Operation, ReversalFinding, State
from core.transactions.bookings import store
from core.transactions.bookings.naming import days_of, find_described, lock_referenced
from core.transactions.bookings.rules import (
    NEAR_DAYS,
    REPEATED_WITHIN_DAYS,
    Candidate,
    Match,
    Said,
    came_just_before,
    find_alike,
    find_named,
    is_like,
    may_be,
)
from core.transactions.bookings.store import Connection, KeptReversal, Standing
from core.values.clock import from_unix_us
from core.values.ids import rrn_of

OLDER_ENDED_WITHIN_S = 2.0
OLDER_POLL_S = 0.005

_PARTLY_REVERSIBLE = frozenset({Kind.AUTHORISATION, Kind.PURCHASE, Kind.ADVICE})
_HELD = (State.APPROVED, State.PARTIALLY_APPROVED)

REPLACED_PART = 1
"""The part under which a release in part is booked; the release of the rest is part 0."""


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
        reply = await _look(connection, asked, said, note_alike=True)
        if reply is not None:
            return reply
        marked_in = await store.current_transaction(connection)
    # A payment that was being recorded meanwhile could not see the mark: it is there once its statement has ended.
    async with asyncio.timeout(OLDER_ENDED_WITHIN_S):
        while not await store.older_have_ended(pool, marked_in):  # noqa: ASYNC110 -- PostgreSQL calls nobody.
            await asyncio.sleep(OLDER_POLL_S)
    async with pool.acquire() as connection, connection.transaction():
        return await _look(connection, asked, said, note_alike=False) or _answer(asked, Reason.APPROVED, None)


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
    )


async def _look(
    connection: Connection, asked: Reverse, said: Said, *, note_alike: bool
) -> AuthoriseReply | None:
    """Act on what the reversal names and keep both; None: nothing stands, and the mark is set."""
    match, standing = await _find(connection, asked, said)
    words = _hash_of(asked, said)
    repeated = await _what_it_repeats(connection, asked, said, match, standing)
    if isinstance(repeated, AuthoriseReply):
        return repeated
    if repeated is not None:
        match = repeated
    elif not said.sent_at:
        one = await _which_of_two(connection, asked, said, words)
        if isinstance(one, AuthoriseReply):
            return one
        if one is not None:
            match, standing, words = one
    if match.finding != ReversalFinding.NAMED:
        # What it took back has ended, so it may not find that again: a repeat gets its first answer.
        taken_back = await store.repeat_kept_reversal(
            connection, asked.id, terminal_id=asked.terminal_id, words_hash=words
        )
        if taken_back is not None:
            return _first_answer(asked, taken_back)
    alike = None
    if match.finding == ReversalFinding.NONE_STOOD:
        alike, standing = standing, None
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
        return _answer(asked, reason, standing)
    kept = await store.keep_reversal(connection, _kept(asked, said, match, standing, reason, words))
    if kept is None:
        return _answer(asked, Reason.TERMINAL_UNKNOWN, None)
    if alike is not None and note_alike and kept == 0 and reason == Reason.APPROVED:
        # Another message, which stays. A person sees both, should the terminal's clock have been wrong.
        await store.add_doubt(connection, alike, "like_one_reversed")
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
        return _answer(asked, reason, None)
    if standing is None:
        return None if reason == Reason.APPROVED else _answer(asked, reason, None)
    reply = _answer(asked, reason, standing)
    if asked.replacement_minor > 0 and reason == Reason.APPROVED:
        reply.approved_minor = asked.replacement_minor
    return reply


async def _find(connection: Connection, asked: Reverse, said: Said) -> tuple[Match, Standing | None]:
    """Return what the reversal names, locked: near the date that it says first, then on any date."""
    arrived_at = from_unix_us(asked.received_at_us)
    if asked.original_stan == 0:
        # No number: the reference alone names it, and all else must be true of it.
        named = await lock_referenced(connection, asked)
        if named is None:
            return Match(ReversalFinding.AMBIGUOUS, None), None
        return find_named(said, [store.candidate_of(named)], arrived_at=arrived_at), named
    match, standing = await find_described(
        connection,
        said,
        terminal_id=asked.terminal_id,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        arrived_at=arrived_at,
    )
    if match.finding != ReversalFinding.NONE_STOOD:
        return match, standing
    # Nothing under that number: a reference of ours still names a message of this terminal under another one.
    named = await lock_referenced(connection, asked)
    if named is None and standing is None:
        named = await _like_it_under_another_number(connection, asked, said)
    if named is not None:
        is_other_type = named.stan == asked.original_stan
        return (
            Match(ReversalFinding.DISAGREES, None, ("message_type" if is_other_type else "trace_number",)),
            named,
        )
    return match, standing


async def _like_it_under_another_number(
    connection: Connection, asked: Reverse, said: Said
) -> Standing | None:
    """Return what stands and was sent at the very time that is said, or just now under that number as another type.

    A person sees it: no payment of a terminal is sent in the second of another one, so the number or type is mistaken.
    """
    arrived_at = from_unix_us(asked.received_at_us)
    day = said.day if said.sent_at else arrived_at.date()
    found = await store.lock_sent_then(
        connection,
        terminal_id=asked.terminal_id,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        sent_at=said.sent_at,
        first=day - timedelta(days=NEAR_DAYS),
        last=day + timedelta(days=NEAR_DAYS),
    )
    for one in found:
        candidate = store.candidate_of(one)
        if is_like(said, candidate) and (said.sent_at or came_just_before(candidate, arrived_at)):
            return one
    return None


async def _what_it_repeats(
    connection: Connection, asked: Reverse, said: Said, match: Match, standing: Standing | None
) -> AuthoriseReply | Match | None:
    """Return the first answer of what a message that says itself a repeat repeats, whatever it says otherwise.

    Its first is known by its own number and that of its original: a terminal may stamp a repeat anew, with the date of
    the day on which it sends it, or say more or less than before. What is said must be true of what was taken back. Where
    it is as true of what came just before and stands, either may be meant: it is refused, and a person sees it.
    """
    if not asked.repeat:
        return None
    first = await store.find_first_sending(
        connection,
        terminal_id=asked.terminal_id,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        own_stan=asked.stan,
        arrived_at=from_unix_us(asked.received_at_us),
        days=REPEATED_WITHIN_DAYS,
    )
    if first is None or first.replacement_minor != max(asked.replacement_minor, 0):
        return None
    if first.words_hash in (_hash_of(asked, said), _hash_of(asked, said, asked.stan)):
        return None  # It says the same, which is known by that.
    taken_back = await store.lock_by_id(connection, first.attempt_id, first.attempt_date)
    if taken_back is None or not may_be(said, await _as_described(connection, said, taken_back)):
        return None
    if match.finding == ReversalFinding.NAMED and standing is not None and standing.id != taken_back.id:
        if came_just_before(store.candidate_of(standing), from_unix_us(asked.received_at_us)):
            return Match(ReversalFinding.AMBIGUOUS, None)
        await store.add_doubt(connection, standing, "like_one_repeated")
    await store.repeat_kept_reversal(
        connection, asked.id, terminal_id=asked.terminal_id, words_hash=first.words_hash
    )
    return _first_answer(asked, taken_back)


async def _as_described(connection: Connection, said: Said, one: Standing) -> Candidate:
    """Return a message to compare with, with the reference of its terminal where one is said that is not ours."""
    is_own = bool(said.reference) and said.reference != rrn_of(one.id)
    return store.candidate_of(one, await store.read_own_reference(connection, one) if is_own else "")


async def _which_of_two(
    connection: Connection, asked: Reverse, said: Said, words: int
) -> AuthoriseReply | tuple[Match, Standing | None, int] | None:
    """Tell the second of two reversals without a time that say the same from a repeat of the first.

    Their numbers differ. Where they do not, it is the repeat: it gets the first answer, with the reference of what was
    taken back, and a person is shown the payment that is like it and stands. A repeat by its type under another number
    may be of either: it is refused, and a person sees it. None: nothing alike was taken back, or nothing alike stands.
    """
    numbered = _hash_of(asked, said, asked.stan)
    for each in (numbered, words):
        first = await store.find_kept_reversal(connection, terminal_id=asked.terminal_id, words_hash=each)
        if first is not None:
            break
    else:
        return None
    own_stan, named = first
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
    places = find_alike(said, [store.candidate_of(one) for one in found], arrived_at=arrived_at)
    places = [
        place
        for place in places
        # One part is taken back of one payment.
        if found[place].id != named and not (asked.replacement_minor > 0 and found[place].released_minor)
    ]
    if not places and each == words:
        return None
    if own_stan in (None, asked.stan):
        taken_back = await store.repeat_kept_reversal(
            connection, asked.id, terminal_id=asked.terminal_id, words_hash=each
        )
        if places:
            await store.add_doubt(connection, found[places[-1]], "like_one_repeated")
        return None if taken_back is None else _first_answer(asked, taken_back)
    is_second = len(places) == 1 and not asked.repeat
    finding = ReversalFinding.NAMED if is_second else ReversalFinding.AMBIGUOUS
    return Match(finding, None), found[places[-1]], numbered


def _first_answer(asked: Reverse, taken_back: Standing) -> AuthoriseReply:
    reply = _answer(asked, Reason.APPROVED, taken_back)
    if asked.replacement_minor > 0:
        reply.approved_minor = asked.replacement_minor
    return reply


def _kept(
    asked: Reverse, said: Said, match: Match, standing: Standing | None, reason: Reason, words: int
) -> KeptReversal:
    replacement = asked.replacement_minor if asked.replacement_minor > 0 else None
    return KeptReversal(
        id=asked.id,
        terminal_id=asked.terminal_id,
        received_at_us=asked.received_at_us,
        said=words,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        description=said,
        replacement_minor=replacement,
        card_bin=asked.card.bin if asked.card is not None else "",
        card_last_four=asked.card.last_four if asked.card is not None else "",
        request=asked.request,
        finding=match.finding,
        reason=reason,
        differs=list(match.differs),
        attempt_id=standing.id if standing is not None else None,
        attempt_date=standing.business_date if standing is not None else None,
        own_stan=asked.stan,
    )


def _hash_of(asked: Reverse, said: Said, *numbered: int) -> int:
    """Return 64 bits over all that a reversal says, which its repeats say too.

    `numbered`: its own trace number, for the second of two that say the same.
    """
    replacement = asked.replacement_minor if asked.replacement_minor > 0 else None
    text = "|".join(
        map(str, (asked.original_message_class, asked.original_stan, *said, replacement, *numbered))
    )
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


async def take_back(connection: Connection, standing: Standing, *, cause: int, who: str) -> Reason:
    """Undo a locked attempt if its state allows it; the host is told until it accepts.

    Returns APPROVED when it is undone, now or before, else why not.
    """
    if standing.state in (State.REVERSED, State.DECLINED):
        return Reason.APPROVED
    if standing.state == State.UNKNOWN:
        return Reason.APPROVED  # Its reversal is on its way already.
    if standing.state in (State.CAPTURED, State.REFUNDED, State.SETTLED):
        return Reason.ALREADY_CAPTURED
    if standing.kind == Kind.COMPLETION:
        return Reason.ALREADY_CAPTURED
    if standing.state == State.SENT:
        # The host may still approve: unknown until it has accepted the reversal. A late approval changes nothing.
        await store.move(connection, standing, to=State.UNKNOWN, reason=cause, from_states=(State.SENT,))
        state = State.UNKNOWN
    else:
        await store.move(
            connection,
            standing,
            to=State.REVERSED,
            reason=cause,
            from_states=(State.APPROVED, State.PARTIALLY_APPROVED),
        )
        state = State.REVERSED
        await _undo_money(connection, standing)
    if standing.kind == Kind.ADVICE:
        # Told after its reversal, the host would book what nobody pays.
        await store.withdraw(connection, standing, DeliveryKind.ADVICE)
    await store.withdraw(connection, standing, DeliveryKind.PARTIAL_REVERSAL)
    # A host compares the whole with what it approved, whether or not a part was taken back meanwhile.
    approved_minor = standing.approved_minor + standing.released_minor
    await store.owe(
        connection,
        standing.id,
        standing.business_date,
        DeliveryKind.REVERSAL,
        reason=cause,
        amount_minor=approved_minor or standing.amount_minor,
        acquirer_id=standing.acquirer_id,
    )
    kind = EventKind.CANCELLED if cause != Reason.REVERSED_BY_TERMINAL else EventKind.REVERSED
    await store.note(
        connection, standing.id, standing.business_date, kind, state=state, reason=cause, cause=who
    )
    return Reason.APPROVED


async def take_back_part(connection: Connection, standing: Standing, *, stays_minor: int, who: str) -> Reason:
    """Lower what a locked attempt holds to `stays_minor`; the host is told until it accepts.

    Returns APPROVED when that is what stays, now or before; SYSTEM_BUSY while the host has not answered yet.
    """
    before_minor = await store.replaced_amount(connection, standing)
    if before_minor is not None:
        return Reason.APPROVED if before_minor == stays_minor else Reason.REPLACEMENT_REFUSED
    if standing.state == State.SENT:
        return Reason.SYSTEM_BUSY
    if standing.state in (State.CAPTURED, State.REFUNDED, State.SETTLED):
        return Reason.ALREADY_CAPTURED
    if standing.kind not in _PARTLY_REVERSIBLE or standing.state not in _HELD:
        return Reason.REPLACEMENT_REFUSED
    if not 0 < stays_minor < standing.approved_minor:
        return Reason.REPLACEMENT_REFUSED
    await store.lower_approved(connection, standing, stays_minor)
    await store.post(
        connection,
        standing,
        Operation.RELEASE,
        Layer.PENDING,
        stays_minor - standing.approved_minor,
        part=REPLACED_PART,
    )
    await store.owe(
        connection,
        standing.id,
        standing.business_date,
        DeliveryKind.PARTIAL_REVERSAL,
        reason=Reason.REVERSED_BY_TERMINAL,
        amount_minor=stays_minor,
        acquirer_id=standing.acquirer_id,
    )
    await store.note(
        connection,
        standing.id,
        standing.business_date,
        EventKind.PARTLY_REVERSED,
        state=standing.state,
        reason=standing.reason,
        cause=who,
    )
    return Reason.APPROVED


async def _undo_money(connection: Connection, standing: Standing) -> None:
    if standing.kind == Kind.REFUND:
        await store.post(
            connection, standing, Operation.REFUND_RELEASE, Layer.POSTED, standing.approved_minor
        )
        await give_back(connection, standing)
    elif standing.approved_minor:
        await store.post(connection, standing, Operation.RELEASE, Layer.PENDING, -standing.approved_minor)


async def give_back(connection: Connection, refund: Standing) -> None:
    """Return what a refund had reserved to the amount that can still be refunded."""
    if refund.original_id is None or refund.original_date is None:
        return
    original = await store.lock_by_id(connection, refund.original_id, refund.original_date)
    if original is None:
        return
    state = await store.add_refunded(connection, original, -refund.amount_minor, final=False)
    if state != original.state:
        await store.note(
            connection,
            original.id,
            original.business_date,
            EventKind.CAPTURED,
            state=state,
            reason=original.reason,
            cause=f"refund {refund.id.hex()} given back",
        )


def _answer(asked: Reverse, reason: Reason, standing: Standing | None) -> AuthoriseReply:
    return AuthoriseReply(
        asked.id,
        reason,
        standing.approval_code if standing else "",
        standing.approved_minor if standing else 0,
        rrn_of(standing.id if standing else asked.id),
    )
