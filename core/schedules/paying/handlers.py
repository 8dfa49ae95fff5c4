"""What merchants' programs ask of the payment of an order."""

from typing import Final

import asyncpg

from core.cards.api import open_frame, open_frames
from core.contracts import order_payments as ask
from core.contracts.references import Money
from core.identity.api import Integrator
from core.schedules.paying import store
from core.schedules.paying.errors import CardFramesTooMany, NotSoldAtADistance, OrderNotPayable
from core.values.clock import Clock, paris_date
from core.values.timestamps import timestamp
from core.values.web_pages import is_page_of

FRAMES_OPEN_MAX: Final = 20
"""Of one order. Each stands for half an hour, so that this is a customer who begins again every other minute."""

_RETRY_AFTER_S: Final = 300


class PayingHandlers:
    """Operations of merchants' programs: all of it is of their company, another's order is not found.

    Debits are counted by the `calendar` of schedules, pages and tokens by the clock.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock, calendar: Clock, *, frame_url: str) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._frame_url = frame_url

    async def open_frame(self, caller: Integrator, request: ask.OpenCardFrame) -> ask.CardFrameView:
        """Open a page for a card. Raises: NotFound, OrderNotPayable, NotSoldAtADistance, CardFramesTooMany, FieldRefused."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            purchase = await store.lock_purchase(connection, request.id, caller.company_id)
            if purchase.state != "awaiting_payment":
                raise OrderNotPayable(purchase.state)
            if not await store.give_terminal(connection, purchase, caller.company_id):
                raise NotSoldAtADistance
            if await open_frames(connection, request.id, now=now) >= FRAMES_OPEN_MAX:
                raise CardFramesTooMany(retry_after_s=_RETRY_AFTER_S)
            return_url = request.return_url
            if return_url is None and is_page_of(purchase.return_url, origin=request.origin):
                return_url = purchase.return_url
            opened = await open_frame(
                connection,
                frame_url=self._frame_url,
                company_id=caller.company_id,
                purpose="purchase",
                subject_id=request.id,
                origin=request.origin,
                return_url=return_url,
                language=request.language or purchase.language,
                amount_minor=purchase.amount_minor,
                currency=purchase.currency,
                needed_until=purchase.needed_until or paris_date(self._calendar.now()),
                now=now,
            )
        return ask.CardFrameView(
            address=opened.address,
            amount=Money(purchase.amount_minor, purchase.currency),
            expires_at=timestamp(opened.expires_at),
        )
