"""What merchants' programs ask of the payment of an order."""

from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from core.cards.api import Payer, open_frame, open_frames, refuse_tries
from core.contracts import order_payments as ask
from core.contracts.cards import Language
from core.contracts.listing import Written
from core.contracts.orders import OneMerchantOrder, OrderPayment, PayableOrder, PaymentAction
from core.contracts.references import Money
from core.contracts.refusals import NotFound
from core.identity.api import Claim, Integrator, once
from core.schedules.orders.pages import refuse_own_machine
from core.schedules.orders.store import Sought, instalments_of, list_orders
from core.schedules.orders.views import payable_of
from core.schedules.paying import store
from core.schedules.paying.errors import CardFramesTooMany, NotSoldAtADistance, OrderNotPayable
from core.schedules.paying.paying import Asked, Payment, Payments
from core.values.bilingual import load_bilingual
from core.values.clock import Clock, paris_date
from core.values.timestamps import timestamp
from core.values.web_pages import is_page_of

FRAMES_OPEN_MAX: Final = 20
"""Of one order. Each stands for half an hour, so that this is a customer who begins again every other minute."""

_RETRY_AFTER_S: Final = 300
_WORDS: Final = load_bilingual(Path(__file__).with_name("words.toml"))


class PayingHandlers:
    """Operations of merchants' programs: all of it is of their company, another's order is not found.

    Debits are counted by the `calendar` of schedules, pages and tokens by the clock.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        calendar: Clock,
        payments: Payments,
        *,
        frame_url: str,
        loopback: bool,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._payments = payments
        self._frame_url = frame_url
        self._loopback = loopback

    async def order(self, caller: Integrator, request: OneMerchantOrder) -> PayableOrder:
        """Return one order, and how its first payment stands. Raises: NotFound."""
        rows = await list_orders(self._pool, Sought(caller.company_id, order_id=request.id))
        if not rows:
            raise NotFound
        (row,) = rows
        instalments = await instalments_of(self._pool, [row["id"]])
        payment = await self._payments.stands(self._pool, request.id)
        return payable_of(row, instalments[row["id"]], caller.language, _shown(payment, row["language"]))

    async def pay(self, caller: Integrator, request: ask.PayOrder) -> Written:
        """Pay an order, as far as that goes. Raises: NotFound, OrderNotPayable, PaymentUnderWay, CardTokenRefused, CardTriesTooMany, FieldRefused."""

        async def effect(_claim: Claim) -> bytes:
            await self._payments.pay(Asked(caller.company_id, request.id, request.token, request.return_url))
            return msgspec.json.encode(await self.order(caller, OneMerchantOrder(id=request.id)))

        return await once(self._pool, self._clock, caller, request, effect)

    async def open_frame(self, caller: Integrator, request: ask.OpenCardFrame) -> ask.CardFrameView:
        """Open a page for a card. Raises: NotFound, OrderNotPayable, NotSoldAtADistance, CardFramesTooMany, CardTriesTooMany, FieldRefused."""
        refuse_own_machine(request.origin, "origin", loopback=self._loopback)
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            purchase = await store.lock_purchase(connection, request.id, caller.company_id)
            if purchase.state != "awaiting_payment":
                raise OrderNotPayable(purchase.state)
            if not await store.give_terminal(connection, purchase, caller.company_id):
                raise NotSoldAtADistance
            if await open_frames(connection, [request.id], now=now) >= FRAMES_OPEN_MAX:
                raise CardFramesTooMany(retry_after_s=_RETRY_AFTER_S)
            today = paris_date(self._calendar.now())
            await refuse_tries(connection, Payer(purchase.id, purchase.email_key), today=today)
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
                needed_until=purchase.needed_until or today,
                now=now,
            )
        return ask.CardFrameView(
            address=opened.address,
            amount=Money(purchase.amount_minor, purchase.currency),
            expires_at=timestamp(opened.expires_at),
        )


def _shown(payment: Payment, language: Language) -> OrderPayment:
    said = "closed" if payment.state == "closed" else payment.why
    return OrderPayment(
        state=payment.state,
        reason=payment.why,
        text=None if said is None else _WORDS[said].said(language),
        action=None
        if payment.expires_at is None
        else PaymentAction(redirect=payment.address, expires_at=timestamp(payment.expires_at)),
    )
