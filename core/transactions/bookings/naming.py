"""The message that a later one is about, locked: by what a reversal, a completion or a refund says of it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from core.contracts.payment import Authorise, Book, Reverse, SealedCard
from core.contracts.states import Kind, ReversalFinding
from core.transactions.bookings import store
from core.transactions.bookings.attempts import Standing, candidate_of
from core.transactions.bookings.clocks import NEAR_DAYS, moment_near
from core.transactions.bookings.rules import (
    SAYS_NO_TYPE,
    UNSAID_DAYS,
    Match,
    Said,
    Telling,
    find_like,
    find_named,
    is_alike,
    is_one_code,
    times_agree,
)
from core.transactions.bookings.store import Connection
from core.values.clock import from_unix_us
from core.values.ids import id_range_of_rrn

EVERYWHERE: Final = timedelta(days=400)
"""Beyond the near dates a description is compared with what stands in a year and a month on either side."""

OF_LATE: Final = timedelta(days=62)
"""How long after a message its terminal may still refer to it by a reference of its own."""

_REFERRED: Final[dict[int, tuple[Kind, ...]]] = {
    Kind.COMPLETION: (Kind.AUTHORISATION,),
    Kind.REFUND: (Kind.AUTHORISATION, Kind.PURCHASE, Kind.ADVICE),
}
_REVERSIBLE: Final = (Kind.AUTHORISATION, Kind.PURCHASE, Kind.REFUND, Kind.ADVICE)
FINANCIAL: Final = 2
"""The class of 0220, which may complete a hold; an authorisation advice (0120) tells of one."""

_NOTHING: Final = (Match(ReversalFinding.NONE_STOOD, None), None)


async def find_described(
    connection: Connection,
    said: Said,
    *,
    terminal_id: bytes,
    message_class: int,
    stan: int,
    arrived_at: datetime,
    is_ours: bool,
    telling: Telling = SAYS_NO_TYPE,
) -> tuple[Match, Standing | None, list[Standing]]:
    """Return what is described under a number: near the date that is said first, then on any date; and what is like it.

    Without a time that is what stands of the other type, too: whether what is described was asked or told (`telling`).

    `is_ours`: the reference that is said may be one of ours. One of the terminal's own, which some give each message,
    contradicts nothing beside a number and a time; without a time it does where the original showed another one.
    """
    match, standing, alike = Match(ReversalFinding.NONE_STOOD, None), None, list[Standing]()
    for first, last in (
        days_of(said, arrived_at),
        (said.day - EVERYWHERE, said.day + EVERYWHERE),
    ):
        found = await store.lock_named(
            connection,
            terminal_id=terminal_id,
            message_class=message_class,
            stan=stan,
            first=first,
            last=last,
        )
        candidates = [candidate_of(one) for one in found]
        match = find_named(said, candidates, arrived_at=arrived_at, telling=telling)
        if match.differs == ("reference",) and match.place is not None:
            own = await store.read_own_reference(connection, found[match.place])
            with_own = [candidate_of(one, own) for one in found]
            match = find_named(said, with_own, arrived_at=arrived_at, telling=telling)
            if match.differs == ("reference",) and not is_ours and (said.sent_at or not own):
                unreferenced = said._replace(reference="")
                match = find_named(unreferenced, candidates, arrived_at=arrived_at, telling=telling)
        standing = found[match.place] if match.place is not None else None
        if match.finding == ReversalFinding.NAMED and not said.sent_at and telling.is_advice is not None:
            others = [place for place, one in enumerate(candidates) if one.is_advice != telling.is_advice]
            return (
                match,
                standing,
                [
                    found[place]
                    for place in others
                    if is_alike(said, candidates[place], arrived_at=arrived_at)
                ],
            )
        if match.finding != ReversalFinding.NONE_STOOD:
            return match, standing, []
        if said.sent_at or match.place is not None:
            # A reference of the terminal's own tells nothing of what was sent at another time.
            as_said = said if is_ours else said._replace(reference="")
            alike = [found[place] for place in find_like(as_said, candidates, arrived_at=arrived_at)]
    return match, standing, alike


def days_of(said: Said, arrived_at: datetime) -> tuple[date, date]:
    """Return the first and the last day on which what is described is looked for before all others."""
    if said.sent_at:
        return said.day - timedelta(days=NEAR_DAYS), said.day + timedelta(days=NEAR_DAYS)
    days = (said.day, arrived_at.date())
    return min(days) + timedelta(days=UNSAID_DAYS[0]), max(days) + timedelta(days=UNSAID_DAYS[1])


async def lock_original(connection: Connection, asked: Book | Authorise) -> tuple[Match, Standing | None]:
    """Return what a completion or a refund is about: by its reference, else by the number and time of its message.

    A reference that is of no message of ours is the terminal's own. Without a number, what the terminal did with that card
    under that reference is meant; a completion may name its hold by the approval code alone.
    """
    if asked.original_rrn:
        standing = await lock_referenced(connection, asked)
        if standing is not None:
            return Match(ReversalFinding.NAMED, None), standing
    if not asked.original_stan:
        match, standing = await _lock_own_reference(connection, asked)
        if standing is None and isinstance(asked, Book) and not may_be_ours(asked):
            return await _lock_by_code(connection, asked)
        return match, standing
    own_date = date.fromordinal(asked.business_date)
    sent_at = moment_near(asked.original_sent_at, own_date) if asked.original_sent_at else None
    said = Said(
        asked.original_sent_at if sent_at is not None else "",
        sent_at.date() if sent_at is not None else own_date,
        asked.original_rrn.upper(),
        None,  # what is captured may be less than what was held
        asked.currency,
        asked.card.fingerprint,
        asked.approval_code,
    )
    match, standing, _alike = await find_described(
        connection,
        said,
        terminal_id=asked.terminal_id,
        message_class=asked.original_message_class,
        stan=asked.original_stan,
        arrived_at=from_unix_us(asked.received_at_us),
        is_ours=may_be_ours(asked),
    )
    return match, standing


async def _lock_own_reference(
    connection: Connection, asked: Book | Authorise
) -> tuple[Match, Standing | None]:
    """Return what the terminal itself gave the reference that is said, among what it did with the card of late."""
    if not asked.original_rrn:
        return _NOTHING
    named = await _find_own_reference(
        connection,
        asked,
        asked.card,
        kinds=_REFERRED[asked.kind],
        since=date.fromordinal(asked.business_date) - OF_LATE,
    )
    if not named:
        return _NOTHING
    finding = ReversalFinding.NAMED if len(named) == 1 else ReversalFinding.AMBIGUOUS
    return Match(finding, None), await store.lock_by_id(connection, *named[0])


async def _lock_by_code(connection: Connection, asked: Book) -> tuple[Match, Standing | None]:
    """Return the hold of the card in the terminal's store that has the approval code which a financial advice says."""
    if not asked.approval_code or asked.message_class != FINANCIAL:
        return _NOTHING
    found = await store.find_by_code(
        connection,
        fingerprint=asked.card.fingerprint,
        terminal_id=asked.terminal_id,
        code=asked.approval_code,
        since=date.fromordinal(asked.business_date) - OF_LATE,
    )
    if not found:
        return _NOTHING
    finding = ReversalFinding.NAMED if len(found) == 1 else ReversalFinding.AMBIGUOUS
    return Match(finding, None), await store.lock_by_id(connection, *found[0])


