"""How we are reached, in words for mail: ways that are offered, each with its hours of the week (NOT-2)."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from core.conversations.hours import store
from core.conversations.hours.rules import Period, Week
from core.conversations.hours.store import Channel
from core.db.rows import Connection
from core.values.clock import paris_date

_HOUR: Final = 60
_DAYS: Final = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_WAYS: Final = {
    "fr": {
        "chat": "Chat, dans votre espace",
        "whatsapp": "WhatsApp",
        "phone": "Téléphone",
        "collections": "Téléphone",
    },
    "en": {
        "chat": "Chat, in your space",
        "whatsapp": "WhatsApp",
        "phone": "Telephone",
        "collections": "Telephone",
    },
}


async def contact_lines(
    connection: Connection, now: datetime, locale: str, *, about_debt: bool = False
) -> list[str]:
    """Return a line for each way that is offered and needs somebody; about a debt, the telephone of who settles debts."""
    today = paris_date(now)
    hours = await store.read_hours(connection, first=today, last=today, locale=locale)
    wanted = ("collections" if about_debt else "phone", "whatsapp", "chat")
    offered = {each.channel: each for each in await store.list_channels(connection) if each.offered}
    return [
        line_of(offered[name], _in_force(hours.of(name)[0], now), locale)
        for name in wanted
        if name in offered
    ]


def line_of(channel: Channel, week: Week | None, locale: str) -> str:
    """Return a way with its number, what a call costs, and its hours; an address of the web stands last."""
    words = _WAYS["en" if locale == "en" else "fr"]
    number = grouped(channel.address) if channel.channel in ("phone", "collections") else ""
    note = channel.note_en if locale == "en" else channel.note_fr
    hours = "" if week is None else week_text(week.periods, locale)
    said = " · ".join(part for part in (f"{words[channel.channel]} {number}".strip(), note, hours) if part)
    return f"{said} · {channel.link}" if channel.channel == "whatsapp" and channel.link else said


def week_text(periods: Sequence[Period], locale: str) -> str:
    """Return `du lundi au vendredi de 9 h à 20 h, le samedi de 9 h à 18 h`: days in a row that have the same hours together."""
    by_day = {
        weekday: tuple(sorted((each.opens_minute, each.closes_minute) for each in those))
        for weekday, those in groupby(sorted(periods), key=lambda each: each.weekday)
    }
    runs: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
    for weekday, hours in by_day.items():
        if runs and runs[-1][1] == weekday - 1 and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], weekday, hours)
        else:
            runs.append((weekday, weekday, hours))
    return ", ".join(f"{_days(first, last, locale)} {_hours(hours, locale)}" for first, last, hours in runs)


def grouped(number: str) -> str:
    """Return a French number as people read it: `+33 1 99 00 00 01`; any other as it is."""
    if not (number.startswith("+33") and len(number) == len("+33199000001")):
        return number
    rest = number[4:]
    return " ".join((number[:3], number[3], *(rest[place : place + 2] for place in range(0, 8, 2))))


def _in_force(weeks: Sequence[Week], now: datetime) -> Week | None:
    today = paris_date(now)
    begun = [each for each in weeks if each.valid_from <= today]
    return max(begun, key=lambda each: each.valid_from) if begun else None


def _days(first: int, last: int, locale: str) -> str:
    names = _DAYS["en" if locale == "en" else "fr"]
    begins, ends = names[first - 1], names[last - 1]
    if first == last:
        return begins if locale == "en" else f"le {begins}"
    return f"{begins} to {ends}" if locale == "en" else f"du {begins} au {ends}"


def _hours(hours: Sequence[tuple[int, int]], locale: str) -> str:
    if locale == "en":
        return " and ".join(f"{_clock_en(opens)} to\u00a0{_clock_en(closes)}" for opens, closes in hours)
    return " et ".join(f"de\u00a0{_clock_fr(opens)} à\u00a0{_clock_fr(closes)}" for opens, closes in hours)


def _clock_fr(minute: int) -> str:
    hour, rest = divmod(minute, _HOUR)
    return f"{hour}\u00a0h" + (f"\u00a0{rest:02d}" if rest else "")


def _clock_en(minute: int) -> str:
    return f"{minute // _HOUR}:{minute % _HOUR:02d}"
