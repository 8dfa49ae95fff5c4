"""What customers ask of the card of a purchase: all of it within the addresses that they proved."""

from typing import Any, Final

import asyncpg

from core.cards.api import Authentication, Payer, open_frame, open_frames, refuse_tries
from core.contracts import card_changes as ask
from core.contracts.cards import Language
from core.contracts.orders import OrderId
from core.contracts.references import Money
from core.contracts.refusals import NotFound
from core.db.rows import Connection, uuid_of
from core.identity.api import Customer
from core.schedules.changing import store
from core.schedules.changing.changing import CardChanges
from core.schedules.changing.errors import (
    CardChangeUnderWay,
    CardNotChangeable,
    CardPagesTooMany,
    NothingToCollectNow,
)
from core.schedules.changing.store import HeldOrder
from core.schedules.changing.views import change_view
from core.values.clock import Clock, paris_date
from core.values.timestamps import timestamp
from core.values.web_pages import origin_of

PAGES_OPEN_MAX: Final = 10
"""Of the changes of an order. Each stands for half an hour: a customer who begins again every third minute."""

LOOKED_AT_MAX: Final = 50
"""Newest changes whose pages are counted. Those before are older than a page stands: few cards may be tried on a day."""


class CardChangeHandlers:
    """Operations of customers; `frame_url` is where browsers find the card frame."""

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, calendar: Clock, changes: CardChanges, *, frame_url: str
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._changes = changes
        self._frame_url = frame_url

    async def open(self, caller: Customer, request: ask.OpenCardChange) -> ask.CardChangePage:
        """Open a page for another card. Raises: NotFound, CardNotChangeable, CardChangeUnderWay, CardPagesTooMany, CardTriesTooMany."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _find(connection, caller, request.id)
            order = await store.hold_order(connection, request.id)
            standing = self._changes.standing(order)
            if standing.refusal is not None or standing.last_debit is None or order.card_id is None:
                raise CardNotChangeable(standing.refusal or "nothing_due", until=standing.until)
            today = paris_date(self._calendar.now())
            await refuse_tries(connection, Payer(order.id, order.email_key), today=today)
            now = self._clock.now()
            changes = await store.latest_changes(connection, order.id, limit=LOOKED_AT_MAX)
            if await open_frames(connection, changes, now=now) >= PAGES_OPEN_MAX:
                raise CardPagesTooMany
            change_id = await self._change_of(connection, caller, order, order.card_id)
            page = self._changes.page_of(change_id)
            opened = await open_frame(
                connection,
                frame_url=self._frame_url,
                company_id=order.company_id,
                purpose="change",
                subject_id=change_id,
                origin=origin_of(page),
                return_url=page,
                language=_language(caller),
                amount_minor=None,
                currency=order.currency,
                needed_until=standing.last_debit,
                now=now,
            )
            view = await self._view(connection, caller, change_id, None)
        return ask.CardChangePage(
            change=view,
            last_debit=standing.last_debit.isoformat(),
            address=opened.address,
            expires_at=timestamp(opened.expires_at),
        )

    async def one(self, caller: Customer, request: ask.OneCardChange) -> ask.MyCardChange:
        """Return a change. Raises: NotFound."""
        return await self._view(self._pool, caller, request.id, None)

    async def go_on(self, caller: Customer, request: ask.ContinueCardChange) -> ask.MyCardChange:
        """Go on with a change as far as can be. Raises: NotFound, CardTokenUseless, CardTypedElsewhere, CardTriesTooMany."""
        await self._view(self._pool, caller, request.id, None)
        if request.token is not None:
            await self._changes.take(request.id, request.token)
        at_bank = await self._changes.go_on(request.id, language=_language(caller))
        return await self._view(self._pool, caller, request.id, at_bank)

    async def collect_now(self, caller: Customer, request: ask.CollectNow) -> ask.CollectedNow:
        """Let what failed by the card before be tried at once. Raises: NotFound, NothingToCollectNow."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _find(connection, caller, request.id)
            order = await store.hold_order(connection, request.id)
            if order.card_id is None:
                raise NothingToCollectNow
            rows = await connection.fetch(
                store.SQL.collect_now,
                uuid_of(request.id),
                uuid_of(order.card_id),
                paris_date(self._calendar.now()),
            )
            if not rows:
                raise NothingToCollectNow
        return ask.CollectedNow(amount=Money(sum(row["amount_minor"] for row in rows), order.currency))

    async def _change_of(
        self, connection: Connection, caller: Customer, order: HeldOrder, card_id: bytes
    ) -> bytes:
        """Return the change that waits for a card, or a new one in the place of one whose holder did not come back."""
        standing = await connection.fetchrow(store.SQL.open_change, uuid_of(order.id))
        if standing is not None:
            if standing["state"] == "opened" and standing["old_card_id"].bytes == card_id:
                return standing["id"].bytes
            if standing["state"] == "verifying":
                raise CardChangeUnderWay
            typed = standing["card_id"]
            await self._changes.replace(
                connection, standing["id"].bytes, None if typed is None else typed.bytes
            )
        made: Any = await connection.fetchval(
            store.SQL.add_change,
            uuid_of(order.id),
            uuid_of(caller.customer_id),
            uuid_of(card_id),
            self._calendar.now(),
        )
        return made.bytes

    async def _view(
        self, connection: Connection, caller: Customer, change_id: bytes, at_bank: Authentication | None
    ) -> ask.MyCardChange:
        row = await connection.fetchrow(store.SQL.change_of_customer, uuid_of(change_id), list(caller.emails))
        if row is None:
            raise NotFound
        waiting: Money | None = None
        if row["state"] == "done":
            found = await connection.fetchrow(
                store.SQL.waits_by_other_card, row["order_id"], paris_date(self._calendar.now())
            )
            if found is not None and found["amount_minor"]:
                waiting = Money(found["amount_minor"], found["currency"])
        return change_view(
            row,
            order=OrderId(row["order_id"].bytes).text,
            redirect=None if at_bank is None else at_bank.address,
            waiting=waiting,
        )


def _language(caller: Customer) -> Language:
    """Return what the customer reads now, whatever the shop of the order spoke."""
    return "en" if caller.language == "en" else "fr"


async def _find(connection: Connection, caller: Customer, order_id: bytes) -> None:
    """Raises: NotFound, for a purchase that was made with another address."""
    found = await connection.fetchval(store.SQL.order_of_customer, uuid_of(order_id), list(caller.emails))
    if found is None:
        raise NotFound