async def lock_own_of_reference(connection: Connection, asked: Reverse) -> list[Standing]:
    """Return what a terminal did under the reference that it says: ours, or its own where it names the card too."""
    ours = await lock_referenced(connection, asked)
    if ours is not None:
        return [ours] if ours.terminal_id == asked.terminal_id else []
    if asked.card is None:
        return []
    since = from_unix_us(asked.received_at_us).date() - OF_LATE
    named = await _find_own_reference(connection, asked, asked.card, kinds=_REVERSIBLE, since=since)
    found = [await store.lock_by_id(connection, *each) for each in named]
    return [one for one in found if one is not None]


async def _find_own_reference(
    connection: Connection,
    asked: Book | Authorise | Reverse,
    card: SealedCard,
    *,
    kinds: Sequence[Kind],
    since: date,
) -> list[tuple[bytes, date]]:
    found = await store.find_of_card(
        connection,
        fingerprint=card.fingerprint,
        terminal_id=asked.terminal_id,
        kinds=kinds,
        since=since,
    )
    reference = asked.original_rrn.upper()
    return [each for each in found if await store.own_reference_of(connection, *each) == reference]


async def lock_referenced(connection: Connection, asked: Book | Authorise | Reverse) -> Standing | None:
    """Return the message of the terminal's store that has the reference which is said."""
    id_range = id_range_of_rrn(asked.original_rrn, near_unix_ms=asked.received_at_us // 1000)
    if id_range is None:
        return None
    found = await store.find_by_reference(connection, id_range, terminal_id=asked.terminal_id)
    return await store.lock_by_id(connection, *found) if found is not None else None


def may_be_ours(asked: Book | Authorise | Reverse) -> bool:
    """Whether the reference that is said has the shape of ours, made within the time in which originals are looked for."""
    received_at_ms = asked.received_at_us // 1000
    id_range = id_range_of_rrn(asked.original_rrn, near_unix_ms=received_at_ms)
    if id_range is None:
        return False
    made_at_ms = int.from_bytes(id_range[0][:6], "big")
    return abs(received_at_ms - made_at_ms) <= EVERYWHERE // timedelta(milliseconds=1)


def describes(asked: Book | Authorise, original: Standing) -> bool:
    """Whether all that a message says of its original besides the reference is true of it: fields 38 and 90."""
    said, shown = asked.approval_code, original.approval_code
    if said and shown and not is_one_code(said, shown):
        return False
    if not asked.original_stan:
        return True
    return (asked.original_message_class, asked.original_stan) == (
        original.message_class,
        original.stan,
    ) and times_agree(asked.original_sent_at, candidate_of(original)) != "never"
