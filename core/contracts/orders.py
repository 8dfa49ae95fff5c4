"""Orders, their schedules and instalments: the public shapes of API v1 (SCH-1, SCH-2, SCH-5)."""

from typing import Literal

from core.contracts.ids import Id

InstalmentState = Literal["upcoming", "in_progress", "paid", "unpaid", "cancelled"]
OrderState = Literal[
    "awaiting_payment", "abandoned", "in_progress", "settled", "unpaid", "being_settled", "cancelled"
]
"""The schedule's; the first two before the first debit is approved."""


class OrderId(Id, kind="order", prefix="ord"):
    """A purchase paid in instalments."""


class InstalmentId(Id, kind="instalment", prefix="ins"):
    """An instalment of an order."""


class CancellationId(Id, kind="cancellation", prefix="cnl"):
    """What was taken off an order."""


class OrderRefundId(Id, kind="order_refund", prefix="orf"):
    """What is owed back to the customer of an order."""
