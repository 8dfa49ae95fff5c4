"""What several message types read: card, amount, currency, dates, and the hash that a repeat must meet again."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

from core.contracts.payment import SealedCard
from core.contracts.reasons import Reason
from core.values.edition1987 import ORIGINAL_CLASSES
from core.values.money import NUMERIC_CODES
from edge.keys.port import SecurityModule, SensitiveFields
from edge.protocol.field import Message
from edge.translate.errors import RequestRefused, malformed

ONLINE_DAYS: Final = (-1, 1)
"""Business dates that an online request may carry, in days around the date in UTC: one of them is each zone's today."""
OFFLINE_DAYS: Final = (-7, 1)
"""The same for what a terminal counts or keeps for a while."""
ANY_DAYS: Final = (-366, 366)
"""What has happened is not refused for its date: core books it, or keeps it for a person."""

CARD_DIGITS_MIN: Final = 12
SALE: Final = "00"
"""First two digits of a processing code: goods and services."""

_MIDDLE: Final = timedelta(hours=1)
_TRACK_SEPARATORS: Final = str.maketrans("D", "=")
_SENSITIVE: Final = frozenset({23, 26, 35, 36, 45, 52, 53, 55})
# Twice a digit, its own digits added up, plus the 48 that an ASCII digit starts at.
_DOUBLED: Final = bytes(
    48 + sum(divmod(2 * (byte - 48), 10)) if 48 <= byte <= 57 else 0 for byte in range(256)
)


class Arrival(NamedTuple):
    """What the shell knows about a message besides its fields."""

    id: bytes  # AttemptId
    terminal_id: bytes
    received_at_us: int
    today: int  # ordinal of the date in UTC


class Card(NamedTuple):
    """A card in clear, for as long as it takes to seal it."""

    pan: str
    expiry: str  # YYMM, empty when the message holds none


class Original(NamedTuple):
    """What data element 90 says: empty and 0 where it says nothing, or is not there."""

    message_class: int
    stan: int
    sent_at: str  # MMDDhhmmss, empty when it is no time


def read_card(message: Message) -> Card:
    """Return the card of fields 2 and 14, or of track 2 (field 35).

    Raises: RequestRefused: 14 for a number that fails the Luhn check or disagrees with the track, 30 for an expiry
    that is no month or disagrees with the track, or when there is no card.
    """
    pan = message.get(2)
    expiry = message.get(14, "")
    track = message.get(35)
    if track is not None:
        track_pan, _, rest = track.translate(_TRACK_SEPARATORS).partition("=")  # pyright: ignore
        if pan is None:
            pan = track_pan
        elif pan != track_pan:
            raise RequestRefused(Reason.INVALID_CARD_NUMBER, field=35)
        if len(rest) >= 4 and rest[:4].isdigit():
            if expiry and expiry != rest[:4]:
                raise malformed(14)
            expiry = rest[:4]
    if pan is None:
        raise malformed(2)
    digits = pan.encode()  # pyright: ignore
    count = len(digits)
    if (
        count < CARD_DIGITS_MIN
        or not digits.isdigit()
        or (sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_DOUBLED)) - 48 * count) % 10
    ):
        raise RequestRefused(Reason.INVALID_CARD_NUMBER, field=2)
    if expiry and expiry[2:] not in _MONTHS:
        raise malformed(14)
    return Card(pan, expiry)  # pyright: ignore


def seal_sensitive(message: Message, keys: SecurityModule) -> bytes:
    """Return tracks, chip data and PIN block sealed for the host link; empty when there are none."""
    if _SENSITIVE.isdisjoint(message):
        return b""
    fields: SensitiveFields = {number: value for number, value in message.items() if number in _SENSITIVE}
    return keys.seal_sensitive(fields)


def read_amount(message: Message) -> int:
    """Return field 4 in minor units. Raises: RequestRefused."""
    digits = message.get(4)
    if digits is None:
        raise malformed(4)
    return int(digits)


def read_currency(message: Message) -> str:
    """Return field 49 as ISO 4217 letters. Raises: RequestRefused for an absent or unknown one."""
    numeric = message.get(49)
    if numeric is None:
        raise malformed(49)
    currency = NUMERIC_CODES.get(numeric)  # pyright: ignore
    if currency is None:
        raise RequestRefused(Reason.CURRENCY_REFUSED, field=49)
    return currency


