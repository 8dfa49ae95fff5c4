"""Settle what is unpaid: choose, give a card, be authenticated, pay the first part; each once whatever arrives how often.

| step | in one transaction | left after it |
|---|---|---|
| 1 take | the settlement is asked for, with its card; an earlier one that is not under way gives way | nothing is owed otherwise |
| 2 authenticate | by the card's issuer: core.cards | asked again, it says how it stands |
| 3 pay | its first part, claimed, and the debit of it | a round of the runs settles what nobody waits for |

What the debit says is settled where all debits are: `core.schedules.collecting.settling`, then `course`.
"""

from datetime import date, datetime, time
from typing import NamedTuple

import asyncpg

from core.cards.api import (
    Authentication,
    Authentications,
    OpenedFrame,
    Payer,
    Question,
    StoredCard,
    Use,
    card_of,
    count_try,
    good_until,
    open_frame,
    open_frames,
    refuse_tries,
    spend_token,
)
from core.contracts.cards import Language
from core.contracts.my_settlements import CardProblem
from core.contracts.refusals import NotFound
from core.db.rows import Connection, uuid_of
from core.identity.api import KeyReused
from core.schedules.collecting.first_debits import FirstDebits
from core.schedules.orders import store as orders
from core.schedules.settlements import course, store
from core.schedules.settlements.errors import (
    NothingToSettle,
    SettlementAmountChanged,
    SettlementCardUnusable,
    SettlementOvertaken,
    SettlementsTooMany,
    SettlementUnderWay,
)
from core.schedules.settlements.rules import (
    ASKED_A_DAY_MAX,
    PAGES_OPEN_MAX,
    card_problem,
    days_for,
    debited_on,
    needed_until,
    parts_for,
)
from core.schedules.settlements.store import OpenSettlement
from core.values.clock import PARIS, Clock, paris_date


class Asked(NamedTuple):
    """What a customer asks: of which order of theirs, in how many parts, of which sum as they were shown it, read in which language."""

    order_id: bytes
    emails: tuple[str, ...]
    parts: int
    amount_minor: int
    language: Language


