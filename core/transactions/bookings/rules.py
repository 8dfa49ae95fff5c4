"""Which message a reversal takes back: what it says compared with what stands. Pure.

A reversal names its original by type and trace number, which a terminal uses again after a reset or a few days. What
it says besides (time, reference, amount, currency, card, approval code) decides; nothing is rebuilt from anything.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from core.contracts.states import ReversalFinding, State
from core.values.ids import rrn_of

UNSAID_DAYS: Final = (-8, 1)
"""Where a reversal without a time of its original may find it, in days around its own date."""

NEAR_DAYS: Final = 2
"""How far the date in data element 90 and the business date of one message lie apart at most, zones and all."""

ZONE_STEP_S: Final = 15 * 60
"""Time zones differ by quarters of an hour."""

_STANDING: Final = frozenset(
    {
        State.SENT,
        State.APPROVED,
        State.PARTIALLY_APPROVED,
        State.UNKNOWN,
        State.CAPTURED,
        State.REFUNDED,
        State.SETTLED,
    }
)

BOOKED_DAYS: Final = (-60, 2)
"""Business dates under which something that has happened is booked, in days around the day it arrives."""
USUAL_DAYS: Final = (-7, 1)
"""Outside these it is booked for a person to look at."""

Doubt: TypeAlias = Literal["late", "ahead", "amount", "currency"]
TimesAgree: TypeAlias = Literal["exactly", "elsewhere", "unsaid", "never"]


class Said(NamedTuple):
    """How a reversal describes its original; None and empty where it does not say."""

    sent_at: str  # MMDDhhmmss, by whatever clock
    day: date  # the date of sent_at, else the reversal's own
    reference: str
    amount_minor: int | None
    currency: str
    card_fingerprint: int | None
    approval_code: str


class Candidate(NamedTuple):
    """A message that stands under the number that a reversal names."""

    id: bytes
    business_date: date
    state: int
    amount_minor: int
    approved_minor: int
    currency: str
    card_fingerprint: int
    approval_code: str
    transmitted_at: str
    local_time: str
    own_reference: str  # data element 37 of the terminal's own request, empty when it had none


class Match(NamedTuple):
    """What a reversal found. `place`: which candidate it named, or the one to show a person; None: none stood."""

    finding: ReversalFinding
    place: int | None
    differs: tuple[str, ...] = ()


NONE_STOOD: Final = Match(ReversalFinding.NONE_STOOD, None)


def find_named(said: Said, candidates: Sequence[Candidate]) -> Match:
    """Return the candidate that is the message described, or why there is none.

    A reference of ours names one message. Else the time of sending does: as it was sent, or the same instant by the
    clock of another zone. A reversal that tells no time is judged by the rest, near its own date.
    """
    judged = [_Judged(place, one, *_compare(said, one)) for place, one in enumerate(candidates)]
    for one in judged:
        if said.reference and said.reference == rrn_of(one.candidate.id):
            return _verdict([one], also=("time",) if one.times == "never" else ())
    for times in ("exactly", "elsewhere"):
        group = [one for one in judged if one.times == times]
        if group:
            return _verdict(group)
    if said.sent_at:
        # All were sent at another time. What stands and is alike in all else is too like it to be told it is gone.
        alike = [
            one
            for one in judged
            if not one.differs
            and one.candidate.state in _STANDING
            and abs((one.candidate.business_date - said.day).days) <= NEAR_DAYS
        ]
        return _verdict(alike, also=("time",)) if alike else NONE_STOOD
    first, last = (said.day + timedelta(days=days) for days in UNSAID_DAYS)
    near = [one for one in judged if first <= one.candidate.business_date <= last]
    return _verdict(near) if near else NONE_STOOD


def is_bookable(business_date: date, arrived_on: date) -> bool:
    """Whether a date is near enough to be the date of something that happened."""
    return BOOKED_DAYS[0] <= (business_date - arrived_on).days <= BOOKED_DAYS[1]


def doubts_of(
    *,
    business_date: date,
    arrived_on: date,
    amount_minor: int,
    amount_max_minor: int,
    currency: str,
    currency_expected: str,
) -> list[Doubt]:
    """Return why a person should look at what was approved off line."""
    found: list[Doubt] = []
    days = (business_date - arrived_on).days
    if days < USUAL_DAYS[0]:
        found.append("late")
    if days > USUAL_DAYS[1]:
        found.append("ahead")
    if currency != currency_expected:
        found.append("currency")
    elif amount_minor > amount_max_minor:
        found.append("amount")
    return found


class _Judged(NamedTuple):
    place: int
    candidate: Candidate
    times: TimesAgree
    differs: tuple[str, ...]


def _verdict(group: list[_Judged], *, also: tuple[str, ...] = ()) -> Match:
    agreeing = [one for one in group if not one.differs]
    if len(agreeing) > 1:
        return Match(ReversalFinding.AMBIGUOUS, agreeing[-1].place)
    if agreeing and not also:
        return Match(ReversalFinding.NAMED, agreeing[0].place)
    closest = min(group, key=lambda one: len(one.differs))
    return Match(ReversalFinding.DISAGREES, closest.place, closest.differs + also)


def _compare(said: Said, one: Candidate) -> tuple[TimesAgree, tuple[str, ...]]:
    differs: list[str] = []
    if said.reference and said.reference not in (rrn_of(one.id), one.own_reference):
        differs.append("reference")
    if said.amount_minor is not None and said.amount_minor not in (one.amount_minor, one.approved_minor):
        differs.append("amount")
    if said.currency and said.currency != one.currency:
        differs.append("currency")
    if said.card_fingerprint is not None and said.card_fingerprint != one.card_fingerprint:
        differs.append("card")
    if said.approval_code and one.approval_code and said.approval_code != one.approval_code:
        differs.append("approval_code")
    return _times_agree(said.sent_at, one), tuple(differs)


def _times_agree(sent_at: str, one: Candidate) -> TimesAgree:
    if not sent_at:
        return "unsaid"
    if sent_at in (one.transmitted_at, one.local_time):
        return "exactly"
    if abs(_days_between(sent_at[:4], one.business_date)) <= NEAR_DAYS and any(
        _within_zone_step(sent_at) == _within_zone_step(time)
        for time in (one.transmitted_at, one.local_time)
        if len(time) == len(sent_at)
    ):
        return "elsewhere"
    return "never"


def _within_zone_step(time: str) -> int:
    return (int(time[6:8]) * 60 + int(time[8:10])) % ZONE_STEP_S


def _days_between(month_and_day: str, day: date) -> int:
    """Return the days from `day` to the nearest date of that name, and many for the name of no date."""
    found: list[int] = []
    for year in (day.year - 1, day.year, day.year + 1):
        try:
            found.append((date(year, int(month_and_day[:2]), int(month_and_day[2:])) - day).days)
        except ValueError:
            continue
    return min(found, key=abs, default=366)
