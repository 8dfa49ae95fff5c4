"""Pure decisions on what a customer sees: what needs them now, when a debit is made next, and what they do for it."""

from datetime import date, datetime
from typing import NamedTuple

from core.contracts.my_orders import MyOrderState, Need, Shown, Todo
from core.contracts.orders import InstalmentState
from core.contracts.reasons import Reason
from core.schedules.collecting.rules import answer_of
from core.values.clock import paris_date

STATES: dict[Shown, tuple[MyOrderState, ...]] = {
    "current": ("in_progress", "unpaid", "being_settled"),
    "ended": ("settled", "cancelled"),
}
"""A purchase that waits for its first debit, or was abandoned, is none yet."""
ALL_STATES = STATES["current"] + STATES["ended"]


class Try(NamedTuple):
    """When an instalment is debited next, by which card, and the refusal that it waits after.

    `paused_until`: nothing of its purchase is debited before that day. `expiry` is that of the card, as YYMM, none where there is no card. `reason` is none where no bank refused anything.
    """

    due_on: date
    collect_after: datetime | None
    expiry: str | None
    reason: int | None
    is_by_same_card: bool = True
    paused_until: date | None = None

    @property
    def asks_customer(self) -> bool:
        """Whether nothing is tried before the customer has done something."""
        return (
            self.reason is not None
            and self.is_by_same_card
            and answer_of("declined", self.reason) == "customer"
        )

    @property
    def retry_on(self) -> date | None:
        """The day of the next try after a refusal."""
        if self.reason is None or self.collect_after is None or self.asks_customer:
            return None
        return self._after_pause(paris_date(self.collect_after))

    def next_on(self, today: date) -> date:
        """Return the day on which it is debited next, or given up: never one that has passed."""
        after = self.due_on if self.collect_after is None else paris_date(self.collect_after)
        return self._after_pause(max(self.due_on, after, today))

    def todo(self, today: date) -> Todo:
        """Return what the customer has to do for it."""
        if self.asks_customer:
            return "card_expired" if self.reason == Reason.EXPIRED_CARD else "consent"
        if self.expiry is not None and self.expiry < f"{self.next_on(today):%y%m}":
            return "card_ends"
        return "nothing" if self.reason is None else "funds"

    def _after_pause(self, day: date) -> date:
        return day if self.paused_until is None else max(day, self.paused_until)


def need_of(
    *,
    unpaid_orders: int,
    settling_orders: int,
    ended: int,
    debit_state: InstalmentState | None,
    has_failed: bool = False,
) -> Need:
    """Return what needs a customer now; `debit_state` and `has_failed` are of the most pressing debit that is open."""
    if unpaid_orders:
        return "unpaid"
    if has_failed:
        return "debit_failed"
    if settling_orders:
        return "being_settled"
    match debit_state:
        case "in_progress":
            return "debit_under_way"
        case None:
            return "all_settled" if ended else "no_purchase"
        case _:
            return "next_debit"
