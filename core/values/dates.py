"""Civil dates in words, as papers and mails write them."""

from collections.abc import Mapping
from datetime import date
from typing import Final

MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip


def long_day(day: date, locale: str) -> str:
    """Return `1er août 2026` or `1 August 2026`."""
    first = "1er" if locale == "fr" and day.day == 1 else str(day.day)
    return f"{first}\u00a0{month_of_year(day.year, day.month, locale)}"


def month_of_year(year: int, month: int, locale: str) -> str:
    """Return `août 2026` or `August 2026`."""
    return f"{MONTHS[locale][month - 1]}\u00a0{year}"
