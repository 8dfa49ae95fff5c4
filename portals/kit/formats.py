"""Amounts, dates and durations as people read them, in French and English.

Money stays an integer of minor units up to the last character. Hours are those of Paris; a moment that belongs to a store
has the store's own beside it where the two differ (`beside`; docs/figures.md, "Hours and days").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
NARROW = "\u202f"  # narrow no-break space
FIXED = "\u00a0"  # no-break space
MINUS = "\u2212"

_NO_DECIMALS = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR_DECIMALS = ("CLF", "UYW")
_EXPONENTS = {
    **dict.fromkeys(_NO_DECIMALS, 0),
    **dict.fromkeys(_THREE_DECIMALS, 3),
    **dict.fromkeys(_FOUR_DECIMALS, 4),
}
"""Digits behind the decimal mark where they are not two (ISO 4217)."""

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "CHF": "CHF", "JPY": "¥"}
_MONTHS = {
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_MONTHS_IN_FULL = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
}  # fmt: skip


_WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_NEAR = {"fr": {0: "aujourd’hui", 1: "demain"}, "en": {0: "today", 1: "tomorrow"}}


def money(amount_minor: int, currency: str, locale: str) -> str:
    """Return `1 234,56 €` with its narrow spaces, or `€1,234.56`; a negative has a real minus."""
    digits = _EXPONENTS.get(currency, 2)
    whole, part = divmod(abs(amount_minor), 10**digits)
    symbol = _SYMBOLS.get(currency, currency)
    sign = MINUS if amount_minor < 0 else ""
    if locale == "fr":
        fraction = f",{part:0{digits}d}" if digits else ""
        return f"{sign}{integer(whole, locale)}{fraction}{FIXED}{symbol}"
    fraction = f".{part:0{digits}d}" if digits else ""
    gap = FIXED if len(symbol) > 1 else ""
    return f"{sign}{symbol}{gap}{integer(whole, locale)}{fraction}"


def plain_amount(amount_minor: int, currency: str, locale: str) -> str:
    """Return an amount as one types it into a field: `1234,56`."""
    digits = _EXPONENTS.get(currency, 2)
    whole, part = divmod(amount_minor, 10**digits)
    return f"{whole}{',' if locale == 'fr' else '.'}{part:0{digits}d}" if digits else str(whole)


def basis_points(rate_bp: int, locale: str) -> str:
    """Return basis points as a percentage of two decimals."""
    text = plain_amount(rate_bp, "EUR", locale)
    return f"{text}{NARROW}%" if locale == "fr" else f"{text}%"


def period(start: datetime | None, end: datetime, locale: str) -> str:
    """Return from when to when, the end exclusive: `le 22 nov. 2026 de 10:45 à 11:00`."""
    french = locale == "fr"
    last = day(end, locale), f"{end.astimezone(PARIS):%H:%M}"
    if start is None:
        return f"jusqu’au {last[0]} à{FIXED}{last[1]}" if french else f"until {last[0]} at{FIXED}{last[1]}"
    first = day(start, locale), f"{start.astimezone(PARIS):%H:%M}"
    if first[0] == last[0]:
        return (
            f"le {first[0]} de{FIXED}{first[1]} à{FIXED}{last[1]}"
            if french
            else f"on {first[0]} from{FIXED}{first[1]} to{FIXED}{last[1]}"
        )
    if french:
        return f"du {first[0]} à{FIXED}{first[1]} au {last[0]} à{FIXED}{last[1]}"
    return f"from {first[0]} at{FIXED}{first[1]} to {last[0]} at{FIXED}{last[1]}"


def integer(value: int, locale: str) -> str:
    """Return a count with its thousands apart."""
    grouped = f"{abs(value):,}"
    if locale == "fr":
        grouped = grouped.replace(",", NARROW)
    return f"{MINUS if value < 0 else ''}{grouped}"


def percent(ratio: float | None, locale: str) -> str:
    """Return `97,4 %` for 0.974, and a dash when nothing was counted."""
    if ratio is None:
        return "–"
    text = f"{ratio * 100:.1f}"
    return f"{text.replace('.', ',')}{NARROW}%" if locale == "fr" else f"{text}%"


def milliseconds(value: float, locale: str) -> str:
    """Return `3,2 ms` or `5 004 ms`."""
    if value >= 10:
        return f"{integer(round(value), locale)}{FIXED}ms"
    text = f"{value:.1f}"
    return f"{text.replace('.', ',') if locale == 'fr' else text}{FIXED}ms"


def parse_time(text: str | None) -> datetime | None:
    """Return the moment of an RFC 3339 text, aware; None when there is none or it is not one."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_day(text: str | None) -> date | None:
    """Return the day of a text such as `2026-11-22`; None when there is none or it is not one."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def exact(moment: datetime, locale: str, *, precise: bool = False) -> str:
    """Return `22 nov. 2026 à 10:42:07`, to the millisecond when `precise`."""
    local = moment.astimezone(PARIS)
    clock_text = local.strftime("%H:%M:%S") + (f".{local.microsecond // 1000:03d}" if precise else "")
    joint = "à" if locale == "fr" else "at"
    return f"{day(local, locale)} {joint}{FIXED}{clock_text}"


def to_the_minute(moment: datetime, locale: str) -> str:
    """Return `22 nov. 2026 à 10:42`, for people who plan and do not diagnose."""
    local = moment.astimezone(PARIS)
    return f"{_day(local, locale)} {'à' if locale == 'fr' else 'at'}{FIXED}{local:%H:%M}"


def soon(moment: datetime, locale: str, *, now: datetime) -> str:
    """Return `aujourd’hui à 20 h`, `demain à 9 h 30`, `lundi 30 nov. à 9 h`: when somebody is there, as one says it."""
    local, today = moment.astimezone(PARIS), now.astimezone(PARIS).date()
    if locale == "fr":
        clock_text = f"{local.hour}{FIXED}h" + (f"{FIXED}{local:%M}" if local.minute else "")
    else:
        clock_text = f"{local.hour}:{local:%M}"
    near = _NEAR[locale].get((local.date() - today).days)
    if near is None:
        near = f"{_WEEKDAYS[locale][local.weekday()]} {local.day}{FIXED}{_MONTHS[locale][local.month - 1]}"
    return f"{near} {'à' if locale == 'fr' else 'at'}{FIXED}{clock_text}"


def day(moment: datetime, locale: str) -> str:
    """Return `22 nov. 2026` or `22 Nov 2026`."""
    return _day(moment.astimezone(PARIS), locale)


def civil_day(day: date, locale: str) -> str:
    """Return `22 nov. 2026` or `22 Nov 2026`, of a day that has no time."""
    return _day(day, locale)


def day_in_words(day: date, locale: str) -> str:
    """Return `3 octobre 2026`, with `1er` as it is written, or `3 October 2026`."""
    number = "1er" if locale == "fr" and day.day == 1 else str(day.day)
    return f"{number}{FIXED}{_MONTHS_IN_FULL[locale][day.month - 1]}{FIXED}{day.year}"


def _day(local: date, locale: str) -> str:
    return f"{local.day}{FIXED}{_MONTHS[locale][local.month - 1]}{FIXED}{local.year}"


def beside(moment: datetime, time_zone: str, locale: str, *, places: Mapping[str, str]) -> str:
    """Return the hour at a store whose clock differs from that of Paris: `09:03 en Guadeloupe`, else nothing.

    With its day where that differs too: `27 nov. 23:03 à Tahiti`. `places` says where by time zone.
    """
    there = _there(moment, time_zone)
    if there is None:
        return ""
    hour = f"{there:%H:%M}"
    if there.date() != moment.astimezone(PARIS).date():
        hour = f"{there.day}{FIXED}{_MONTHS[locale][there.month - 1]} {hour}"
    return f"{hour} {places.get(time_zone, time_zone)}"


def day_beside(moment: datetime, time_zone: str, locale: str, *, places: Mapping[str, str]) -> str:
    """Return the day at a store where it is another than in Paris: `27 nov. 2026 à Tahiti`, else nothing."""
    there = _there(moment, time_zone)
    if there is None or there.date() == moment.astimezone(PARIS).date():
        return ""
    return f"{_day(there, locale)} {places.get(time_zone, time_zone)}"


def _there(moment: datetime, time_zone: str) -> datetime | None:
    zone = _zone(time_zone)
    if zone is None:
        return None
    there = moment.astimezone(zone)
    return None if there.utcoffset() == moment.astimezone(PARIS).utcoffset() else there


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    """Return a time zone; None for no name and for one that is newer than this machine."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def clock(moment: datetime, locale: str, *, now: datetime) -> str:
    """Return the time alone for today, else the day before it: `10:42:07`, `21 nov. 10:42:07`."""
    local = moment.astimezone(PARIS)
    time = local.strftime("%H:%M:%S")
    if local.date() == now.astimezone(PARIS).date():
        return time
    return f"{local.day}{FIXED}{_MONTHS[locale][local.month - 1]} {time}"


