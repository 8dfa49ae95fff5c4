"""Operations of customers who settle what is unpaid: of purchases made with addresses that they proved."""

import asyncpg
import msgspec

from core.contracts import my_settlements as ask
from core.contracts.cards import Language
from core.contracts.listing import Written
from core.contracts.my_orders import MyCard, MyInstalment
from core.contracts.orders import OrderId
from core.contracts.references import Money
from core.contracts.refusals import NotFound
from core.db.rows import uuid_of
from core.identity.api import Claim, Customer, once
from core.merchants.api import BRAND_NAMES
from core.schedules.orders import store as orders
from core.schedules.settlements import store
from core.schedules.settlements.rules import counts_for, debited_on, parts_for
from core.schedules.settlements.settling import Asked, Settlements
from core.values.clock import Clock, paris_date
from core.values.timestamps import timestamp


class MySettlementHandlers:
    """A customer's own settlements."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, calendar: Clock, settlements: Settlements) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._settlements = settlements

    async def show(self, caller: Customer, request: ask.OneMySettlement) -> ask.MySettlement:
        """Return what may be settled, and how the last settlement stands. Raises: NotFound."""
        return await self._shown(caller, request.id)

    async def open_frame(self, caller: Customer, request: ask.OpenSettlementFrame) -> ask.SettlementFrame:
        """Open a page for another card. Raises: what `Settlements.open_frame` does."""
        opened = await self._settlements.open_frame(_asked(caller, request), order=OrderId(request.id).text)
        return ask.SettlementFrame(address=opened.address, expires_at=timestamp(opened.expires_at))

    async def pay(self, caller: Customer, request: ask.PaySettlement) -> Written:
        """Settle, as far as that goes. Raises: what `Settlements.pay` does."""

        async def effect(_claim: Claim) -> bytes:
            await self._settlements.pay(
                _asked(caller, request),
                order=OrderId(request.id).text,
                token_id=request.token,
                key=request.idempotency_key or None,
            )
            return msgspec.json.encode(await self._shown(caller, request.id))

        return await once(self._pool, self._clock, caller, request, effect)

    async def go_on(self, caller: Customer, request: ask.GoOnSettling) -> ask.MySettlement:
        """Go on after the bank. Raises: NotFound."""
        await self._settlements.go_on(
            request.id, caller.emails, order=OrderId(request.id).text, language=_language(caller)
        )
        return await self._shown(caller, request.id)

    async def _shown(self, caller: Customer, order_id: bytes) -> ask.MySettlement:
        row = await self._pool.fetchrow(store.SQL.find_order, uuid_of(order_id), list(caller.emails))
        if row is None:
            raise NotFound
        currency = row["currency"]
        order = (await orders.look(self._pool, [order_id]))[order_id]
        unpaid_minor = sum(due.amount_minor for due in order.facts.counted if due.state == "unpaid")
        latest = await self._latest(order_id, currency)
        offered = counts_for(unpaid_minor) if order.state == "unpaid" else ()
        if latest is not None and latest.state == "under_way":
            offered = ()
        settled = [
            each.amount_minor
            for each in order.instalments
            if each.settlement_id is not None and each.state == "paid"
        ]
        return ask.MySettlement(
            order=OrderId(order_id).text,
            reference=row["reference"],
            shop=row["shop"],
            state=row["state"],
            unpaid=Money(unpaid_minor, currency),
            settled=Money(sum(settled), currency),
            choices=[self._choice(row, unpaid_minor, count) for count in offered],
            card=_card(row),
            latest=latest,
        )

    def _choice(self, row: asyncpg.Record, unpaid_minor: int, count: int) -> ask.SettlementChoice:
        parts = parts_for(unpaid_minor, count, today=paris_date(self._calendar.now()))
        days = debited_on([each.due_on for each in parts], row["paused_until"])
        return ask.SettlementChoice(
            parts=count,
            due=[
                MyInstalment(
                    number=number,
                    due_on=part.due_on.isoformat(),
                    amount=Money(part.amount_minor, row["currency"]),
                    state="upcoming",
                    next_on=day.isoformat(),
                )
                for number, (part, day) in enumerate(zip(parts, days, strict=True), start=1)
            ],
            card_problem=self._settlements.problem_of(row, count),
        )

    async def _latest(self, order_id: bytes, currency: str) -> ask.MySettlementView | None:
        row = await store.find_latest(self._pool, order_id)
        if row is None:
            return None
        state: ask.SettlementState = row["state"]
        redirect = None
        if state == "asked" and row["card_id"] is not None:
            standing = await self._settlements.authentication(row["id"].bytes, row["card_id"].bytes)
            if await store.is_under_way(self._pool, row["id"].bytes):
                state = "under_way"
            elif standing is not None and standing.state == "challenged":
                state, redirect = "challenge", standing.address
        first = parts_for(row["amount_minor"], row["parts"], today=paris_date(self._calendar.now()))[0]
        return ask.MySettlementView(
            id=ask.SettlementId(row["id"].bytes).text,
            parts=row["parts"],
            amount=Money(row["amount_minor"], currency),
            first=Money(first.amount_minor, currency),
            state=state,
            asked_at=timestamp(row["asked_at"]),
            refusal=row["refusal"],
            redirect=redirect,
        )


def _asked(caller: Customer, request: ask.OpenSettlementFrame | ask.PaySettlement) -> Asked:
    return Asked(request.id, caller.emails, request.parts, request.amount.amount, _language(caller))


def _language(caller: Customer) -> Language:
    """Return what the customer reads now, whatever the shop of the order spoke."""
    return "en" if caller.language == "en" else "fr"


def _card(row: asyncpg.Record) -> MyCard | None:
    if row["last_four"] is None:
        return None
    year, month = row["expiry"][:2], row["expiry"][2:]
    return MyCard(
        brand=BRAND_NAMES.get(row["brand"], "other"), last_four=row["last_four"], expires=f"20{year}-{month}"
    )
