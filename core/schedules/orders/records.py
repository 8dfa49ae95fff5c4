"""An order as an agent's record shows it, where their grants hold."""

from datetime import date

import asyncpg

from core.contracts.order_records import OrderRecord, OrderRight
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.identity.api import SignedIn
from core.schedules.changing.store import list_changes
from core.schedules.orders import store, views
from core.schedules.orders.store import Sought
from core.schedules.settlements.store import list_settlements


async def find_row(
    connection: Connection, caller: SignedIn, right: OrderRight, order_id: bytes
) -> asyncpg.Record:
    """Return one order where a right holds. Raises: NotFound."""
    rows = await store.list_orders(connection, Sought(scope=caller.scope_of(right), order_id=order_id))
    if not rows:
        raise NotFound
    return rows[0]


async def read_record(
    connection: Connection, caller: SignedIn, right: OrderRight, order_id: bytes, *, today: date
) -> OrderRecord:
    """Return one order with what happened to it, where a right holds. Raises: NotFound."""
    row = await find_row(connection, caller, right, order_id)
    return views.record_of(
        row,
        (await store.instalments_of(connection, [row["id"]]))[row["id"]],
        caller.language,
        events=await store.list_events(connection, order_id),
        cancellations=await store.list_cancellations(connection, order_id),
        refunds=await store.list_refunds(connection, order_id),
        debits=await store.list_debits(connection, order_id),
        card_changes=await list_changes(connection, order_id, limit=store.SHOWN_MAX),
        messages=await store.list_messages(connection, order_id),
        settlements=await list_settlements(connection, order_id),
        pause=await store.find_pause(connection, order_id, today=today),
    )
