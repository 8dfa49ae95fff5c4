"""Which message a reversal takes back: what it says compared with what stands. Pure.

A reversal names its original by type and trace number, which a terminal uses again after a reset or a few days. What
it says besides (time, reference, amount, currency, card, approval code) decides; nothing is rebuilt from anything.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from core.contracts.states import ReversalFinding, State
from core.transactions.bookings.clocks import JUST_BEFORE, NEAR_DAYS, instants_of, moment_near, says_a_time
from core.values.ids import rrn_of

UNSAID_DAYS: Final = (-8, 1)
"""Where a reversal without a time of its original may find it, in days around its own date and around that of its
arrival: a clock that lost its battery says any date."""

REPEATED_WITHIN_DAYS: Final = 8
"""How long after a reversal a message under its number may be its repeat."""

_CODE_CHARACTERS: Final = 6  # data element 38

CLOCKS_APART: Final = timedelta(minutes=2)
"""How far two times of one message lie apart besides their zones: one is of the payment, the other of its sending."""

_NO_DATE: Final = "0000"
"""Of a local time whose date was not said."""

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

Doubt: TypeAlias = Literal[
    "late",
    "ahead",
    "amount",
    "currency",
    "date",
    "reference",
    "like_one_paid",
    "like_one_reversed",
    "unlike_one_reversed",
    "numbered_otherwise",
    "like_one_repeated",
    "repeated_late",
]
TimesAgree: TypeAlias = Literal["exactly", "elsewhere", "unsaid", "never"]


AGREEMENTS: Final[tuple[TimesAgree, ...]] = ("exactly", "elsewhere")


class Said(NamedTuple):
    """How a reversal describes its original; None and empty where it does not say."""

    sent_at: str  # MMDDhhmmss, by whatever clock
    day: date  # the date of sent_at, else the reversal's own
    reference: str
    amount_minor: int | None
    currency: str
    card_fingerprint: int | None
    approval_code: str
    stays_minor: int = 0  # 0: nothing does


class TakenBack(NamedTuple):
    """A reversal that took something back; another one that names the same number may be its repeat."""

    id: bytes
    own_stan: int | None  # None: kept by an earlier version
    said: Said
    received_at: datetime
    attempt_id: bytes
    attempt_date: date


class Candidate(NamedTuple):
    """A message that stands under the number that a reversal names."""

    id: bytes
    business_date: date
    state: int
    amount_minor: int
    approved_minor: int
    approved_first_minor: int  # before a part was taken back
    currency: str
    card_fingerprint: int
    approval_code: str
    transmitted_at: str
    local_time: str
    own_reference: str  # data element 37 of the terminal's own request, empty when it had none
    received_at: datetime
    time_zone: str  # of its store
    repeated_at: tuple[
        tuple[str, str], ...
    ] = ()  # as the terminal said its repeats were sent: like the two times above
    is_advice: bool = False  # told, and not asked


class Telling(NamedTuple):
    """The message that describes another one: of which type it says that is, and when it was itself sent."""

    is_advice: bool | None = None  # the other was told, not asked; None: it does not say
    sent_at: str = ""  # data element 7 of its own; empty where it tells none
    repeat: bool = False  # by its type


SAYS_NO_TYPE: Final = Telling()


class Match(NamedTuple):
    """What a reversal found. `place`: which candidate it named, or the one to show a person; None: nobody need look.

    NONE_STOOD with a place: another message, sent at another time, stands there and is alike in all else.
    """

    finding: ReversalFinding
    place: int | None
    differs: tuple[str, ...] = ()


NONE_STOOD: Final = Match(ReversalFinding.NONE_STOOD, None)


def find_named(
    said: Said, candidates: Sequence[Candidate], *, arrived_at: datetime, telling: Telling = SAYS_NO_TYPE
) -> Match:
    """Return the candidate that is the message described, or why there is none. `arrived_at`: the reversal, in UTC.

    A reference of ours names one message. Else the time of sending does: as it was sent, or the same instant by the
    clock of the store's place, of Paris or of UTC. What was sent at another time is another message, however alike.
    The type (`telling`) tells a request from the advice of what its terminal then did alone, which may have its number and
    its time: what was advised after the reversal was sent is not what it means.
    """
    judged = [_Judged(place, one, *compare(said, one)) for place, one in enumerate(candidates)]
    for one in judged:
        if said.reference and said.reference == rrn_of(one.candidate.id):
            return judge_referenced(said, one.candidate)._replace(place=one.place)
    advised_since = [one for one in judged if is_advised_since(telling, one.candidate)]
    if advised_since:
        judged = [one for one in judged if one not in advised_since]
        match = _find_among(judged, said, candidates, arrived_at=arrived_at, telling=telling)
        if match.finding != ReversalFinding.NONE_STOOD or match.place is not None:
            return match
        return Match(ReversalFinding.NONE_STOOD, advised_since[-1].place, ("message_type",))
    return _find_among(judged, said, candidates, arrived_at=arrived_at, telling=telling)


def _find_among(
    judged: list["_Judged"],
    said: Said,
    candidates: Sequence[Candidate],
    *,
    arrived_at: datetime,
    telling: Telling,
) -> Match:
    match = _find_sent_then(judged, telling)
    if match is None and said.sent_at:
        # All were sent at another time. What stands and is alike in all else stays, and a person is told of it.
        alike = find_like(said, candidates, arrived_at=arrived_at)
        return Match(ReversalFinding.NONE_STOOD, alike[-1], ("time",)) if alike else NONE_STOOD
    if match is None:
        match = _find_alike(said, judged, arrived_at, telling)
    is_advised = match.place is not None and candidates[match.place].is_advice
    if (
        telling.is_advice is False
        and is_advised
        and telling.repeat
        and match.finding == ReversalFinding.NAMED
    ):
        # Its first sending may have come before what its terminal then did alone.
        return Match(ReversalFinding.DISAGREES, match.place, ("message_type",))
    return match


def _find_sent_then(judged: list["_Judged"], telling: Telling) -> Match | None:
    """Return what was sent at the time that is said, of its type where that stands; None where nothing was."""
    for times in AGREEMENTS:
        group = [one for one in judged if one.times == times]
        if group:
            asked = [one for one in group if not one.candidate.is_advice]
            return _verdict(asked if telling.is_advice is False and asked else group)
    return None


def _find_alike(said: Said, judged: list["_Judged"], arrived_at: datetime, telling: Telling) -> Match:
    """Return what a reversal means that tells no time: of its type first, where both types stand."""
    of_type = [one for one in judged if one.candidate.is_advice == telling.is_advice]
    if of_type and len(of_type) < len(judged):
        match = _find_untimed(said, of_type, arrived_at, with_ended=True)
        if match.finding in (ReversalFinding.NAMED, ReversalFinding.AMBIGUOUS):
            return match
    return _find_untimed(said, judged, arrived_at)


def is_advised_since(telling: Telling, one: Candidate) -> bool:
    """Whether a message tells what its terminal did alone after it had sent what describes a request of its own."""
    if telling.is_advice is not False or not one.is_advice:
        return False
    if not (says_a_time(telling.sent_at) and says_a_time(one.transmitted_at)):
        return False
    sent, advised = (moment_near(time, one.business_date) for time in (telling.sent_at, one.transmitted_at))
    return sent is not None and advised is not None and sent < advised


def find_like(said: Said, candidates: Sequence[Candidate], *, arrived_at: datetime) -> list[int]:
    """Return the places of what stands, was sent at another time than is said, and is alike in all else."""
    return [
        place
        for place, one in enumerate(candidates)
        if one.state in _STANDING
        and not compare(said, one)[1]
        and (
            abs((one.business_date - said.day).days) <= NEAR_DAYS
            # A time far away may be miswritten. Number and price come back by themselves.
            or (is_evident(said, one) and one.received_at <= arrived_at)
            or came_just_before(one, arrived_at)
        )
    ]


def _find_untimed(
    said: Said, judged: list["_Judged"], arrived_at: datetime, *, with_ended: bool = False
) -> Match:
    """Return what a reversal means that tells no time. `with_ended`: it may be what has ended, on whatever date.

    Numbers come back each day, and so do prices: it means what is of its own date, what stands before what has ended.
    Under another date it means what came just before it, or what it describes by more than number and price.
    """
    own = [one for one in judged if one.candidate.business_date == said.day]
    others = [
        one
        for one in judged
        if one not in own
        and _is_near(one.candidate, said, arrived_at)
        and (with_ended or not _has_ended(one))
    ]
    just_before = [
        one for one in (*own, *others) if not _has_ended(one) and came_just_before(one.candidate, arrived_at)
    ]
    evident = [one for one in others if is_evident(said, one.candidate)]
    for group in (
        [one for one in own if one in just_before],
        just_before,
        [one for one in own if not _has_ended(one)],
        own,
        evident,
    ):
        if any(not one.differs for one in group):
            return _verdict(group)
    if not own and not others:
        return NONE_STOOD
    closest = _verdict(own or just_before or others)
    # Alike or not, nothing tells that one of another date is the one.
    return Match(ReversalFinding.DISAGREES, closest.place, closest.differs or ("date",))


def is_alike(said: Said, one: Candidate, *, arrived_at: datetime) -> bool:
    """Whether what stands is what a reversal without a time describes, as far as that goes."""
    return (
        one.state in _STANDING
        and one.state != State.UNKNOWN  # That one is being taken back.
        and not compare(said, one)[1]
        and _is_near(one, said, arrived_at)
        and (one.business_date == said.day or came_just_before(one, arrived_at) or is_evident(said, one))
    )


def judge_referenced(said: Said, one: Candidate) -> Match:
    """Return whether all that is said of a message besides its reference is true of it."""
    times, differs = compare(said, one)
    return _verdict([_Judged(0, one, times, differs)], also=("time",) if times == "never" else ())


def find_said_before(said: Said, taken_back: Sequence[TakenBack], *, own_stan: int) -> TakenBack | None:
    """Return the reversal that said the same: under its own trace number, else under another one."""
    same = [one for one in taken_back if one.said == said]
    return next((one for one in same if is_numbered(one, own_stan)), same[0] if same else None)


def find_stamped_anew(
    said: Said, taken_back: Sequence[TakenBack], *, own_stan: int, repeat: bool, arrived_at: datetime
) -> TakenBack | None:
    """Return the reversal that another one may repeat in other words: of late, and by its type or its trace number.

    By its type a repeat of the same number may say anything else. By one of the two it is one only without a time, and if
    it says the same but for the day on which it is sent and a reference. One that left as much comes before others.
    """
    found: list[TakenBack] = []
    for one in taken_back:
        is_numbered_so = one.own_stan == own_stan
        if one.received_at > arrived_at - timedelta(days=REPEATED_WITHIN_DAYS) and (
            (repeat and is_numbered_so)
            or (
                (repeat or is_numbered_so)
                and not said.sent_at
                and one.said._replace(day=said.day, reference=said.reference, stays_minor=said.stays_minor)
                == said
            )
        ):
            found.append(one)
    return min(found, key=lambda one: one.said.stays_minor != said.stays_minor, default=None)


def leaves_otherwise(
    taken_back: Sequence[TakenBack],
    *,
    attempt_id: bytes,
    stays_minor: int,
    own_stan: int,
    repeat: bool,
    arrived_at: datetime,
) -> bool:
    """Whether a reversal that may be a repeat, by its type or its number, leaves what no reversal of that message left.

    Nobody knows whether the repeat says less than its first sending, or whether that one was lost.
    """
    of_it = [one for one in taken_back if one.attempt_id == attempt_id]
    return all(one.said.stays_minor != stays_minor for one in of_it) and any(
        (repeat or one.own_stan == own_stan)
        and one.received_at > arrived_at - timedelta(days=REPEATED_WITHIN_DAYS)
        for one in of_it
    )


def is_numbered(one: TakenBack, own_stan: int) -> bool:
    """Whether a reversal had this trace number, as far as it is known."""
    return one.own_stan in (None, own_stan)


def may_be(said: Said, one: Candidate) -> bool:
    """Whether nothing that is said of a message is untrue of it."""
    times, differs = compare(said, one)
    return times != "never" and not differs


def is_like(said: Said, one: Candidate) -> bool:
    """Whether a message is what is said but for its number or type: its time, or all that is said of its money."""
    times, differs = compare(said, one)
    return not differs and times != "never"


def came_just_before(one: Candidate, arrived_at: datetime) -> bool:
    """Whether a message came so shortly before that a reversal without a time means it."""
    return timedelta(0) <= arrived_at - one.received_at <= JUST_BEFORE


def _is_near(one: Candidate, said: Said, arrived_at: datetime) -> bool:
    """Whether a message is of the days in which a reversal without a time finds it, by its own clock or by ours."""
    return any(
        day + timedelta(days=UNSAID_DAYS[0]) <= one.business_date <= day + timedelta(days=UNSAID_DAYS[1])
        for day in (said.day, arrived_at.date())
    )


def _has_ended(one: "_Judged") -> bool:
    return one.candidate.state not in _STANDING


def is_evident(said: Said, one: Candidate) -> bool:
    """Whether a reversal says of a message what is its own: card, reference or approval code."""
    return (
        said.card_fingerprint == one.card_fingerprint
        or bool(said.approval_code and is_one_code(said.approval_code, one.approval_code))
        or bool(said.reference and said.reference in (rrn_of(one.id), one.own_reference))
    )


def is_one_code(said: str, shown: str) -> bool:
    """Whether two approval codes are one: some leave out the zeros at the left, some hosts fill up with blanks."""
    return said.strip().zfill(_CODE_CHARACTERS) == shown.strip().zfill(_CODE_CHARACTERS)


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


def compare(said: Said, one: Candidate) -> tuple[TimesAgree, tuple[str, ...]]:
    """Return how the times agree, and what else that is said of a message is untrue of it."""
    differs: list[str] = []
    if said.reference and said.reference not in (rrn_of(one.id), one.own_reference):
        differs.append("reference")
    # Nothing is approved of what has no answer: that is no amount which a reversal could name.
    if said.amount_minor is not None and said.amount_minor not in (
        one.amount_minor,
        one.approved_minor or one.amount_minor,
        one.approved_first_minor or one.amount_minor,
    ):
        differs.append("amount")
    if said.currency and said.currency != one.currency:
        differs.append("currency")
    if said.card_fingerprint is not None and said.card_fingerprint != one.card_fingerprint:
        differs.append("card")
    if said.approval_code and one.approval_code and not is_one_code(said.approval_code, one.approval_code):
        differs.append("approval_code")
    return times_agree(said.sent_at, one), tuple(differs)


def times_agree(sent_at: str, one: Candidate) -> TimesAgree:
    """Return how a time that is said of a message agrees with those that it showed, at first or in a repeat."""
    sendings = ((one.transmitted_at, one.local_time), *one.repeated_at)
    return shown_time_agrees(sent_at, sendings, one.business_date, one.time_zone)


def shown_time_agrees(
    sent_at: str, sendings: Sequence[tuple[str, str]], business_date: date, time_zone: str
) -> TimesAgree:
    """Return the same of the two times that each sending showed: data element 7, and 13 with 12."""
    if not sent_at:
        return "unsaid"
    transmitted_at, local_time = sendings[0]
    agreements = {_agree(sent_at, transmitted_at, local_time, business_date, time_zone)}
    for transmitted_at, local_time in sendings[1:]:
        moment = moment_near(local_time, business_date)
        day = business_date if moment is None else moment.date()
        agreements.add(_agree(sent_at, transmitted_at, local_time, day, time_zone))
    for times in AGREEMENTS:
        if times in agreements:
            return times
    return "never"


def _agree(sent_at: str, transmitted_at: str, local_time: str, day: date, time_zone: str) -> TimesAgree:
    if local_time[:4] == _NO_DATE and says_a_time(local_time):
        local_time = f"{day:%m%d}{local_time[4:]}"
    if sent_at in (transmitted_at, local_time):
        return "exactly"
    said = moment_near(sent_at, day)
    readings = [moment_near(time, day) for time in {transmitted_at, local_time} if time]
    if said is None or abs(said.date() - day).days > NEAR_DAYS:
        return "never"
    shown = [
        frozenset[datetime]() if reading is None else instants_of(reading, time_zone) for reading in readings
    ]
    for instant in instants_of(said, time_zone):
        gaps = [min((abs(instant - each) for each in instants), default=timedelta.max) for instants in shown]
        if gaps and not min(gaps) and max(gaps) <= CLOCKS_APART:
            return "elsewhere"
    return "never"
