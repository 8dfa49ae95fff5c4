"""What agents see of orders and do to them, where their grants hold."""

from datetime import date

import asyncpg
import msgspec

from core.contracts import order_records as ask
from core.contracts.listing import Written
from core.contracts.my_orders import MyOrderView
from core.contracts.order_records import MOVED_DAYS_MAX, OrderRight
from core.contracts.orders import OrderPage
from core.contracts.reasons import Reason
from core.contracts.refusals import FieldRefused
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, record_action
from core.merchants.api import BRAND_NAMES
from core.schedules.mine.handlers import find_whole
from core.schedules.orders import store, views
from core.schedules.orders.cancelling import Wanted, take_off
from core.schedules.orders.errors import AboveYourBound, NotUpcoming
from core.schedules.orders.records import find_row, read_record
from core.schedules.orders.rules import days_for, due_dates, said_days
from core.schedules.orders.store import Actor, Event, Sought
from core.values.clock import Clock, paris_date
from core.values.cursors import id_in, page_of
from core.values.emails import email_key


class OrderHandlers:
    """Operations of agents on orders. Days are those of the schedules' calendar, the audit's moments the clock's."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, calendar: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._calendar = calendar
        self._write = WriteOnce(pool, clock)

    async def orders(self, caller: SignedIn, request: ask.ListOrders) -> OrderPage:
        """Return a page of orders. Raises: CursorMalformed, FieldRefused."""
        now = self._calendar.now()
        sought = Sought(
            request.company,
            caller.scope_of(OrderRight.READ),
            store_id=request.store,
            states=request.state,
            words=request.query,
            before=id_in("order", request.cursor),
            limit=request.limit + 1,
            debited=_debited(request),
            uncollected=request.to_collect and store.Uncollected(request.to_collect, paris_date(now), now),
        )
        rows = await store.list_orders(self._pool, sought)
        instalments = await store.instalments_of(self._pool, [row["id"] for row in rows])
        found = [views.summary_of(row, instalments[row["id"]]) for row in rows]
        return OrderPage(*page_of(found, request.limit, lambda last: (last.id,)))

    async def order(self, caller: SignedIn, request: ask.OneOrder) -> ask.OrderRecord:
        """Return one order with what happened to it. Raises: NotFound."""
        return await self._record(self._pool, caller, OrderRight.READ, request.id)

    async def cancel(self, caller: SignedIn, request: ask.CancelOrder) -> Written:
        """Take an amount off an order.

        Raises: NotFound, NothingToCancel, FieldRefused, AboveYourBound, KeyReused, StillRunning.
        """
        now = self._calendar.now()
        cancellation_id = new_id(self._calendar)
        amount_minor = None if request.amount is None else request.amount.amount
        key = request.idempotency_key or cancellation_id.hex()
        wanted = Wanted("cancellation", amount_minor, request.reason, Actor("agent", caller.agent_id), key)

        async def effect(connection: Connection) -> bytes:
            row = await find_row(connection, caller, OrderRight.WRITE, request.id)
            taken = await take_off(connection, request.id, wanted, cancellation_id=cancellation_id, at=now)
            _refuse_above_bound(caller, row, taken.amount_minor)
            if taken.id == cancellation_id:
                await record_action(
                    connection,
                    agent_id=caller.agent_id,
                    at=self._clock.now(),
                    kind="order.cancelled",
                    target_kind="order",
                    target_id=request.id,
                    facts={
                        "amount_minor": taken.amount_minor,
                        "owed_back_minor": taken.owed_back_minor,
                        "currency": row["currency"],
                        "reason": request.reason,
                    },
                )
            return msgspec.json.encode(await self._record(connection, caller, OrderRight.WRITE, request.id))

        return await self._write(caller, request, effect)

    async def move(self, caller: SignedIn, request: ask.MoveInstalment) -> Written:
        """Move the day of an instalment. Raises: NotFound, FieldRefused, NotUpcoming, KeyReused, StillRunning."""
        now = self._calendar.now()
        try:
            due_on = date.fromisoformat(request.due_on)
        except ValueError as error:
            raise FieldRefused("due_on", "malformed") from error

        async def effect(connection: Connection) -> bytes:
            row = await find_row(connection, caller, OrderRight.WRITE, request.id)
            await store.hold(connection, [request.id])
            order = (await store.read(connection, [request.id]))[request.id]
            # Parts of a settlement have the days that the customer chose.
            planned_ones = [each for each in order.instalments if each.settlement_id is None]
            instalment = next((each for each in planned_ones if each.number == request.number), None)
            if instalment is None:
                raise FieldRefused("number", "not_found")
            if instalment.state != "upcoming":
                raise NotUpcoming(instalment.state)
            planned = due_dates(
                row["purchased_on"],
                count=row["parts"],
                step_unit=row["step_unit"],
                step_count=row["step_count"],
            )
            first, last = days_for(
                request.number,
                [each.due_on for each in planned_ones],
                planned=planned[request.number - 1],
                today=paris_date(now),
                later_days_max=MOVED_DAYS_MAX,
            )
            if not first <= due_on <= last:
                raise FieldRefused("due_on", "out_of_range", said_days(first, last))
            await store.move_instalment(connection, request.id, request.number, due_on)
            facts = {"number": request.number, "due_on": due_on, "reason": request.reason}
            actor = Actor("agent", caller.agent_id)
            await store.add_events(
                connection, [Event(request.id, now, "moved", actor, new_id(self._calendar), facts)]
            )
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=self._clock.now(),
                kind="order.moved",
                target_kind="order",
                target_id=request.id,
                facts={
                    "number": request.number,
                    "due_on": due_on.isoformat(),
                    "due_before": instalment.due_on.isoformat(),
                    "reason": request.reason,
                },
            )
            return msgspec.json.encode(await self._record(connection, caller, OrderRight.WRITE, request.id))

        return await self._write(caller, request, effect)

    async def see(self, caller: SignedIn, request: ask.SeeAsCustomer) -> MyOrderView:
        """Return an order as its customer sees it, and write down who looked. Raises: NotFound."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await find_row(connection, caller, OrderRight.READ, request.id)
            today = paris_date(self._calendar.now())
            seen = await find_whole(connection, [email_key(row["email"])], request.id, today=today)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=self._clock.now(),
                kind="order.seen_as_customer",
                target_kind="order",
                target_id=request.id,
                facts={},
            )
        return seen

    async def _record(
        self, connection: Connection, caller: SignedIn, right: OrderRight, order_id: bytes
    ) -> ask.OrderRecord:
        today = paris_date(self._calendar.now())
        return await read_record(connection, caller, right, order_id, today=today)


def _debited(request: ask.ListOrders) -> store.Debited | None:
    """Return which debits are meant. Raises: FieldRefused."""
    if request.debited_on is None:
        return None
    try:
        on = date.fromisoformat(request.debited_on)
    except ValueError as error:
        raise FieldRefused("debited_on", "malformed") from error
    try:
        reason = None if request.debit_reason is None else Reason[request.debit_reason.upper()]
    except KeyError as error:
        raise FieldRefused("debit_reason", "not_found") from error
    brands = {name: number for number, name in BRAND_NAMES.items()}
    brand = None if request.debit_brand is None else brands[request.debit_brand]
    return store.Debited(on, request.debit_outcome, reason, brand)


def _refuse_above_bound(caller: SignedIn, row: asyncpg.Record, amount_minor: int) -> None:
    """Raises: AboveYourBound."""
    department = row["store_department"] or row["company_department"] or ""
    store_id = b"" if row["store_id"] is None else row["store_id"].bytes
    there = caller.within(department, store_id, row["company_id"].bytes, "ecommerce")
    most = there.amount_max_of(OrderRight.WRITE)
    if most is not None and amount_minor > most:
        raise AboveYourBound(amount_max_minor=most, currency=row["currency"])
