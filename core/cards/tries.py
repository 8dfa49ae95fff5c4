"""Cards that are tried for an order, by whoever pays it: who mistypes goes on, who tests cards that are not theirs does not.

A try is a card that its bank is asked about: at a first payment, a change of card, a settlement. It is counted with the
commit that begins it, whatever becomes of it.
"""

import hashlib
from datetime import date
from typing import Any, Final, NamedTuple

from core.cards.errors import CardTriesTooMany
from core.cards.store import SQL
from core.db.rows import Connection, uuid_of

ORDER_A_DAY_MAX: Final = 8
"""Three cards mistyped twice each, and two more."""

ORDER_MAX: Final = 40
"""However many days an order lives: then a person has to look."""

PAYER_A_DAY_MAX: Final = 40
"""Of all orders of one address: who holds many of them tries no more cards by it."""


class Payer(NamedTuple):
    """Whose card it is said to be: an order that the caller holds, and the address that it is of."""

    order_id: bytes
    email_key: str


async def count_try(connection: Connection, payer: Payer, *, today: date) -> None:
    """Count a card that is about to be tried, in the transaction that begins it. Raises: CardTriesTooMany."""
    # Counted first: whoever tries at once for another order of this address waits for this count, and sees it.
    await connection.execute(SQL.count_try, list(_subjects(payer)), today)
    await _refuse(connection, payer, today=today, coming=0)


async def refuse_tries(connection: Connection, payer: Payer, *, today: date) -> None:
    """Say before a card is typed that no more are tried. Raises: CardTriesTooMany."""
    await _refuse(connection, payer, today=today, coming=1)


async def _refuse(connection: Connection, payer: Payer, *, today: date, coming: int) -> None:
    found: Any = await connection.fetchrow(SQL.tries, *_subjects(payer), today)
    if (
        found["of_order_today"] + coming > ORDER_A_DAY_MAX
        or found["of_order"] + coming > ORDER_MAX
        or found["of_payer_today"] + coming > PAYER_A_DAY_MAX
    ):
        raise CardTriesTooMany


def _subjects(payer: Payer) -> tuple[bytes, bytes]:
    order = uuid_of(payer.order_id).bytes
    return order, hashlib.sha256(payer.email_key.encode()).digest()
