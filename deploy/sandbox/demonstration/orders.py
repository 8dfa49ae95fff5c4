"""Orders of the demonstration that no debit has touched yet, and the key by which the sandbox shop makes others.

What is in progress, settled or unpaid is made by paying: nothing here says that money moved which did not.
"""

import hashlib
import uuid
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg

from core.contracts.orders import BuyerFields, MakeOrder, OrderAmount
from core.db.queries import load
from core.identity.api import hash_of_token
from core.schedules.orders.api import Actor, Wanted, abandon, make_order, take_off
from core.schedules.orders.errors import ReferenceTaken

_SQL: Final = load(Path(__file__).with_name("orders.sql"))
_NAMESPACE: Final = uuid.UUID("3f6d2c1a-9b1e-4f6b-8d8e-5d1c7b2a9e40")
COMPANY: Final = "Belle Rive Distribution SAS"
SHOP_KEY: Final = "Boutique du bac à sable"


class DemoOrder(NamedTuple):
    """An order; `hours_ago` counts from the moment of the seed. `cancelled_minor`: None nothing, 0 all of it."""

    reference: str
    plan: str
    amount_minor: int
    name: str
    email: str
    hours_ago: int
    language: str = "fr"
    cancelled_minor: int | None = None
    is_abandoned: bool = False


ORDERS: Final = (
    DemoOrder("BR-2026-1001", "3x", 12_796, "Odette Martin", "odette.martin@client.example", 1),
    DemoOrder(
        "BR-2026-1002", "4x", 48_900, "Karim Belaïd", "karim.belaid@client.example", 3, cancelled_minor=9_900
    ),
    DemoOrder(
        "BR-2026-1003",
        "10x",
        129_900,
        "Zélie Quentin-Ünal",
        "zelie.quentin@client.example",
        30,
        is_abandoned=True,
    ),
    DemoOrder(
        "BR-2026-1004",
        "2x",
        7_450,
        "Anne O’Connor",
        "anne.oconnor@client.example",
        5,
        "en",
        cancelled_minor=0,
    ),
)


async def seed_orders(connection: asyncpg.Connection) -> None:
    """Add what is missing; running it again changes nothing."""
    company_id: Any = await connection.fetchval(_SQL.company_named, COMPANY)
    now = datetime.now(UTC)
    for order in ORDERS:
        order_id = uuid.uuid5(_NAMESPACE, order.reference).bytes
        at = now - timedelta(hours=order.hours_ago)
        by = Actor("integrator", uuid.uuid5(_NAMESPACE, SHOP_KEY).bytes)
        try:
            await make_order(
                connection, company_id.bytes, _asked(order), order_id=order_id, by=by, at=at, loopback=True
            )
        except ReferenceTaken:
            continue
        if order.is_abandoned:
            await abandon(connection, [order_id], at=now)
        if order.cancelled_minor is not None:
            wanted = Wanted(
                "cancellation", order.cancelled_minor or None, "article épuisé", by, order.reference
            )
            cancellation_id = uuid.uuid5(_NAMESPACE, f"cancelled {order.reference}").bytes
            await take_off(connection, order_id, wanted, cancellation_id=cancellation_id, at=now)


async def put_web_service(connection: asyncpg.Connection) -> None:
    """Let the company of the sandbox shop sell at a distance; running it again changes nothing."""
    await connection.execute(_SQL.add_web_service, COMPANY)


async def put_shop_key(connection: asyncpg.Connection, password: str) -> None:
    """Give the sandbox shop its key; running it again with the same password changes nothing."""
    key = shop_key(password)
    await connection.execute(
        _SQL.put_key, uuid.uuid5(_NAMESPACE, SHOP_KEY), SHOP_KEY, key[:12], hash_of_token(key), COMPANY
    )


def shop_key(password: str) -> str:
    """Return the key of the sandbox shop, which follows from the password of the demonstration."""
    digest = hashlib.sha256(f"key of the sandbox shop {password}".encode()).digest()
    return f"gsk_{urlsafe_b64encode(digest).decode().rstrip('=')}"


def _asked(order: DemoOrder) -> MakeOrder:
    return MakeOrder(
        plan=order.plan,
        amount=OrderAmount(order.amount_minor, "EUR"),
        reference=order.reference,
        customer=BuyerFields(
            email=order.email, name=order.name, language="en" if order.language == "en" else "fr"
        ),
        idempotency_key=order.reference,
    )