def currency_of(numeric: str) -> str:
    """Return letters for field 49 of what happened, or its digits where ISO 4217 has none: a person must look."""
    return NUMERIC_CODES.get(numeric, numeric)


def read_stan(message: Message) -> int:
    """Return field 11. Raises: RequestRefused for none, and for 000000, which numbers nothing."""
    digits = message.get(11)
    if digits is None:
        raise malformed(11)
    stan = int(digits)
    if stan == 0:
        raise malformed(11)
    return stan


def read_times(message: Message) -> tuple[str, str]:
    """Return (transmitted_at, local_time), both MMDDhhmmss; each stands in for the other where a terminal sends one.

    A local time without a date is of the day on which a store's clock shows it at the time of sending, and a date without a time says
    nothing of the time. What is there must be a time, for a reversal will repeat it. Raises: RequestRefused for what is none, and when
    there is none at all.
    """
    return _read_times(message.get(7), message.get(12), message.get(13))  # pyright: ignore


@lru_cache(maxsize=4096)
def _read_times(transmitted: str | None, time: str | None, day: str | None) -> tuple[str, str]:
    """Data elements 7, 12 and 13 as `read_times` says. All terminals of a zone send the same three within a second."""
    if time is not None and not is_time_of_day(time):
        raise malformed(12)
    if day is not None and day not in _DAYS_OF_A_YEAR:
        raise malformed(13)
    if transmitted is None:
        if time is None or day is None:
            raise malformed(7)
        transmitted = day + time
    elif not is_time(transmitted):
        raise malformed(7)
    if day is None and time is not None:
        day = _day_nearest(time, transmitted)
    return transmitted, day + time if day and time else transmitted


def _day_nearest(time: str, sent_at: str) -> str:
    """Return the MMDD on which a store's clock shows a time of day at a moment of UTC, or of that clock.

    Stores are from ten hours behind UTC to twelve before it, and clocks err: the middle is an hour before UTC.
    """
    sent = datetime.strptime(f"2000{sent_at}", "%Y%m%d%H%M%S")  # noqa: DTZ007 -- A leap year, of no known zone.
    shown = datetime.strptime(time, "%H%M%S").time()  # noqa: DTZ007
    days = (sent.date() + timedelta(days=away) for away in (-1, 0, 1))
    return f"{min(days, key=lambda day: abs(datetime.combine(day, shown) - sent - _MIDDLE)):%m%d}"


def read_said_times(message: Message) -> tuple[str, str]:
    """Return the same, with nothing for a field 7 that is absent: a later message cannot agree with what was not said.

    Raises: RequestRefused.
    """
    transmitted, local = read_times(message)
    return (transmitted if 7 in message else ""), local


class Happened(NamedTuple):
    """When something happened off line. `is_dated` False: it tells no date that is one. Its field 7 may be empty.

    `in_utc`: its date is that of the time of sending, for it tells no local one.
    """

    transmitted_at: str
    local_time: str
    business_date: int
    is_dated: bool
    in_utc: bool = False


def read_happened(message: Message, arrival: Arrival) -> Happened:
    """Return when an advice or a completion happened. It has happened: an impossible date does not refuse it.

    Then it is booked under the date of reception. Its times stay as they came, for its reversal will name them, and what
    is not said stays unsaid.
    """
    try:
        transmitted, local = read_said_times(message)
        day = read_business_date(message.get(13, local), today=arrival.today)  # pyright: ignore
        return Happened(transmitted, local, day, is_dated=True, in_utc=is_in_utc(message))
    except RequestRefused:
        return Happened(text_of(message, 7), read_shown(message), arrival.today, is_dated=False)


def read_shown(message: Message) -> str:
    """Return MMDDhhmmss as far as a terminal's own clock shows it, else as it was sent; zeros for what is not said.

    When a message reached us is no time of its terminal's: the same message, sent once more, would show another one.
    """
    transmitted = text_of(message, 7)
    day = text_of(message, 13) or transmitted[:4]
    time = text_of(message, 12) or transmitted[4:]
    return (day or "0000") + (time or "000000")


