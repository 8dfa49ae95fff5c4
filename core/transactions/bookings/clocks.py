"""What the clocks of terminals say of when a message was sent and when it happened, and what can be told by it. Pure."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from core.transactions.rules import REPEAT_WITHIN_S
from core.values.zones import METROPOLE, date_there, zone_of

NEAR_DAYS: Final = 2
"""How far the date in data element 90 and the business date of one message lie apart at most, zones and all."""

JUST_BEFORE: Final = timedelta(minutes=15)
"""What came so shortly before a reversal that tells no time is what it means, whatever date either carries."""

SENT_AT_ONCE: Final = timedelta(minutes=2)
"""How long after a payment its first sending leaves, when nothing keeps it."""

_A_ZONE: Final = timedelta(minutes=30)
_ZONES_AHEAD_MAX: Final = timedelta(hours=14)

READINGS_KEPT: Final = 4_096
"""Each time is compared with several messages: what it may be is reckoned once."""

REPEAT_WITHIN: Final = timedelta(seconds=REPEAT_WITHIN_S)

USUAL_REPEAT_WITHIN: Final = timedelta(hours=1)
"""What says that it repeats, at another time and longer after the first, may as well be a sale of a counter that began anew."""

# A reading whose zone nobody tells is within half a day of its instant: so is a change of summer time.
_OFFSETS_IN_FORCE: Final = (timedelta(hours=-12), timedelta(hours=12))

SaidAgain: TypeAlias = Literal["same", "late", "unclear", "other"]
"""Of two messages that are alike, by their times: one message; one as far as anybody knows, but so late that a person should
look; nobody can know; two."""


def day_there(day: date, arrived_at: datetime, time_zone: str) -> date:
    """Return the store's own day for a date in UTC: of now, that of its clock; any other date is taken as it is."""
    return date_there(arrived_at, time_zone) if day == arrived_at.date() else day


def day_of_sending(transmitted_at: str, arrived_at: datetime, time_zone: str) -> date:
    """Return the store's own day for a time of sending in UTC; that of the arrival there for what is no time."""
    moment = moment_near(transmitted_at, arrived_at.date())
    return date_there(arrived_at if moment is None else moment.replace(tzinfo=UTC), time_zone)


class Times(NamedTuple):
    """What a message shows of when it was sent and when it happened, and the day that it is booked under."""

    transmitted: str
    local: str
    day: date


def time_shown(times: Times) -> Literal["local", "transmitted"] | None:
    """Return which of its times tells a message from the next one: that of its own clock, before that of its sending.

    Midnight on the dot is what a clock says that was never set, and one that shows another day than that of its message has
    stopped or began anew: it may show one time always.
    """
    for place in ("local", "transmitted"):
        time = times.local if place == "local" else times.transmitted
        moment = moment_near(time, times.day) if says_a_time(time) else None
        if moment is not None and abs(moment.date() - times.day).days <= NEAR_DAYS:
            return place
    return None


def is_one_time(ours: Times, theirs: Times) -> bool | None:
    """Whether two messages show one time; None where neither shows any, or one of them none, or a clock stands still.

    A clock may stand still that shows one time of two messages sent long after one another, unless it showed the time of the
    first one as that was sent: a terminal that sends again what it did keeps that time and stamps the sending anew. So may
    one that shows another day than that of its message.
    """
    shown = (time_shown(ours), time_shown(theirs))
    if shown == ("local", "local"):
        if ours.local != theirs.local:
            return False
        return None if _may_stand_still(ours, theirs) else True
    if None not in shown and ours.transmitted and theirs.transmitted:
        return ours.transmitted == theirs.transmitted
    if says_a_time(ours.local) and says_a_time(theirs.local) and ours.local != theirs.local:
        return False
    return None


def _may_stand_still(ours: Times, theirs: Times) -> bool:
    """Whether a clock that shows one time of both, which were sent apart, does not show that it ran."""
    sent = [moment_near(each.transmitted, each.day) for each in (ours, theirs) if each.transmitted]
    first, last = min(filter(None, sent), default=None), max(filter(None, sent), default=None)
    if first is None or last is None or last - first <= JUST_BEFORE:
        return False
    shown = moment_near(ours.local, ours.day)
    return shown is None or not _is_of_sending(shown, first)


def _is_of_sending(local: datetime, sent: datetime) -> bool:
    """Whether a local time is that of a sending, read in a zone that nobody tells: zones lie whole hours apart, or halves."""
    ahead = local - sent
    odd = (ahead + _A_ZONE / 2) % _A_ZONE - _A_ZONE / 2
    return abs(odd) <= SENT_AT_ONCE and abs(ahead) <= _ZONES_AHEAD_MAX


def how_said_again(ours: Times, theirs: Times, *, repeat: bool, apart: timedelta) -> SaidAgain:
    """Return whether a message that is alike is one that stands, said again `apart` after it; `repeat`: its type says so.

    A repeat is stamped anew, or keeps the time of its terminal's clock. What does not say that it repeats shows the very
    time; by a clock that may stand still that proves it for some minutes only.
    """
    timed = is_one_time(ours, theirs)
    says_any = says_a_time(ours.local) or says_a_time(ours.transmitted)
    is_one_text = says_any and ours.local == theirs.local and ours.transmitted == theirs.transmitted
    if timed:
        return "same"
    if repeat:
        if time_shown(ours) == time_shown(theirs) == "local" and ours.local == theirs.local:
            return "same"
        if apart <= USUAL_REPEAT_WITHIN:
            return "same"
        return "late" if apart <= REPEAT_WITHIN or is_one_text else "unclear"
    if timed is not None:
        return "other"
    return "same" if is_one_text and apart <= JUST_BEFORE else "unclear"


def is_earlier(ours: Times, theirs: Times) -> bool:
    """Whether the first of two messages was sent or happened before the second, by clocks that can be compared."""
    shown = time_shown(ours)
    if shown is None or shown != time_shown(theirs):
        return False
    before, after = (
        moment_near(each.local if shown == "local" else each.transmitted, each.day) for each in (ours, theirs)
    )
    return before is not None and after is not None and before < after


def says_a_time(time: str) -> bool:
    """Whether MMDDhhmmss shows another time than midnight on the dot, which a clock shows that was never set."""
    return bool(time[4:].strip("0"))


@lru_cache(maxsize=READINGS_KEPT)
def moment_near(time: str, day: date) -> datetime | None:
    """Return MMDDhhmmss in the year that brings it nearest to `day`, None for what is no moment there."""
    found: list[datetime] = []
    for year in (day.year - 1, day.year, day.year + 1):
        try:
            found.append(datetime.strptime(f"{year:04d}{time}", "%Y%m%d%H%M%S"))  # noqa: DTZ007 -- Of no known zone.
        except ValueError:
            continue
    return min(found, key=lambda moment: abs(moment.date() - day), default=None)


@lru_cache(maxsize=READINGS_KEPT)
def instants_of(reading: datetime, time_zone: str) -> frozenset[datetime]:
    """Return the instants in UTC that a time may be when nobody says by which clock it was read.

    That of UTC, of Paris or of a zone, by each offset in force within half a day. All are naive. The same function is in
    SQL, for messages that come after their reversal.
    """
    found = {reading}
    for away in _OFFSETS_IN_FORCE:
        near = (reading + away).replace(tzinfo=UTC)
        for zone in (zone_of(METROPOLE), zone_of(time_zone or METROPOLE)):
            found.add(reading - (near.astimezone(zone).utcoffset() or timedelta(0)))
    return frozenset(found)
