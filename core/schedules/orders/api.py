"""Orders for who stands outside the slice: the demonstration makes some, `guichet verify` looks at them, tests act as debits do.

Inside the slice, modules here are imported by their names.
"""

from core.schedules.orders.ahead import bring_forward
from core.schedules.orders.balancing import balance
from core.schedules.orders.cancelling import Wanted, take_off
from core.schedules.orders.making import make_order
from core.schedules.orders.outcomes import (
    OwedRefund,
    abandon,
    activate,
    claim,
    mark_paid,
    mark_refunds_sent,
    mark_unpaid,
    owed_refunds,
    release,
)
from core.schedules.orders.rules import balance_of, state_of
from core.schedules.orders.store import Actor, Order, Stored, look

__all__ = [
    "Actor",
    "Order",
    "OwedRefund",
    "Stored",
    "Wanted",
    "abandon",
    "activate",
    "balance",
    "balance_of",
    "bring_forward",
    "claim",
    "look",
    "make_order",
    "mark_paid",
    "mark_refunds_sent",
    "mark_unpaid",
    "owed_refunds",
    "release",
    "state_of",
    "take_off",
]
