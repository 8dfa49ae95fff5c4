"""What schedules offer whoever collects, inside the slice and out: what became of debits, and what is owed back."""

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
