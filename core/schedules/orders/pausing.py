"""An agent pauses the collection of one order, and resumes it.

A claim of what is due and a pause race for the rows of the instalments: what was claimed before goes on to its end, and
what is not is not claimed before the day that the pause says.
"""

from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from core.contracts import order_records as ask
from core.contracts.listing import Written
from core.contracts.order_records import PAUSED_DAYS_MAX, OrderRight
from core.contracts.orders import OrderEventKind
from core.contracts.refusals import FieldRefused
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, record_action
from core.schedules.orders import store
from core.schedules.orders.errors import NothingToPause, NotPaused
from core.schedules.orders.records import find_row, read_record
from core.schedules.orders.rules import said_days
from core.schedules.orders.store import Actor, Event
from core.values.clock import Clock, paris_date

_COLLECTED = ("in_progress", "unpaid", "being_settled")


class PauseHandlers:
    """Operations of agents on the collection of one order. Days are those of the schedules' calendar."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, calendar: Clock) -> None:
        self._clock = clock
        self._calendar = calendar
        self._write = WriteOnce(pool, clock)

    async def pause(self, caller: SignedIn, request: ask.PauseOrder) -> Written:
        """Debit nothing before a day. Raises: NotFound, FieldRefused, NothingToPause, KeyReused, StillRunning."""
        now = self._calendar.now()
        today = paris_date(now)
        try:
            until = date.fromisoformat(request.until)
        except ValueError as error:
            raise FieldRefused("until", "malformed") from error

        async def effect(connection: Connection) -> bytes:
            row = await find_row(connection, caller, OrderRight.WRITE, request.id)
            first, last = today + timedelta(days=1), today + timedelta(days=PAUSED_DAYS_MAX)
            if not first <= until <= last:
                raise FieldRefused("until", "out_of_range", said_days(first, last))
            pause_id = await pause_order(
                connection, request.id, caller.agent_id, request.reason, until=until, at=now
            )
            facts = {"until": until.isoformat(), "reason": request.reason}
            event = {"due_on": until, "reason": request.reason}
            await self._note(connection, caller, request.id, "paused", pause_id, event, facts, at=now)
            return await self._answer(connection, caller, row["id"].bytes, today)

        return await self._write(caller, request, effect)

    async def resume(self, caller: SignedIn, request: ask.ResumeOrder) -> Written:
        """Debit again. Raises: NotFound, NotPaused, KeyReused, StillRunning."""
        now = self._calendar.now()
        today = paris_date(now)

        async def effect(connection: Connection) -> bytes:
            row = await find_row(connection, caller, OrderRight.WRITE, request.id)
            pause = await resume_order(connection, request.id, caller.agent_id, request.reason, at=now)
            facts = {"until": pause["until_on"].isoformat(), "reason": request.reason}
            event = {"reason": request.reason}
            about = pause["id"].bytes
            await self._note(connection, caller, request.id, "resumed", about, event, facts, at=now)
            return await self._answer(connection, caller, row["id"].bytes, today)

        return await self._write(caller, request, effect)

    async def _note(
        self,
        connection: Connection,
        caller: SignedIn,
        order_id: bytes,
        kind: OrderEventKind,
        pause_id: bytes,
        event: dict[str, Any],
        facts: dict[str, Any],
        *,
        at: datetime,
    ) -> None:
        actor = Actor("agent", caller.agent_id)
        await store.add_events(connection, [Event(order_id, at, kind, actor, pause_id, event)])
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=self._clock.now(),
            kind=f"order.{kind}",
            target_kind="order",
            target_id=order_id,
            facts=facts,
        )

    async def _answer(self, connection: Connection, caller: SignedIn, order_id: bytes, today: date) -> bytes:
        record = await read_record(connection, caller, OrderRight.WRITE, order_id, today=today)
        return msgspec.json.encode(record)


async def pause_order(
    connection: Connection, order_id: bytes, agent_id: bytes, reason: str, *, until: date, at: datetime
) -> bytes:
    """Let nothing of an order be claimed before a day, from now on; return the pause. Raises: NothingToPause."""
    await store.hold(connection, [order_id])
    # What is claimed just now is waited for, and is claimed before the pause.
    order = (await store.read(connection, [order_id]))[order_id]
    if order.state not in _COLLECTED:
        raise NothingToPause(order.state)
    await store.end_pause(connection, order_id, agent_id, reason, at=at)
    pause_id = await store.add_pause(connection, order_id, agent_id, reason, until=until, at=at)
    await store.pause_instalments(connection, order_id, until)
    return pause_id


async def resume_order(
    connection: Connection, order_id: bytes, agent_id: bytes, reason: str, *, at: datetime
) -> asyncpg.Record:
    """Let what is due of an order be claimed again; return the pause that was. Raises: NotPaused."""
    await store.hold(connection, [order_id])
    await store.read(connection, [order_id])
    pause = await store.find_pause(connection, order_id, today=paris_date(at))
    if pause is None:
        raise NotPaused
    await store.end_pause(connection, order_id, agent_id, reason, at=at)
    await store.pause_instalments(connection, order_id, None)
    return pause
