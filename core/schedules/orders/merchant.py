"""What merchants' programs ask of orders. All of it is of their company: another's order is not found."""

import asyncpg
import msgspec

from core.contracts import orders as ask
from core.contracts.listing import Written
from core.contracts.orders import OrderId
from core.contracts.references import Money
from core.contracts.refusals import NotFound
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import Integrator, WriteOnce
from core.schedules.orders import making, store, views
from core.schedules.orders.ahead import bring_forward
from core.schedules.orders.cancelling import Kind, Wanted, changed_order, take_off
from core.schedules.orders.store import Actor, Sought
from core.values.clock import Clock, paris_date
from core.values.cursors import id_in, page_of


class MerchantOrderHandlers:
    """Operations of merchants' programs."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, *, loopback: bool) -> None:
        self._pool = pool
        self._clock = clock
        self._loopback = loopback
        self._write = WriteOnce(pool, clock)

    async def plans(self, caller: Integrator, request: ask.ListOfferedPlans) -> ask.OfferedPlans:
        """Return the plans that are offered today in a country."""
        rows = await store.list_plans(self._pool, paris_date(self._clock.now()), request.country)
        return ask.OfferedPlans([views.plan_view(row, caller.language) for row in rows])

    async def preview(self, caller: Integrator, request: ask.PreviewOrder) -> ask.OrderPreview:
        """Return what a purchase would be paid in. Raises: FieldRefused."""
        today = paris_date(self._clock.now())
        plan = await making.plan_of(self._pool, request, today)
        fee_minor, parts = making.schedule_of(plan, request.amount, today)
        currency = request.amount.currency
        return ask.OrderPreview(
            plan=views.plan_view(plan, caller.language),
            amount=Money(request.amount.amount, currency),
            fee=Money(fee_minor, currency),
            total=Money(request.amount.amount + fee_minor, currency),
            instalments=[views.planned(part, currency) for part in parts],
        )

    async def make(self, caller: Integrator, request: ask.MakeOrder) -> Written:
        """Make an order. Raises: FieldRefused, Refused, ReferenceTaken, KeyReused, StillRunning."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            order_id = new_id(self._clock)
            await making.make_order(
                connection,
                caller.company_id,
                request,
                order_id=order_id,
                by=_actor(caller),
                at=now,
                loopback=self._loopback,
            )
            return msgspec.json.encode(await self._one(connection, caller, order_id))

        return await self._write(caller, request, effect)

    async def orders(self, caller: Integrator, request: ask.ListMerchantOrders) -> ask.OrderPage:
        """Return a page of the company's orders. Raises: CursorMalformed."""
        sought = Sought(
            caller.company_id,
            reference=request.reference,
            states=request.state,
            before=id_in("order", request.cursor),
            limit=request.limit + 1,
        )
        rows = await store.list_orders(self._pool, sought)
        instalments = await store.instalments_of(self._pool, [row["id"] for row in rows])
        found = [views.summary_of(row, instalments[row["id"]]) for row in rows]
        return ask.OrderPage(*page_of(found, request.limit, lambda last: (last.id,)))

    async def cancel(self, caller: Integrator, request: ask.CancelMerchantOrder) -> Written:
        """Take an amount off an order. Raises: NotFound, NothingToCancel, FieldRefused, KeyReused, StillRunning."""
        amount = None if request.amount is None else request.amount.amount
        return await self._take_off(caller, request, request.id, "cancellation", amount)

    async def refund(self, caller: Integrator, request: ask.RefundMerchantOrder) -> Written:
        """Owe an amount back. Raises: NotFound, NothingPaid, FieldRefused, KeyReused, StillRunning."""
        return await self._take_off(caller, request, request.id, "refund", request.amount.amount)

    async def pay_ahead(self, caller: Integrator, request: ask.PayMerchantOrderAhead) -> Written:
        """Let instalments be due today. Raises: NotFound, FieldRefused, NothingAhead, KeyReused, StillRunning."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await self._one(connection, caller, request.id)
            await bring_forward(connection, request.id, request.numbers, by=_actor(caller), at=now)
            return msgspec.json.encode(await self._one(connection, caller, request.id))

        return await self._write(caller, request, effect)

    async def _take_off(
        self,
        caller: Integrator,
        request: ask.CancelMerchantOrder | ask.RefundMerchantOrder,
        order_id: OrderId,
        kind: Kind,
        amount_minor: int | None,
    ) -> Written:
        now = self._clock.now()
        wanted = Wanted(kind, amount_minor, request.reason, _actor(caller), request.idempotency_key)

        async def effect(connection: Connection) -> bytes:
            await self._one(connection, caller, order_id)
            taken = await take_off(connection, order_id, wanted, cancellation_id=new_id(self._clock), at=now)
            order = await self._one(connection, caller, order_id)
            return msgspec.json.encode(changed_order(taken, order))

        return await self._write(caller, request, effect)

    async def _one(self, connection: Connection, caller: Integrator, order_id: bytes) -> ask.OrderView:
        rows = await store.list_orders(connection, Sought(caller.company_id, order_id=order_id))
        if not rows:
            raise NotFound
        instalments = await store.instalments_of(connection, [rows[0]["id"]])
        return views.view_of(rows[0], instalments[rows[0]["id"]], caller.language)


def _actor(caller: Integrator) -> Actor:
    return Actor("integrator", caller.key_id)
