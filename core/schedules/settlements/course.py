"""How a settlement begins, with its first part, and how it is given up: in the transaction that settles the debit.

Its other parts are instalments like all others. What becomes of them ends it: `core.schedules.orders.balancing`.
"""

from datetime import datetime

from core.cards.api import release_card
from core.db.rows import Connection, uuid_of
from core.schedules.orders.outcomes import mark_paid
from core.schedules.orders.store import CUSTOMER, Event, add_events
from core.schedules.settlements import store
from core.schedules.settlements.rules import later_parts


async def give_up(connection: Connection, settlement_id: bytes, refusal: str, *, at: datetime) -> bool:
    """Give up one that has not begun, of an order that is held: its schedule stays unpaid. False where it had ended."""
    await connection.execute(store.SQL.drop_first_part, uuid_of(settlement_id))
    row = await connection.fetchrow(store.SQL.give_up, uuid_of(settlement_id), refusal, at)
    if row is not None and row["card_id"] is not None:
        await release_card(connection, row["card_id"].bytes, now=at)
    return row is not None


async def begin(connection: Connection, settlement_id: bytes, first_id: bytes, *, at: datetime) -> None:
    """Let one begin whose first part was collected, of an order that is held.

    What it takes over is owed by its parts from now on: by what is left of it, for some of it may have been cancelled
    meanwhile. The card that paid is the order's from now on.
    """
    row = await connection.fetchrow(store.SQL.begin, uuid_of(settlement_id), at)
    if row is None:
        raise ValueError("a first part was collected of a settlement that is not asked for")
    order_id: bytes = row["order_id"].bytes
    first_on, first_minor = await store.count_first_part(connection, first_id)
    owed_minor = await store.stop_counting(connection, settlement_id)
    parts = later_parts(owed_minor, row["parts"], first_minor=first_minor, first_on=first_on)
    await store.add_parts(connection, order_id, settlement_id, parts)
    card_id = row["card_id"] or row["card_before"]
    await connection.execute(store.SQL.set_order_card, row["order_id"], card_id, at)
    if row["card_before"] is not None and row["card_before"] != card_id:
        await release_card(connection, row["card_before"].bytes, now=at)
    facts = {"amount": row["amount_minor"]}
    await add_events(connection, [Event(order_id, at, "settlement_begun", CUSTOMER, settlement_id, facts)])
    await mark_paid(connection, [first_id], at=at, by=CUSTOMER)
