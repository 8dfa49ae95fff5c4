"""An agent sends a mail of an order once more: as it stands now, to the address of the order, once its customer has proved it."""

from datetime import datetime, time
from typing import Final

import asyncpg
import msgspec

from core.contracts import order_records as ask
from core.contracts.listing import Written
from core.contracts.order_records import LASTING_TEMPLATES, RESENT_A_DAY_MAX, OrderRight
from core.contracts.refusals import FieldRefused
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, record_action
from core.notifications.api import Queued, TemplateUnknown, masked, queue_mails
from core.schedules.notices.model import Letter
from core.schedules.notices.rules import is_so_again, letter_of
from core.schedules.notices.store import read_told
from core.schedules.orders import store
from core.schedules.orders.errors import (
    AddressNotProved,
    MessageNotResendable,
    MessageStillWaiting,
    ResentTooOften,
)
from core.schedules.orders.records import find_row, read_record
from core.schedules.orders.store import Actor, Event
from core.values.clock import PARIS, Clock, paris_date

_FACTS: Final = msgspec.json.Decoder(dict[str, str]).decode


class ResendHandlers:
    """The operation by which agents send a mail of an order once more."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, calendar: Clock) -> None:
        self._clock = clock
        self._calendar = calendar
        self._write = WriteOnce(pool, clock)

    async def resend(self, caller: SignedIn, request: ask.ResendMessage) -> Written:
        """Send a mail of an order once more.

        Raises: NotFound, FieldRefused, MessageStillWaiting, MessageNotResendable, AddressNotProved, ResentTooOften, KeyReused,
        StillRunning.
        """
        now = self._calendar.now()
        today = paris_date(now)

        async def effect(connection: Connection) -> bytes:
            await find_row(connection, caller, OrderRight.WRITE, request.id)
            # Whoever sends another one waits here, so that the bound holds.
            await store.hold(connection, [request.id])
            mail = await store.find_message(connection, request.id, request.message)
            if mail is None:
                raise FieldRefused("message", "not_found")
            if mail["state"] == "waiting":
                raise MessageStillWaiting
            if not mail["is_proved"]:
                raise AddressNotProved
            midnight = datetime.combine(today, time(), PARIS)
            if await store.count_resent(connection, request.id, since=midnight) >= RESENT_A_DAY_MAX:
                raise ResentTooOften(RESENT_A_DAY_MAX)
            letter = await _letter(connection, mail, now)
            if letter is None:
                raise MessageNotResendable
            try:
                (sent,) = await queue_mails(
                    connection,
                    [
                        Queued(
                            template=letter.template,
                            to=mail["email"],
                            locale=mail["locale"],
                            facts=letter.facts,
                            about_kind="order",
                            about_id=request.id,
                            once_key=f"resent:{new_id(self._clock).hex()}",
                        )
                    ],
                )
            except TemplateUnknown as error:  # Written by a version whose words had other facts.
                raise MessageNotResendable from error
            facts = {"template": mail["template"], "reason": request.reason}
            actor = Actor("agent", caller.agent_id)
            await store.add_events(connection, [Event(request.id, now, "message_resent", actor, sent, facts)])
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=self._clock.now(),
                kind="order.message_resent",
                target_kind="order",
                target_id=request.id,
                facts=facts | {"recipient": masked(mail["email"])},
            )
            record = await read_record(connection, caller, OrderRight.WRITE, request.id, today=today)
            return msgspec.json.encode(record)

        return await self._write(caller, request, effect)


async def _letter(connection: Connection, mail: asyncpg.Record, now: datetime) -> Letter | None:
    """Return what a mail says as its order stands, which is held; None where it is so no longer."""
    if mail["template"] not in LASTING_TEMPLATES:
        return None
    if mail["notice_id"] is not None:
        due = await read_told(connection, mail["notice_id"].bytes)
        return letter_of(due) if is_so_again(due, now) else None
    facts = _FACTS(mail["facts"])
    # That of another card has no notice, and names the card that is to pay.
    is_so = mail["order_state"] in ("in_progress", "unpaid") and facts.get("new") == mail["last_four"]
    return Letter("card_changed", facts) if mail["template"] == "card_changed" and is_so else None