def precise(moment: datetime) -> str:
    """Return the time of day to the millisecond: `10:42:07.120`."""
    local = moment.astimezone(PARIS)
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"


def is_long_ago(moment: datetime, *, now: datetime) -> bool:
    """Whether `ago` says the date."""
    return now - moment >= timedelta(days=7)


def ago(moment: datetime, locale: str, *, now: datetime) -> str:
    """Return `il y a 2 min`; beyond a week the date."""
    gap = now - moment
    if is_long_ago(moment, now=now):
        return day(moment, locale)
    seconds = max(0, int(gap.total_seconds()))
    if seconds < 5:
        return "à l’instant" if locale == "fr" else "just now"
    for size, unit_fr, unit_en in ((86_400, "j", "d"), (3_600, "h", "h"), (60, "min", "min"), (1, "s", "s")):
        if seconds >= size:
            count = seconds // size
            if locale == "fr":
                return f"il y a {count}{FIXED}{unit_fr}"
            return f"{count}{FIXED}{unit_en} ago"
    return ""


def whole_number(text: str, digits_max: int = 9) -> int | None:
    """Return a number of plain digits, None for anything else: `²` is a digit to Python, and no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits_max else None


class AmountMalformed(ValueError):
    """What was typed is not an amount."""


def parse_amount(text: str, currency: str = "EUR") -> int:
    """Return minor units of what a person typed: `12,50`, `1 234.5`, `12 €`. Never by way of a float.

    Raises: AmountMalformed.
    """
    cleaned = text.strip().strip("€").strip()
    for space in (" ", FIXED, NARROW):
        cleaned = cleaned.replace(space, "")
    whole, _, part = cleaned.replace(",", ".").partition(".")
    digits = _EXPONENTS.get(currency, 2)
    if not whole.isascii() or not whole.isdigit() or len(whole) > 10:
        raise AmountMalformed(text)
    if part and not (part.isascii() and part.isdigit() and len(part) <= digits):
        raise AmountMalformed(text)
    return int(whole) * 10**digits + int(part.ljust(digits, "0") or "0")


_GROUPS: Final = {"siren": (3, 3, 3), "siret": (3, 3, 3, 5)}
_PHONE_GROUPS: Final = {
    "+33": (1, 2, 2, 2, 2),
    "+262": (3, 2, 2, 2),
    "+508": (2, 2, 2),
    "+590": (3, 2, 2, 2),
    "+594": (3, 2, 2, 2),
    "+596": (3, 2, 2, 2),
    "+687": (2, 2, 2),
    "+689": (2, 2, 2, 2),
}
"""How the number behind a calling code is said, for France and its territories."""


def grouped(text: str, kind: str) -> str:
    """Return an identifier with its digits in groups: `812 345 676`, `FR76 3000 6000 …`, `+33 6 12 34 56 78`.

    `kind`: siren, siret, vat, iban or phone. What has not the length of its kind stays as it is.
    """
    plain = "".join(text.split())
    match kind:
        case "iban":
            # The longest: a narrow column breaks it between its groups.
            return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))
        case "vat" if len(plain) == 13 and plain.startswith("FR"):
            parts = ["FR", plain[2:4], *_cut(plain[4:], _GROUPS["siren"])]
        case "phone":
            code = next((code for code in _PHONE_GROUPS if plain.startswith(code)), "")
            behind = _cut(plain.removeprefix(code), _PHONE_GROUPS.get(code, ()))
            parts = [code, *behind] if behind else []
        case _:
            parts = _cut(plain, _GROUPS.get(kind, ()))
    return FIXED.join(parts) if parts else text


def _cut(text: str, sizes: Sequence[int]) -> list[str]:
    """Return the text in parts of these sizes, nothing when they are not its length."""
    if len(text) != sum(sizes):
        return []
    ends = list(accumulate(sizes))
    return [text[end - size : end] for end, size in zip(ends, sizes, strict=True)]