def is_in_utc(message: Message) -> bool:
    """Whether a message tells no time but that of its sending (data element 7), which is in UTC."""
    return 7 in message and 12 not in message and 13 not in message


def is_time(text: str) -> bool:
    """Whether MMDDhhmmss, all digits, is a moment of some year."""
    return len(text) == 10 and text[:4] in _DAYS_OF_A_YEAR and is_time_of_day(text[4:])


def is_time_of_day(text: str) -> bool:
    """Whether hhmmss, all digits, is one."""
    return text[:2] < "24" and text[2:4] < "60" and text[4:6] < "60"


def read_business_date(local_time: str, *, today: int, days: tuple[int, int] = ANY_DAYS) -> int:
    """Return the ordinal of the terminal's date, its year chosen so that it is nearest to today.

    Raises: RequestRefused for no date, or one outside `days` around today.
    """
    ordinal = nearest_date(local_time[:4], today)
    if ordinal == 0:
        raise malformed(13)
    if not days[0] <= ordinal - today <= days[1]:
        raise RequestRefused(Reason.BUSINESS_DATE_REFUSED, field=13)
    return ordinal


@lru_cache(maxsize=512)
def nearest_date(month_and_day: str, today: int) -> int:
    """Return the ordinal of the MMDD nearest to today, 0 when no year near has it."""
    year = date.fromordinal(today).year
    candidates: list[int] = []
    for candidate in (year - 1, year, year + 1):
        try:
            candidates.append(date(candidate, int(month_and_day[:2]), int(month_and_day[2:])).toordinal())
        except ValueError:
            continue
    return min(candidates, key=lambda ordinal: abs(ordinal - today), default=0)


def hash_body(message: Message, *, card: SealedCard, amount_minor: int, currency: str) -> int:
    """Return 64 signed bits over what a repeat must repeat: card, amount, currency and what is asked.

    Its times, expiry, entry mode, kind of account and own reference may differ; what it names, core compares. The card
    enters by its keyed fingerprint, so that nobody can search card numbers with this hash.
    """
    text = f"{card.fingerprint}|{message.get(3, SALE)[:2]}|{amount_minor}|{currency}"  # pyright: ignore
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def read_original(message: Message) -> Original:
    """Return how a completion or a refund names its original in field 90, as a reversal does.

    Raises: RequestRefused, 12 for the type of a message that cannot be one.
    """
    elements = message.get(90)
    if not isinstance(elements, str) or not elements.strip("0 "):
        return NO_ORIGINAL
    message_class = ORIGINAL_CLASSES.get(elements[:2])
    if message_class is None or not elements[4:10].isdigit():
        raise RequestRefused(Reason.INVALID_TRANSACTION, field=90)
    sent_at = elements[10:20]
    return Original(message_class, int(elements[4:10]), sent_at if is_time(sent_at) else "")


NO_ORIGINAL: Final = Original(0, 0, "")


def text_of(message: Message, number: int) -> str:
    """Return a text field without its padding, empty when absent."""
    value = message.get(number, "")
    return value.strip() if isinstance(value, str) else ""


def code_of(message: Message, number: int) -> str:
    """Return a reference or an approval code (fields 37 and 38); zeros say no more than blanks."""
    text = text_of(message, number)
    return text if text.strip("0") else ""


def reference_of(message: Message) -> str:
    """Return field 37, empty where it is the message's own card: the shortest card numbers fit into it."""
    return "" if holds_own_card(message, 37) else code_of(message, 37)


def holds_own_card(message: Message, number: int) -> bool:
    """Whether a text field is the number of the card in the same message (field 2, or the track in field 35)."""
    text = text_of(message, number)
    if len(text) != CARD_DIGITS_MIN:
        return False
    return text == text_of(message, 2) or text_of(message, 35).translate(_TRACK_SEPARATORS).startswith(
        f"{text}="
    )


_DAYS_OF_A_YEAR: Final = frozenset(
    f"{month:02d}{day:02d}"
    for month, days in enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1)
    for day in range(1, days + 1)
)
_MONTHS: Final = frozenset(f"{month:02d}" for month in range(1, 13))
