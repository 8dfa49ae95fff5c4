"""The daily run as people see it, stop it and let it go on."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

import asyncpg
import msgspec
from asyncpg.pgproto.pgproto import UUID

from core.contracts import collecting as ask
from core.contracts.listing import Written
from core.contracts.reasons import Reason
from core.contracts.references import Money, PersonRef
from core.contracts.refusals import FieldRefused, Refused
from core.contracts.states import Brand
from core.db.rows import Connection, uuid_of
from core.identity.api import SignedIn, WriteOnce, record_action
from core.schedules.collecting.store import SQL, count_due
from core.values.clock import PARIS, Clock, paris_date
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none

DAYS_SHOWN: Final = 14
_CURRENCY: Final = "EUR"


class CollectingHandlers:
    """Operations on the daily run; it is the institution's own, so that no place bounds them."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, calendar: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._write = WriteOnce(pool, clock)

    async def report(self, _caller: SignedIn, request: ask.ReadCollecting) -> ask.CollectingReport:
        """Return what the run of a day did. Raises: FieldRefused."""
        return await self._report(self._pool, _day(request.on))

    async def due(self, _caller: SignedIn, request: ask.ReadDue) -> ask.DueReport:
        """Return what a run would claim. Raises: FieldRefused."""
        now = self._calendar.now()
        on = _day(request.on) or paris_date(now)
        # As a run at the end of that day would see it.
        moment = max(now, datetime.combine(on + timedelta(days=1), time(), PARIS))
        rows = await count_due(self._pool, on, now if on == paris_date(now) else moment)
        return ask.DueReport(
            on=on.isoformat(),
            count=sum(row["count"] for row in rows),
            rows=[
                ask.DueRow(
                    brand=_brand(row["brand"]),
                    reason=_reason(row["forbidden"]),
                    count=row["count"],
                    amount=Money(row["amount_minor"], _CURRENCY),
                )
                for row in rows
            ],
        )

    async def pause(self, caller: SignedIn, request: ask.PauseCollecting) -> Written:
        """Claim nothing any more. Raises: Refused where it is paused already, KeyReused, StillRunning."""

        async def effect(connection: Connection) -> bytes:
            now = self._clock.now()
            paused: UUID | None = await connection.fetchval(
                SQL.pause, request.reason, uuid_of(caller.agent_id), now
            )
            if paused is None:
                raise Refused("collecting_paused")
            await self._record(connection, caller, "collecting.paused", request.reason, at=now)
            return msgspec.json.encode(await self._report(connection, None))

        return await self._write(caller, request, effect)

    async def resume(self, caller: SignedIn, request: ask.ResumeCollecting) -> Written:
        """Claim again. Raises: Refused where nothing is paused, KeyReused, StillRunning."""

        async def effect(connection: Connection) -> bytes:
            now = self._clock.now()
            resumed: UUID | None = await connection.fetchval(
                SQL.resume, uuid_of(caller.agent_id), now, request.reason
            )
            if resumed is None:
                raise Refused("collecting_not_paused")
            await self._record(connection, caller, "collecting.resumed", request.reason, at=now)
            return msgspec.json.encode(await self._report(connection, None))

        return await self._write(caller, request, effect)

    async def _record(
        self, connection: Connection, caller: SignedIn, kind: str, reason: str, *, at: datetime
    ) -> None:
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=at,
            kind=kind,
            target_kind="collecting",
            target_id=None,
            facts={"reason": reason},
        )

    async def _report(self, connection: Connection, on: date | None) -> ask.CollectingReport:
        now = self._calendar.now()
        today = paris_date(now)
        day = on or today
        counted = await connection.fetch(SQL.count_debits, day)
        waiting: Any = await connection.fetchrow(SQL.count_waiting, today, now)
        began_at: datetime | None = await connection.fetchval(SQL.read_run, day)
        return ask.CollectingReport(
            on=day.isoformat(),
            today=today.isoformat(),
            began_at=timestamp_or_none(began_at),
            pause=_pause(await connection.fetchrow(SQL.standing_pause)),
            due=waiting["due"],
            waiting=waiting["waiting"],
            under_way=sum(row["count"] for row in counted if row["state"] == "open"),
            rows=[
                ask.CollectedRow(
                    brand=_brand(row["brand"]),
                    outcome=row["state"],
                    reason=_reason(row["reason"]),
                    count=row["count"],
                    amount=Money(row["amount_minor"], _CURRENCY),
                )
                for row in counted
            ],
            days=[
                ask.CollectingDay(
                    on=row["run_on"].isoformat(),
                    count=row["count"],
                    approved=row["approved"],
                    amount=Money(row["amount_minor"], _CURRENCY),
                )
                for row in await connection.fetch(SQL.list_days, DAYS_SHOWN)
            ],
        )


def _pause(row: asyncpg.Record | None) -> ask.CollectingPause | None:
    if row is None:
        return None
    return ask.CollectingPause(
        reason=row["reason"],
        paused_at=timestamp(row["paused_at"]),
        paused_by=PersonRef(encode_id("agent", row["paused_by"].bytes), row["paused_by_name"]),
    )


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise FieldRefused("on", "malformed") from error


def _brand(number: int) -> Any:
    return Brand(number).name.lower()


def _reason(number: int) -> str | None:
    return None if number == Reason.NONE else Reason(number).name.lower()
