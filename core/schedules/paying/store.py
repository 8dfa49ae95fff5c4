"""Statements of payments of orders as typed functions."""

from datetime import date
from typing import Any, NamedTuple

from core.contracts.orders import OrderState
from core.contracts.refusals import NotFound
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.terminals.api import virtual_terminal_of

_SQL = load_beside(__file__)


class Purchase(NamedTuple):
    """An order, locked until the end of the transaction, and what its first debit is of."""

    id: bytes
    state: OrderState
    currency: str
    amount_minor: int
    language: Any
    return_url: str
    needed_until: date | None
    store_id: bytes | None
    terminal_id: bytes | None


async def lock_purchase(connection: Connection, order_id: bytes, company_id: bytes) -> Purchase:
    """Lock an order of a company. Raises: NotFound."""
    row = await connection.fetchrow(_SQL.lock_purchase, uuid_of(order_id), uuid_of(company_id))
    if row is None:
        raise NotFound
    return Purchase(
        row["id"].bytes,
        row["state"],
        row["currency"],
        row["amount_minor"],
        row["language"],
        row["return_url"] or "",
        row["needed_until"],
        None if row["store_id"] is None else row["store_id"].bytes,
        None if row["terminal_id"] is None else row["terminal_id"].bytes,
    )


async def give_terminal(connection: Connection, purchase: Purchase, company_id: bytes) -> bool:
    """Let an order that is locked have its virtual point of sale; False: its company does not sell at a distance."""
    if purchase.terminal_id is not None:
        return True
    terminal_id = await virtual_terminal_of(connection, company_id, purchase.store_id)
    if terminal_id is None:
        return False
    await connection.execute(_SQL.give_terminal, uuid_of(purchase.id), uuid_of(terminal_id))
    return True
