"""Statements of payments of orders as typed functions."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from core.contracts.cards import Language
from core.contracts.orders import OrderState
from core.contracts.refusals import NotFound
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.schedules.collecting.model import DebitState
from core.schedules.orders.store import hold
from core.terminals.api import virtual_terminal_of

_SQL = load_beside(__file__)


class Purchase(NamedTuple):
    """An order, locked until the end of the transaction, and what its first debit is of; `debit_state` is of its card's."""

    id: bytes
    state: OrderState
    is_active: bool
    currency: str
    amount_minor: int
    payee: str
    language: Language
    return_url: str
    email_key: str
    needed_until: date | None
    instalment_id: bytes
    store_id: bytes | None
    terminal_id: bytes | None
    card_id: bytes | None
    token_id: bytes | None
    debit_state: DebitState | None


class PaymentFacts(NamedTuple):
    """What says how a payment stands; `debit` is of the order's card. `is_closed`: cancelled or abandoned before it began."""

    is_active: bool
    is_closed: bool
    currency: str
    amount_minor: int
    card_id: bytes | None
    debit: tuple[DebitState, int] | None


async def lock_purchase(connection: Connection, order_id: bytes, company_id: bytes) -> Purchase:
    """Lock an order of a company. Raises: NotFound."""
    await hold(connection, [order_id])
    row = await connection.fetchrow(_SQL.purchase, uuid_of(order_id), uuid_of(company_id))
    if row is None:
        raise NotFound
    return Purchase(
        row["id"].bytes,
        row["state"],
        row["is_active"],
        row["currency"],
        row["amount_minor"],
        row["payee"],
        row["language"],
        row["return_url"] or "",
        row["email_key"],
        row["needed_until"],
        row["instalment_id"].bytes,
        _bytes_or_none(row["store_id"]),
        _bytes_or_none(row["terminal_id"]),
        _bytes_or_none(row["card_id"]),
        _bytes_or_none(row["token_id"]),
        row["debit_state"],
    )


async def give_card(connection: Connection, order_id: bytes, card_id: bytes) -> None:
    """Let an order that is locked be paid by a card."""
    await connection.execute(_SQL.give_card, uuid_of(order_id), uuid_of(card_id))


async def is_paid_by(connection: Connection, purchase: Purchase, token_id: bytes) -> bool:
    """Whether the card of a token paid the first instalment."""
    found: Any = await connection.fetchval(
        _SQL.paid_by_token, uuid_of(purchase.instalment_id), uuid_of(token_id)
    )
    return found


async def payment_facts(connection: Connection, order_id: bytes) -> PaymentFacts:
    """Return what says how the payment of an order stands. Raises: NotFound."""
    row = await connection.fetchrow(_SQL.payment_facts, uuid_of(order_id))
    if row is None:
        raise NotFound
    return PaymentFacts(
        row["is_active"],
        row["is_closed"],
        row["currency"],
        row["amount_minor"],
        _bytes_or_none(row["card_id"]),
        None if row["debit_state"] is None else (row["debit_state"], row["reason"]),
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


def _bytes_or_none(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes
