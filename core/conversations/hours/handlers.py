"""Channels, their hours and special days, and what they come to."""

from datetime import date, timedelta

import asyncpg
import msgspec
import phonenumbers

from core.contracts import opening_hours as ask
from core.contracts.desk import FieldProblem
from core.contracts.listing import Nothing, Written
from core.contracts.refusals import FieldRefused, NotFound, Refused
from core.conversations.errors import HoursBegun
from core.conversations.hours import store
from core.conversations.hours.offering import offer_of, offers_at, openings_at
from core.conversations.hours.rules import (
    PERIODS_OF_A_DAY_MAX,
    Period,
    clock_of,
    minute_of,
    overlapping,
)
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, record_action, refuse_if_stale, refuse_repeat_of_another
from core.values.clock import Clock, paris_date, to_unix_us
from core.values.timestamps import timestamp

_CALLED = ("phone", "whatsapp", "collections")
_COSTLY = (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)


class HoursHandlers:
    """Operations on the ways in which customers reach us: the institution's own, so that no place bounds them."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def offers(self, request: ask.WhatIsOffered) -> ask.ContactOffers:
        """Return what is offered now, to anybody."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            return ask.ContactOffers(timestamp(now), await offers_at(connection, now, request.locale))

    async def channels(self, caller: SignedIn, request: ask.ListContactChannels) -> ask.ContactChannelList:
        """Return every channel with what it comes to at a moment. Raises: FieldRefused."""
        at = request.at or self._clock.now()
        if not 2000 <= at.year <= 2100:
            raise FieldRefused("at", "out_of_range", "2000 to 2100")
        async with self._pool.acquire() as connection:
            found = await openings_at(connection, at, caller.language)
        return ask.ContactChannelList(
            timestamp(at),
            [_channel_of(channel, offer_of(channel, opening, caller.language)) for channel, opening in found],
        )

    async def change_channel(self, caller: SignedIn, request: ask.ChangeContactChannel) -> Written:
        """Write every field of a channel. Raises: FieldRefused, ChangedMeanwhile, KeyReused."""
        address = _checked_address(request)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            before = await store.lock_channel(connection, request.channel)
            await refuse_if_stale(
                connection,
                target_kind="contact_channel",
                target_id=None,
                code=request.channel,
                read=request.revision,
                present=to_unix_us(before.changed_at),
            )
            await store.change_channel(connection, request, address, now)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="contact_channel.changed",
                target_kind="contact_channel",
                target_id=None,
                facts={"code": request.channel, "offered": request.offered, "address": address},
            )
            found = await openings_at(connection, now, caller.language)
            channel, opening = next(each for each in found if each[0].channel == request.channel)
            return msgspec.json.encode(_channel_of(channel, offer_of(channel, opening, caller.language)))

        return await self._write(caller, request, effect)

    async def hours(self, _caller: SignedIn, request: ask.ListOpeningHours) -> ask.OpeningHoursList:
        """Return versions of hours."""
        today = paris_date(self._clock.now())
        return ask.OpeningHoursList(await store.list_hours(self._pool, today, channel=request.channel))

    async def set_hours(self, caller: SignedIn, request: ask.SetOpeningHours) -> Written:
        """Set weekly hours from a day on. Raises: Refused with fields, FieldRefused, KeyReused."""
        now = self._clock.now()
        today = paris_date(now)
        valid_from = _day(request.valid_from, "valid_from")
        periods = [
            Period(each.weekday, minute_of(each.opens), minute_of(each.closes)) for each in request.periods
        ]
        if problems := _problems(periods, valid_from, today):
            raise Refused("invalid_request", errors=problems)

        async def effect(connection: Connection) -> bytes:
            made = await store.add_hours(
                connection,
                channel=request.channel,
                valid_from=valid_from,
                closed_on_holidays=request.closed_on_holidays,
                periods=periods,
                agent_id=caller.agent_id,
                now=now,
            )
            if made is None:
                raise FieldRefused("valid_from", "taken")
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="opening_hours.set",
                target_kind="opening_hours",
                target_id=made,
                facts={"contact_channel": request.channel, "effective_on": request.valid_from},
            )
            (shown,) = await store.list_hours(connection, today, hours_id=made)
            return msgspec.json.encode(shown)

        return await self._write(caller, request, effect)

    async def withdraw(self, caller: SignedIn, request: ask.WithdrawOpeningHours) -> Written:
        """Take back hours that have not begun. Raises: NotFound, HoursBegun, DoneByAnother, KeyReused."""
        now = self._clock.now()
        today = paris_date(now)

        async def effect(connection: Connection) -> bytes:
            found = await store.lock_hours(connection, request.id)
            if found is None:
                raise NotFound
            if found["withdrawn_at"] is not None:
                await refuse_repeat_of_another(connection, caller, request.id, "opening_hours.withdrawn")
            elif found["valid_from"] <= today:
                raise HoursBegun
            else:
                await store.withdraw_hours(connection, request.id, now)
                await record_action(
                    connection,
                    agent_id=caller.agent_id,
                    at=now,
                    kind="opening_hours.withdrawn",
                    target_kind="opening_hours",
                    target_id=request.id,
                    facts={"contact_channel": found["channel"], "reason": request.reason},
                )
            (shown,) = await store.list_hours(connection, today, hours_id=request.id)
            return msgspec.json.encode(shown)

        return await self._write(caller, request, effect)

    async def exceptions(
        self, _caller: SignedIn, _request: ask.ListOpeningExceptions
    ) -> ask.OpeningExceptionList:
        """Return the special days to come."""
        today = paris_date(self._clock.now())
        return ask.OpeningExceptionList(await store.list_exceptions(self._pool, since=today))

    async def add_exception(self, caller: SignedIn, request: ask.AddOpeningException) -> Written:
        """Add a special day. Raises: FieldRefused, KeyReused."""
        now = self._clock.now()
        day = _day(request.day, "day")
        if day < paris_date(now):
            raise FieldRefused("day", "past")
        if (request.opens is None) is not (request.closes is None):
            raise FieldRefused("closes" if request.closes is None else "opens", "missing")
        if request.opens and request.closes and minute_of(request.closes) <= minute_of(request.opens):
            raise FieldRefused("closes", "before_opening")

        async def effect(connection: Connection) -> bytes:
            made = await store.add_exception(connection, request, day, agent_id=caller.agent_id, now=now)
            if made is None:
                raise FieldRefused("day", "taken")
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="opening_exception.added",
                target_kind="opening_exception",
                target_id=made,
                facts={"day": request.day, "name": request.label_fr},
            )
            (shown,) = await store.list_exceptions(connection, since=day, exception_id=made)
            return msgspec.json.encode(shown)

        return await self._write(caller, request, effect)

    async def remove_exception(self, caller: SignedIn, request: ask.RemoveOpeningException) -> Nothing:
        """Let a day be as its weekday. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            removed = await store.remove_exception(connection, request.id, now)
            if removed is None:
                raise NotFound
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="opening_exception.removed",
                target_kind="opening_exception",
                target_id=request.id,
                facts={"day": removed["day"].isoformat(), "name": removed["label_fr"]},
            )
        return Nothing()


def _problems(periods: list[Period], valid_from: date, today: date) -> list[FieldProblem]:
    """Return what no bound of a single field says."""
    found: list[FieldProblem] = []
    if valid_from <= today:
        found.append(FieldProblem("valid_from", "out_of_range", f"from {today + timedelta(days=1)} on"))
    for place, each in enumerate(periods):
        if each.closes_minute <= each.opens_minute:
            found.append(FieldProblem(f"periods[{place}].closes", "before_opening"))
    if (second := overlapping(periods)) is not None:
        place = periods.index(second)
        found.append(FieldProblem(f"periods[{place}].opens", "overlaps", clock_of(second.opens_minute)))
    for weekday in range(1, 8):
        if sum(each.weekday == weekday for each in periods) > PERIODS_OF_A_DAY_MAX:
            found.append(FieldProblem("periods", "too_many"))
            break
    return found


def _checked_address(asked: ask.ChangeContactChannel) -> str:
    """Return the number of a channel as it is kept. Raises: FieldRefused."""
    if asked.channel not in _CALLED:
        if asked.address:
            raise FieldRefused("address", "not_expected")
        return ""
    if not asked.address:
        if asked.offered:
            raise FieldRefused("address", "missing")
        return ""
    try:
        number = phonenumbers.parse(asked.address, "FR")
    except phonenumbers.NumberParseException as error:
        raise FieldRefused("address", "malformed") from error
    if not phonenumbers.is_possible_number(number):
        raise FieldRefused("address", "malformed")
    if phonenumbers.number_type(number) in _COSTLY:
        raise FieldRefused("address", "premium_rate")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _channel_of(channel: store.Channel, offer: ask.ContactOffer) -> ask.ContactChannel:
    return ask.ContactChannel(
        channel=channel.channel,
        offered=channel.offered,
        address=channel.address,
        note_fr=channel.note_fr,
        note_en=channel.note_en,
        revision=to_unix_us(channel.changed_at),
        offer=offer,
    )


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldRefused(field, "malformed") from error
