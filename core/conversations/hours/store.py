"""Statements of channels and their hours as typed functions."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import asyncpg

from core.contracts.opening_hours import (
    AddOpeningException,
    ChangeContactChannel,
    ContactChannelName,
    OpeningException,
    OpeningHours,
    OpeningPeriod,
)
from core.contracts.references import PersonRef
from core.conversations.hours.rules import Period, SpecialDay, Week, clock_of, minute_of
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL: Final = load_beside(__file__)
_ALL: Final = ""


class Channel(NamedTuple):
    """A channel as it is configured."""

    channel: ContactChannelName
    offered: bool
    address: str
    note_fr: str
    note_en: str
    changed_at: datetime

    @property
    def link(self) -> str:
        """Where a tap on its address leads; empty where it has none."""
        if not self.address:
            return ""
        if self.channel == "whatsapp":
            return f"https://wa.me/{self.address.removeprefix('+')}"
        return f"tel:{self.address}"


class Hours(NamedTuple):
    """What decides when channels are open: weeks by channel, special days by channel (of all: empty) and day."""

    weeks: dict[str, list[Week]]
    special: dict[str, dict[date, SpecialDay]]

    def of(self, channel: str) -> tuple[list[Week], dict[date, SpecialDay]]:
        """Return the weeks and special days of a channel: its own day goes before that of all."""
        return self.weeks.get(channel, []), {**self.special.get(_ALL, {}), **self.special.get(channel, {})}


async def list_channels(connection: Connection) -> list[Channel]:
    """Return every channel."""
    return [Channel(*row) for row in await connection.fetch(_SQL.channels)]


async def lock_channel(connection: Connection, channel: str) -> Channel:
    """Lock a channel."""
    row = await connection.fetchrow(_SQL.lock_channel, channel)
    assert row is not None  # the migration brings every one of the closed set
    return Channel(channel, *row)  # pyright: ignore[reportArgumentType]


async def change_channel(
    connection: Connection, asked: ChangeContactChannel, address: str, now: datetime
) -> None:
    """Write every field of a channel."""
    await connection.execute(
        _SQL.change_channel, asked.channel, asked.offered, address, asked.note_fr, asked.note_en, now
    )


async def read_hours(connection: Connection, *, first: date, last: date, locale: str) -> Hours:
    """Return what decides between two days."""
    weeks: dict[str, list[Week]] = {}
    for row in await connection.fetch(_SQL.weeks, first):
        weeks.setdefault(row["channel"], []).append(
            Week(
                row["valid_from"], tuple(Period(*each) for each in row["periods"]), row["closed_on_holidays"]
            )
        )
    special: dict[str, dict[date, SpecialDay]] = {}
    for row in await connection.fetch(_SQL.special_days, first, last):
        label = row["label_en"] if locale == "en" else row["label_fr"]
        special.setdefault(row["channel"] or _ALL, {})[row["day"]] = SpecialDay(
            row["opens_minute"], row["closes_minute"], label
        )
    return Hours(weeks, special)


async def list_hours(
    connection: Connection, today: date, *, hours_id: bytes | None = None, channel: str | None = None
) -> list[OpeningHours]:
    """Return versions, the newest first; or one."""
    rows = await connection.fetch(_SQL.hours, uuid_or_none(hours_id), channel)
    return [_hours_of(row, today) for row in rows]


async def add_hours(
    connection: Connection,
    *,
    channel: str,
    valid_from: date,
    closed_on_holidays: bool,
    periods: Sequence[Period],
    agent_id: bytes,
    now: datetime,
) -> bytes | None:
    """Insert a version; None when another of the channel begins on the day."""
    made: Any = await connection.fetchval(
        _SQL.add_hours, channel, valid_from, closed_on_holidays, uuid_of(agent_id), now
    )
    if made is None:
        return None
    await connection.execute(
        _SQL.add_periods,
        made,
        [each.weekday for each in periods],
        [each.opens_minute for each in periods],
        [each.closes_minute for each in periods],
    )
    return made.bytes


async def lock_hours(connection: Connection, hours_id: bytes) -> asyncpg.Record | None:
    """Lock a version."""
    return await connection.fetchrow(_SQL.lock_hours, uuid_of(hours_id))


async def withdraw_hours(connection: Connection, hours_id: bytes, now: datetime) -> None:
    """Take a version back."""
    await connection.execute(_SQL.withdraw_hours, uuid_of(hours_id), now)


async def list_exceptions(
    connection: Connection, *, since: date, exception_id: bytes | None = None
) -> list[OpeningException]:
    """Return special days, in their order; or one."""
    rows = await connection.fetch(_SQL.exceptions, uuid_or_none(exception_id), since)
    return [
        OpeningException(
            id=encode_id("opening_exception", row["id"].bytes),
            day=row["day"].isoformat(),
            channel=row["channel"],
            label_fr=row["label_fr"],
            label_en=row["label_en"],
            opens=None if row["opens_minute"] is None else clock_of(row["opens_minute"]),
            closes=None if row["closes_minute"] is None else clock_of(row["closes_minute"]),
            made_by=_person(row),
        )
        for row in rows
    ]


async def add_exception(
    connection: Connection, asked: AddOpeningException, day: date, *, agent_id: bytes, now: datetime
) -> bytes | None:
    """Insert a special day; None when the channel has one then."""
    made = await connection.fetchval(
        _SQL.add_exception,
        asked.channel,
        day,
        None if asked.opens is None else minute_of(asked.opens),
        None if asked.closes is None else minute_of(asked.closes),
        asked.label_fr,
        asked.label_en,
        uuid_of(agent_id),
        now,
    )
    return None if made is None else made.bytes


async def remove_exception(
    connection: Connection, exception_id: bytes, now: datetime
) -> asyncpg.Record | None:
    """Let a day be as its weekday; None when there is no such special day."""
    return await connection.fetchrow(_SQL.remove_exception, uuid_of(exception_id), now)


def _hours_of(row: asyncpg.Record, today: date) -> OpeningHours:
    if row["withdrawn_at"] is not None:
        state = "withdrawn"
    elif row["valid_from"] > today:
        state = "coming"
    else:
        state = "over" if row["valid_to"] is not None and row["valid_to"] <= today else "in_force"
    return OpeningHours(
        id=encode_id("opening_hours", row["id"].bytes),
        channel=row["channel"],
        valid_from=row["valid_from"].isoformat(),
        closed_on_holidays=row["closed_on_holidays"],
        periods=[
            OpeningPeriod(weekday, clock_of(opens), clock_of(closes))
            for weekday, opens, closes in row["periods"]
        ],
        state=state,
        made_at=timestamp(row["made_at"]),
        made_by=_person(row),
    )


def _person(row: asyncpg.Record) -> PersonRef | None:
    by_id = row["made_by"]
    return None if by_id is None else PersonRef(encode_id("agent", by_id.bytes), row["made_by_name"])
