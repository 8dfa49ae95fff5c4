"""Pure decisions on what a customer sees: what needs them now."""

from core.contracts.my_orders import MyOrderState, Need, Shown
from core.contracts.orders import InstalmentState

STATES: dict[Shown, tuple[MyOrderState, ...]] = {
    "current": ("in_progress", "unpaid", "being_settled"),
    "ended": ("settled", "cancelled"),
}
"""A purchase that waits for its first debit, or was abandoned, is none yet."""
ALL_STATES = STATES["current"] + STATES["ended"]


def need_of(
    *, unpaid_orders: int, settling_orders: int, ended: int, debit_state: InstalmentState | None
) -> Need:
    """Return what needs a customer now; `debit_state` is that of the most pressing debit that is open."""
    if unpaid_orders:
        return "unpaid"
    if settling_orders:
        return "being_settled"
    match debit_state:
        case "in_progress":
            return "debit_under_way"
        case None:
            return "all_settled" if ended else "no_purchase"
        case _:
            return "next_debit"
