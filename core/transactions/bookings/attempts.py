"""An attempt as bookings hold it: under its lock, about to be recorded, and as a reversal may be compared with it. Pure."""

from datetime import date, datetime
from typing import NamedTuple

from core.contracts.payment import Authorise, Book, SealedCard
from core.contracts.states import Kind, State
from core.transactions.bookings.messages import elements_in, reference_in
from core.transactions.bookings.rules import Candidate
from core.values.clock import from_unix_us


class Standing(NamedTuple):
    """An attempt under a row lock."""

    id: bytes
    business_date: date
    kind: int
    state: int
    reason: int
    amount_minor: int
    approved_minor: int
    captured_minor: int
    refunded_minor: int
    currency: str
    store_id: bytes
    terminal_id: bytes
    acquirer_id: int
    body_hash: int
    approval_code: str
    host_code: str
    original_id: bytes | None
    original_date: date | None
    card_fingerprint: int
    transmitted_at: str
    local_time: str
    received_at: datetime
    time_zone: str  # of its store; empty for one that was never known
    message_class: int
    stan: int
    card_expiry: str
    released_minor: int  # what a reversal in part has lowered it by
    repeated_at: tuple[tuple[str, str], ...] = ()  # times of its repeats: of sending, and local


class NewAttempt(NamedTuple):
    """What an attempt that does not take the hot path is recorded with."""

    id: bytes
    business_date: date
    terminal_id: bytes
    received_at_us: int
    state: State
    reason: int
    kind: int
    message_class: int
    stan: int
    body_hash: int
    amount_minor: int
    approved_minor: int
    currency: str
    card: SealedCard
    entry_mode: str
    transmitted_at: str
    local_time: str
    approval_code: str
    request: bytes
    original_id: bytes | None = None
    original_date: date | None = None
    reverse_after_ms: int = 0


def standing_of(new: NewAttempt, store_id: bytes, acquirer_id: int) -> Standing:
    """Return a just recorded attempt as it stands."""
    return Standing(
        id=new.id,
        business_date=new.business_date,
        kind=new.kind,
        state=new.state,
        reason=new.reason,
        amount_minor=new.amount_minor,
        approved_minor=new.approved_minor,
        captured_minor=0,
        refunded_minor=0,
        currency=new.currency,
        store_id=store_id,
        terminal_id=new.terminal_id,
        acquirer_id=acquirer_id,
        body_hash=new.body_hash,
        approval_code=new.approval_code,
        host_code="",
        original_id=new.original_id,
        original_date=new.original_date,
        card_fingerprint=new.card.fingerprint,
        transmitted_at=new.transmitted_at,
        local_time=new.local_time,
        received_at=from_unix_us(new.received_at_us),
        time_zone="",
        message_class=new.message_class,
        stan=new.stan,
        card_expiry=new.card.expiry,
        released_minor=0,
    )


def attempt_of_payment(asked: Authorise, *, state: State, reason: int) -> NewAttempt:
    """Return the attempt that what was asked is recorded as, where nothing is approved yet."""
    return NewAttempt(
        id=asked.id,
        business_date=date.fromordinal(asked.business_date),
        terminal_id=asked.terminal_id,
        received_at_us=asked.received_at_us,
        state=state,
        reason=reason,
        kind=asked.kind,
        message_class=asked.message_class,
        stan=asked.stan,
        body_hash=asked.body_hash,
        amount_minor=asked.amount_minor,
        approved_minor=0,
        currency=asked.currency,
        card=asked.card,
        entry_mode=asked.entry_mode,
        transmitted_at=asked.transmitted_at,
        local_time=asked.local_time,
        approval_code="",
        request=asked.request,
    )


def attempt_of_booking(
    book: Book, *, state: State, reason: int, approved_minor: int, original: Standing | None
) -> NewAttempt:
    """Return the attempt that an advice or a completion is recorded as."""
    return NewAttempt(
        id=book.id,
        business_date=date.fromordinal(book.business_date),
        terminal_id=book.terminal_id,
        received_at_us=book.received_at_us,
        state=state,
        reason=reason,
        kind=book.kind,
        message_class=book.message_class,
        stan=book.stan,
        body_hash=book.body_hash,
        amount_minor=book.amount_minor,
        approved_minor=approved_minor,
        currency=book.currency,
        card=book.card,
        entry_mode=book.entry_mode,
        transmitted_at=book.transmitted_at,
        local_time=book.local_time,
        approval_code=book.approval_code,
        request=book.request,
        original_id=original.id if original else None,
        original_date=original.business_date if original else None,
    )


def candidate_of(standing: Standing, own_reference: str = "") -> Candidate:
    """Return what a reversal may be compared with."""
    return Candidate(
        id=standing.id,
        business_date=standing.business_date,
        state=standing.state,
        amount_minor=standing.amount_minor,
        approved_minor=standing.approved_minor,
        approved_first_minor=standing.approved_minor + standing.released_minor,
        currency=standing.currency,
        card_fingerprint=standing.card_fingerprint,
        approval_code=standing.approval_code,
        transmitted_at=standing.transmitted_at,
        local_time=standing.local_time,
        own_reference=own_reference,
        received_at=standing.received_at,
        time_zone=standing.time_zone,
        repeated_at=standing.repeated_at,
        is_advice=standing.kind in (Kind.ADVICE, Kind.COMPLETION),
    )


def candidate_of_asked(asked: Authorise | Book | NewAttempt) -> Candidate:
    """Return the same of what comes now, and is not recorded yet; its store's zone is not known here.

    A completion tells nothing that its terminal had asked: a reversal of what it calls a request may mean it.
    """
    day = asked.business_date
    return Candidate(
        id=asked.id,
        business_date=day if isinstance(day, date) else date.fromordinal(day),
        state=State.RECEIVED,
        amount_minor=asked.amount_minor,
        approved_minor=0,
        approved_first_minor=0,
        currency=asked.currency,
        card_fingerprint=asked.card.fingerprint,
        approval_code="" if isinstance(asked, Authorise) else asked.approval_code,
        transmitted_at=asked.transmitted_at,
        local_time=asked.local_time,
        own_reference=reference_in(elements_in(asked.request)),
        received_at=from_unix_us(asked.received_at_us),
        time_zone="",
        is_advice=asked.kind == Kind.ADVICE,
    )
