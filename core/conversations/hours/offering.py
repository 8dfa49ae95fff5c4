"""What is offered at a moment: channels as they are configured, through the pure rule of when they are open."""

from datetime import datetime, timedelta
from typing import Final

from core.contracts.opening_hours import ContactOffer, OfferedWay
from core.conversations.hours import store
from core.conversations.hours.holidays import holidays_of
from core.conversations.hours.rules import AHEAD_DAYS, Opening, opening_at
from core.conversations.hours.store import Channel
from core.db.rows import Connection
from core.values.clock import paris_date
from core.values.timestamps import timestamp_or_none

ALWAYS: Final[tuple[OfferedWay, ...]] = ("assistant", "faq")
"""What needs nobody."""


async def openings_at(connection: Connection, now: datetime, locale: str) -> list[tuple[Channel, Opening]]:
    """Return every channel with whether it is open."""
    today = paris_date(now)
    last = today + timedelta(days=AHEAD_DAYS)
    channels = await store.list_channels(connection)
    hours = await store.read_hours(connection, first=today, last=last, locale=locale)
    holiday_of = await holidays_of(tuple(range(today.year, last.year + 1)), locale)
    return [(each, opening_at(now, *hours.of(each.channel), holiday_of)) for each in channels]


async def offers_at(connection: Connection, now: datetime, locale: str) -> list[ContactOffer]:
    """Return what is offered: what is not, is left out."""
    found = await openings_at(connection, now, locale)
    offers = [offer_of(channel, opening, locale) for channel, opening in found if channel.offered]
    return [*offers, *(ContactOffer(way=way, is_open=True, why="open") for way in ALWAYS)]


def offer_of(channel: Channel, opening: Opening, locale: str) -> ContactOffer:
    """Return a channel as it is shown."""
    return ContactOffer(
        way=channel.channel,
        is_open=opening.is_open,
        until=timestamp_or_none(opening.until),
        opens_at=timestamp_or_none(opening.opens_at),
        why=opening.why,
        label=opening.label,
        address=channel.address,
        link=channel.link,
        note=channel.note_en if locale == "en" else channel.note_fr,
    )
