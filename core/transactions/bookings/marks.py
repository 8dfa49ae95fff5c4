"""What a reversal that came first says of what comes after it: the rule of those that come second. Pure."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from core.transactions.bookings.clocks import (
    JUST_BEFORE,
    NEAR_DAYS,
    Times,
    instants_of,
    moment_near,
    time_shown,
)
from core.transactions.bookings.rules import AGREEMENTS, CLOCKS_APART, Candidate, Said, compare, is_evident

OVERTAKEN_WITHIN: Final = timedelta(minutes=10)
"""How near to a reversal that tells no time comes what it overtook."""

MARKS_OPEN_MAX: Final = 20
"""So many reversals without an original are kept of one number in a day: a terminal says its reversal in so many words
at most."""
MARKS_JUDGED_MAX: Final = 200
"""So many of one number are compared with what comes after them, the last ones: those of several days may lie there."""


class Mark(NamedTuple):
    """A reversal under whose number nothing stood that it could mean; what it means may still come."""

    said: Said
    came: tuple[datetime, ...]  # when it and its last repeat did
    may_repeat: bool  # told what another one was told, whose repeat it may be
    is_of_request: bool = False  # by the type that it says: of what was asked, not told


def judge_marked(
    mark: Mark, coming: Candidate, *, repeat: bool
) -> Literal["taken_back", "unlike", "like", "repeated", "other"]:
    """Return what a mark says of a message that comes after it: what a reversal that comes second finds, as far as it can be known.

    `taken_back`: it is the message described. `unlike`: that very one, described otherwise. `like`: it is alike in all
    but its time, or but its type: a terminal that took back what it had asked may do it alone, under one number and time.
    `repeated`: it is what the mark describes, which may be the repeat of another reversal. The latter three go their way,
    and a person is shown them. `repeat`: by its type the message was sent before, at a time that nobody knows.
    """
    times, differs = compare(mark.said, coming)
    apart = min(abs(coming.received_at - at) for at in mark.came)
    is_miswritten = bool(mark.said.sent_at) and not _tells_a_time(mark.said.sent_at, coming.business_date)
    if times in AGREEMENTS and is_miswritten:
        times = "unsaid"
    if times in AGREEMENTS or (times == "unsaid" and apart <= OVERTAKEN_WITHIN):
        is_stand_in = mark.is_of_request and coming.is_advice
        if differs:
            return "other" if mark.may_repeat or is_stand_in else "unlike"
        if is_stand_in and not mark.may_repeat:
            return "like"
        return "repeated" if mark.may_repeat else "taken_back"
    days = (mark.said.day, *(at.date() for at in mark.came))
    is_near = any(abs((coming.business_date - day).days) <= NEAR_DAYS for day in days)
    if differs or not (apart <= JUST_BEFORE or (is_near and is_evident(mark.said, coming))):
        return "other"
    # A time that tells nothing leaves open what is meant, whatever came first: what comes within minutes is shown.
    is_of_the_minute = is_miswritten and apart <= OVERTAKEN_WITHIN
    if not (repeat or is_of_the_minute) and _is_sent_after(coming, max(mark.came)):
        return "other"
    return "repeated" if mark.may_repeat else "like"


def _tells_a_time(sent_at: str, day: date) -> bool:
    """Whether a time tells one message from others: a clock that was never set or has stopped shows one always."""
    return time_shown(Times(sent_at, "", day)) is not None


def _is_sent_after(one: Candidate, at: datetime) -> bool:
    """Whether each time that a message shows is after a moment: now, by some clock, or by every clock.

    That of its sending alone tells nothing: it is stamped anew when what happened long before is sent, or sent again.
    """
    shown = [
        moment_near(time, one.business_date)
        for time in (one.transmitted_at, one.local_time)
        if _tells_a_time(time, one.business_date)
    ]
    earliest: list[datetime] = []
    for moment in shown:
        if moment is not None:
            instants = [each.replace(tzinfo=UTC) for each in instants_of(moment, one.time_zone)]
            just_now = [each for each in instants if abs(each - one.received_at) <= CLOCKS_APART]
            earliest.append(min(just_now or instants))
    return bool(earliest) and min(earliest) > at + CLOCKS_APART
