"""Pay an order by a card that was typed: token, authentication, first debit, each once whatever arrives how often.

A token makes one card, a card of an order has one authentication and at most one debit. Whoever asks again is told how it
stands, and goes on where it stopped: after a challenge, after a crash, in a second tab.
"""

from datetime import date, datetime
from typing import NamedTuple

import asyncpg

from core.cards.api import (
    Authentication,
    Authentications,
    Payer,
    Question,
    StoredCard,
    Use,
    card_of,
    count_try,
    release_card,
    spend_token,
)
from core.contracts.orders import NotPaid, PaymentState
from core.contracts.refusals import FieldRefused
from core.db.rows import Connection
from core.schedules.collecting.first_debits import FirstDebits
from core.schedules.orders.pages import check_return_page
from core.schedules.paying import store
from core.schedules.paying.errors import OrderNotPayable, PaymentUnderWay
from core.schedules.paying.rules import after_authentication, after_debit, may_still_pay
from core.schedules.paying.store import Purchase
from core.values.clock import Clock, paris_date


class Payment(NamedTuple):
    """How the payment of an order stands; `address` is where its holder goes while they are challenged."""

    state: PaymentState
    why: NotPaid | None = None
    address: str = ""
    expires_at: datetime | None = None


class Asked(NamedTuple):
    """What a merchant's program asks: by which token, or to go on with what stands; where the browser comes back."""

    company_id: bytes
    order_id: bytes
    token_id: bytes | None
    return_url: str | None


class Payments:
    """The first payments of orders. Tries are counted by the `calendar` of schedules, tokens by the clock."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        calendar: Clock,
        authentications: Authentications,
        debits: FirstDebits,
        *,
        loopback: bool,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._authentications = authentications
        self._debits = debits
        self._loopback = loopback

    async def pay(self, asked: Asked) -> None:
        """Go on as far as can be; `stands` tells how far that was.

        Raises: NotFound, OrderNotPayable, PaymentUnderWay, CardTokenRefused, CardTriesTooMany, FieldRefused.
        """
        taken = await self._take(asked)
        if taken is None:
            return
        purchase, card = taken
        authentication = await self._authentication(asked, purchase, card)
        if not authentication.vouches_for(amount_minor=purchase.amount_minor, currency=purchase.currency):
            return
        async with self._pool.acquire() as connection, connection.transaction():
            purchase = await store.lock_purchase(connection, asked.order_id, asked.company_id)
            begun = await self._begin(connection, purchase, card, authentication)
        if begun is not None:
            await self._debits.pay(*begun, card, authentication)

    async def stands(self, connection: Connection, order_id: bytes) -> Payment:
        """Return how the payment of an order stands."""
        facts = await store.payment_facts(connection, order_id)
        if facts.is_active:
            return Payment("paid")
        # A debit that is on its way is still heard of; what else was tried leads nowhere now.
        if facts.is_closed and (facts.debit is None or not may_still_pay(facts.debit[0])):
            return Payment("closed")
        if facts.card_id is None:
            return Payment("no_card")
        if facts.debit is not None:
            return Payment(*after_debit(*facts.debit))
        latest = await self._authentications.latest(connection, subject_id=order_id, card_id=facts.card_id)
        if latest is None:
            return Payment("to_finish")
        fits = (latest.amount_minor, latest.currency) == (facts.amount_minor, facts.currency)
        state, why = after_authentication(latest.state, fits=fits)
        is_challenged = state == "challenge"
        return Payment(state, why, latest.address, latest.expires_at if is_challenged else None)

    async def _take(self, asked: Asked) -> tuple[Purchase, StoredCard] | None:
        """Let the order have the card of the token; None where there is nothing to go on with."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            purchase = await store.lock_purchase(connection, asked.order_id, asked.company_id)
            use = Use(asked.company_id, "purchase", asked.order_id)
            if purchase.state != "awaiting_payment":
                # A repeat of what paid it is told so; a token that was never used, that it is too late.
                is_repeat = asked.token_id is None or await store.is_paid_by(
                    connection, purchase, asked.token_id
                )
                if not (purchase.is_active and is_repeat):
                    raise OrderNotPayable(purchase.state)
                return None
            if asked.token_id is None:
                card = None if purchase.card_id is None else await card_of(connection, purchase.card_id)
                if card is None:
                    raise FieldRefused("token", "missing")
                return purchase, card
            if purchase.debit_state == "open" and asked.token_id != purchase.token_id:
                raise PaymentUnderWay
            if asked.token_id == purchase.token_id and purchase.card_id is not None:
                card = await card_of(connection, purchase.card_id)
                assert card is not None
                return purchase, card
            _return_url(asked, purchase, loopback=self._loopback)
            payer = Payer(purchase.id, purchase.email_key)
            await count_try(connection, payer, today=paris_date(self._calendar.now()))
            # A token that made another card before stays spent: who repeats an older one does not bring that card back.
            card = await spend_token(connection, asked.token_id, use, now=now)
            if purchase.card_id is not None:
                await release_card(connection, purchase.card_id, now=now)
            await store.give_card(connection, purchase.id, card.id)
        return purchase, card

    async def _authentication(self, asked: Asked, purchase: Purchase, card: StoredCard) -> Authentication:
        """Return the one authentication of a card for its order, asked for where there was none. Raises: FieldRefused."""

        async def question() -> Question:
            return Question(
                purpose="purchase",
                subject_id=purchase.id,
                amount_minor=purchase.amount_minor,
                currency=purchase.currency,
                payee=purchase.payee,
                language=purchase.language,
                return_url=_return_url(asked, purchase, loopback=self._loopback),
            )

        return await self._authentications.ask_once(card, purchase.id, question)

    async def _begin(
        self,
        connection: Connection,
        purchase: Purchase,
        card: StoredCard,
        authentication: Authentication,
    ) -> tuple[bytes, date] | None:
        if purchase.is_active:
            return None
        if purchase.state != "awaiting_payment":
            raise OrderNotPayable(purchase.state)
        # One debit a card and an authentication: what the bank declined is not asked again by itself.
        if purchase.card_id != card.id or purchase.debit_state is not None:
            return None
        if not authentication.vouches_for(amount_minor=purchase.amount_minor, currency=purchase.currency):
            return None
        return await self._debits.begin(connection, purchase.id, purchase.instalment_id)


def _return_url(asked: Asked, purchase: Purchase, *, loopback: bool) -> str:
    """Return where the browser comes back from its bank. Raises: FieldRefused."""
    url = asked.return_url or purchase.return_url
    if not url:
        raise FieldRefused("return_url", "missing")
    return check_return_page(url, loopback=loopback)
