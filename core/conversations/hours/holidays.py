"""Public holidays of metropolitan France, by the `holidays` library."""

import asyncio
from datetime import date
from functools import lru_cache
from typing import Final

from core.conversations.hours.rules import HolidayOf

_NAMES_IN: Final = {"fr": "fr", "en": "en_US"}


async def holidays_of(years: tuple[int, ...], locale: str) -> HolidayOf:
    """Return what names the holidays of these years. The first use of a year takes a while, so that it is off the loop."""
    return await asyncio.to_thread(_known, years, "en" if locale == "en" else "fr")


@lru_cache(maxsize=64)
def _known(years: tuple[int, ...], locale: str) -> HolidayOf:
    from holidays import country_holidays  # noqa: PLC0415 - half a second, for whoever asks first.

    found: dict[date, str] = dict(
        country_holidays("FR", years=years, language=_NAMES_IN[locale], expand=False)
    )
    return found.get