class Settlements:
    """Settlements by customers. Parts are counted by the `calendar` of schedules, pages and tokens by the clock."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        calendar: Clock,
        authentications: Authentications,
        debits: FirstDebits,
        *,
        frame_url: str,
        space_url: str,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._authentications = authentications
        self._debits = debits
        self._frame_url = frame_url
        self._space_url = space_url

    async def open_frame(self, asked: Asked, *, order: str) -> OpenedFrame:
        """Open a page on which another card is typed, for a settlement that is asked for with it.

        Raises: NotFound, NothingToSettle, SettlementUnderWay, SettlementAmountChanged, SettlementsTooMany, CardTriesTooMany.
        """
        parts = parts_for(asked.amount_minor, asked.parts, today=self._today())
        async with self._pool.acquire() as connection, connection.transaction():
            row = await self._hold(connection, asked, key=None)
            assert row is not None
            await refuse_tries(connection, _payer(row), today=self._today())
            pages = await store.newest(connection, asked.order_id)
            if await open_frames(connection, pages, now=self._clock.now()) >= PAGES_OPEN_MAX:
                raise SettlementsTooMany
            standing = await self._make_way(connection, row, asked)
            if standing is not None and standing.card_id is None:
                settlement_id = standing.id
            else:
                settlement_id = await self._begin_anew(connection, standing, asked)
            return await open_frame(
                connection,
                frame_url=self._frame_url,
                company_id=row["company_id"].bytes,
                purpose="settlement",
                subject_id=settlement_id,
                origin=self._space_url,
                return_url=f"{self._space_url}/schedules/{order}/settle/card",
                language=asked.language,
                amount_minor=parts[0].amount_minor,
                currency=row["currency"],
                needed_until=needed_until(parts, row["last_due_on"], row["paused_until"]),
                now=self._clock.now(),
            )

    async def pay(self, asked: Asked, *, order: str, token_id: bytes | None, key: str | None) -> None:
        """Pay the first part, as far as that goes; the schedule tells how far that was.

        Raises: NotFound, NothingToSettle, SettlementUnderWay, SettlementAmountChanged, SettlementsTooMany,
        SettlementOvertaken, SettlementCardUnusable, CardTokenRefused, CardTriesTooMany, KeyReused.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await self._hold(connection, asked, key=key)
            if row is None:
                return
            settlement_id, card = await self._take(connection, row, asked, token_id, key)
        await self._go_on(asked.order_id, settlement_id, card, row, asked, order=order)

    async def go_on(
        self, order_id: bytes, emails: tuple[str, ...], *, order: str, language: Language
    ) -> None:
        """Go on with the settlement that is asked for, once its customer is back from their bank. Raises: NotFound."""
        row = await self._pool.fetchrow(store.SQL.find_order, uuid_of(order_id), list(emails))
        if row is None:
            raise NotFound
        standing = await store.find_open(self._pool, order_id)
        if standing is None or standing.state != "asked" or standing.card_id is None:
            return
        card = await card_of(self._pool, standing.card_id)
        assert card is not None
        asked = Asked(order_id, emails, standing.parts, standing.amount_minor, language)
        await self._go_on(order_id, standing.id, card, row, asked, order=order)

    async def authentication(self, settlement_id: bytes, card_id: bytes) -> Authentication | None:
        """Return how the authentication of a settlement's card stands."""
        return await self._authentications.latest(self._pool, subject_id=settlement_id, card_id=card_id)

    async def _hold(self, connection: Connection, asked: Asked, *, key: str | None) -> asyncpg.Record | None:
        """Lock an order of which something is unpaid; None where what is asked stands under its key already.

        Raises: NotFound, NothingToSettle, SettlementAmountChanged, KeyReused.
        """
        await orders.hold(connection, [asked.order_id])
        row = await connection.fetchrow(store.SQL.find_order, uuid_of(asked.order_id), list(asked.emails))
        if row is None:
            raise NotFound
        stands = None if key is None else await store.find_by_key(connection, asked.order_id, key)
        if stands is not None:
            if (stands["parts"], stands["amount_minor"]) != (asked.parts, asked.amount_minor):
                raise KeyReused
            return None
        order = (await orders.look(connection, [asked.order_id]))[asked.order_id]
        unpaid = [due.amount_minor for due in order.facts.counted if due.state == "unpaid"]
        if order.state != "unpaid" or not unpaid:
            raise NothingToSettle(order.state)
        if sum(unpaid) != asked.amount_minor or asked.amount_minor < asked.parts:
            raise SettlementAmountChanged(amount_minor=sum(unpaid), currency=order.currency)
        return row

    async def _make_way(
        self, connection: Connection, row: asyncpg.Record, asked: Asked
    ) -> OpenSettlement | None:
        """Return the settlement that is asked for and is the same; an other one gives way, unless it is being paid.

        Raises: SettlementUnderWay, SettlementsTooMany.
        """
        order_id = row["id"].bytes
        standing = await store.find_open(connection, order_id)
        if standing is not None and await store.is_under_way(connection, standing.id):
            raise SettlementUnderWay
        since = datetime.combine(self._today(), time(), PARIS)
        if await store.count(connection, order_id, since=since) >= ASKED_A_DAY_MAX:
            raise SettlementsTooMany
        if standing is None or (standing.parts, standing.amount_minor) == (asked.parts, asked.amount_minor):
            return standing
        await course.give_up(connection, standing.id, "superseded", at=self._calendar.now())
        return None

    async def _begin_anew(
        self, connection: Connection, standing: OpenSettlement | None, asked: Asked
    ) -> bytes:
        now = self._calendar.now()
        if standing is not None:
            await course.give_up(connection, standing.id, "superseded", at=now)
        return await store.add(
            connection, asked.order_id, parts=asked.parts, amount_minor=asked.amount_minor, at=now
        )

    async def _take(
        self,
        connection: Connection,
        row: asyncpg.Record,
        asked: Asked,
        token_id: bytes | None,
        key: str | None,
    ) -> tuple[bytes, StoredCard]:
        """Let a settlement have the card of a token, or that of the order; return both."""
        standing = await self._make_way(connection, row, asked)
        if token_id is not None:
            if standing is None or standing.card_id is not None:
                raise SettlementOvertaken
            use = Use(row["company_id"].bytes, "settlement", standing.id)
            card = await spend_token(connection, token_id, use, now=self._clock.now())
            if (why := self._problem_of_typed(card, row, asked)) is not None:
                # The page has looked at it: a debit was moved since.
                raise SettlementCardUnusable(why)
            settlement_id = standing.id
        else:
            if (why := self.problem_of(row, asked.parts)) is not None:
                raise SettlementCardUnusable(why)
            found = await card_of(connection, row["card_id"].bytes)
            assert found is not None
            card = found
            settlement_id = await self._begin_anew(connection, standing, asked)
        await count_try(connection, _payer(row), today=self._today())
        await store.set_card(connection, settlement_id, card.id, key=key)
        return settlement_id, card

    def problem_of(self, row: asyncpg.Record, parts: int) -> CardProblem | None:
        """Return why the card of an order cannot pay so many parts, None when it can."""
        if row["last_four"] is None:
            return "none"
        today = self._today()
        days = days_for(parts, today=today)
        return card_problem(
            good_until=good_until(row["expiry"]),
            is_refused=row["is_refused"],
            today=today,
            last_on=debited_on(days, row["paused_until"])[-1],
        )

    def _problem_of_typed(self, card: StoredCard, row: asyncpg.Record, asked: Asked) -> CardProblem | None:
        """Return why a card that becomes the order's cannot pay the parts and what else is to come."""
        today = self._today()
        parts = parts_for(asked.amount_minor, asked.parts, today=today)
        return card_problem(
            good_until=good_until(card.sealed.expiry),
            is_refused=False,
            today=today,
            last_on=needed_until(parts, row["last_due_on"], row["paused_until"]),
        )

    async def _go_on(
        self,
        order_id: bytes,
        settlement_id: bytes,
        card: StoredCard,
        row: asyncpg.Record,
        asked: Asked,
        *,
        order: str,
    ) -> None:
        """Have the card's holder authenticated, then pay the first part. What was decided is not asked again."""
        first_minor = parts_for(asked.amount_minor, asked.parts, today=self._today())[0].amount_minor

        async def question() -> Question:
            return Question(
                purpose="settlement",
                subject_id=settlement_id,
                amount_minor=first_minor,
                currency=row["currency"],
                payee=row["payee"],
                language=asked.language,
                return_url=f"{self._space_url}/schedules/{order}/settle/back",
            )

        authentication = await self._authentications.ask_once(card, settlement_id, question)
        if authentication.state in ("asked", "challenged"):
            return
        is_vouched = authentication.vouches_for(amount_minor=first_minor, currency=row["currency"])
        async with self._pool.acquire() as connection, connection.transaction():
            await orders.hold(connection, [order_id])
            begun = await self._begin_debit(
                connection,
                order_id,
                settlement_id,
                card.id,
                refusal=None if is_vouched else authentication.state,
            )
        if begun is not None:
            await self._debits.pay(*begun, card, authentication)

    async def _begin_debit(
        self,
        connection: Connection,
        order_id: bytes,
        settlement_id: bytes,
        card_id: bytes,
        *,
        refusal: str | None,
    ) -> tuple[bytes, date] | None:
        """Write the first part and its debit, of an order that is held; None where there is nothing to pay by it."""
        standing = await store.find_open(connection, order_id)
        if standing is None or standing.id != settlement_id or standing.state != "asked":
            return None
        if await store.is_under_way(connection, settlement_id):
            return None
        now = self._calendar.now()
        if refusal is not None:
            await course.give_up(connection, settlement_id, f"authentication_{refusal}", at=now)
            return None
        if await store.take_over(connection, order_id, settlement_id) != standing.amount_minor:
            # Something was cancelled while its customer was at their bank: they look again before they pay.
            await course.give_up(connection, settlement_id, "amount_changed", at=now)
            return None
        part = parts_for(standing.amount_minor, standing.parts, today=self._today())[0]
        first_id = await store.add_first_part(connection, order_id, settlement_id, part)
        return await self._debits.add(connection, order_id, first_id, card_id=card_id)

    def _today(self) -> date:
        return paris_date(self._calendar.now())


def _payer(row: asyncpg.Record) -> Payer:
    return Payer(row["id"].bytes, row["email_key"])
