"""Pure decisions on orders: how a purchase is parted, what follows when a part of it is taken off, what state it is in.

A schedule follows from what is left to pay and never from the total alone, so that the same function gives it after
whatever happened, in whatever order.
"""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from core.contracts.orders import OrderState
from core.contracts.plans import StepUnit
from core.schedules.orders.model import Balance, Due, Facts, Part

BASIS: Final = 10_000
"""Basis points in a whole."""
_MONTHS_A_YEAR: Final = 12


class TooSmallToPart(ValueError):
    """An amount of which some instalment would have nothing."""

    def __init__(self, *, least_minor: int) -> None:
        super().__init__(f"at least {least_minor} minor units")
        self.least_minor = least_minor


def fee_of(amount_minor: int, *, fee_bp: int | None, fee_minor: int | None) -> int:
    """Return what a plan costs the customer: a share, rounded to the nearest cent, half upwards, or a fixed fee."""
    if fee_bp is None:
        return fee_minor or 0
    return (amount_minor * fee_bp + BASIS // 2) // BASIS


def parts_of(amount_minor: int, count: int) -> list[int]:
    """Return equal parts whose sum is the amount; the odd cents go to the first (SCH-1)."""
    part, odd = divmod(amount_minor, count)
    return [part + odd, *[part] * (count - 1)]


def due_dates(purchased_on: date, *, count: int, step_unit: StepUnit, step_count: int) -> list[date]:
    """Return civil dates, the first that of the purchase.

    A step of months keeps the day of the purchase, or takes the last of a month that has no such day: 31 January, 28
    February, 31 March. Raises: OverflowError, for what the calendar does not hold.
    """
    if step_unit == "days":
        return [purchased_on + timedelta(days=step_count * step) for step in range(count)]
    return [_months_later(purchased_on, step_count * step) for step in range(count)]


def new_schedule(
    *, amount_minor: int, fee_minor: int, purchased_on: date, parts: int, step_unit: StepUnit, step_count: int
) -> list[Part]:
    """Return the schedule of a purchase; the fee is paid with the first instalment.

    Raises: TooSmallToPart, OverflowError.
    """
    if amount_minor < parts:
        raise TooSmallToPart(least_minor=parts)
    dates = due_dates(purchased_on, count=parts, step_unit=step_unit, step_count=step_count)
    amounts = parts_of(amount_minor, parts)
    fees = [fee_minor, *[0] * (parts - 1)]
    return [
        Part(number, on, amount + fee, fee)
        for number, (on, amount, fee) in enumerate(zip(dates, amounts, fees, strict=True), start=1)
    ]


def balance_of(facts: Facts) -> Balance:
    """Return how the instalments have to stand, and what is owed back beyond what was owed before (SCH-5).

    What is paid stays, and so does what is being collected: its amount is on its way. Those that are still open, unpaid
    ones among them, stay while they add up to what is left of the balance; else it is parted over them anew, and one of
    which nothing is left is cancelled. What was collected above what the purchase is still of is owed back. Once anything
    is unpaid, nothing is left to wait of what settles: its parts to come are unpaid too (REG-3).
    """
    moving_minor = sum(due.amount_minor for due in facts.counted if due.state == "in_progress")
    kept_minor = facts.paid_minor - facts.refunded_minor
    open_ones = [due for due in facts.counted if due.state in ("upcoming", "unpaid")]
    rest_minor = max(0, facts.owed_minor - kept_minor - moving_minor)
    dues = facts.dues
    if sum(due.amount_minor for due in open_ones) != rest_minor:
        amounts = dict(zip((due.number for due in open_ones), _parted(rest_minor, open_ones), strict=True))
        dues = tuple(_standing(due, amounts[due.number]) if due.number in amounts else due for due in dues)
    if any(due.counts and due.state == "unpaid" for due in dues):
        dues = tuple(
            due._replace(state="unpaid") if due.is_part and due.state == "upcoming" else due for due in dues
        )
    return Balance(dues, refund_minor=max(0, kept_minor - facts.owed_minor))


def state_of(facts: Facts) -> OrderState:
    """Return the state of a schedule: of an order, whatever led to its facts (SCH-2)."""
    states = {due.state for due in facts.counted}
    if facts.is_abandoned:
        return "abandoned"
    if facts.remaining_minor == 0:
        return "cancelled"
    if not facts.is_active:
        return "awaiting_payment"
    if "unpaid" in states:
        return "unpaid"
    if any(due.is_part and due.state in ("upcoming", "in_progress") for due in facts.counted):
        return "being_settled"
    return "in_progress" if states & {"upcoming", "in_progress"} else "settled"


def cancellable_minor(facts: Facts) -> int:
    """Return how much may still be taken off."""
    return 0 if facts.is_abandoned else facts.remaining_minor


def refundable_minor(facts: Facts) -> int:
    """Return how much may be given back while what is still to be paid stays as it is: the fee goes with the last of it."""
    kept_minor = facts.paid_minor - facts.refunded_minor
    return max(0, min(facts.remaining_minor, kept_minor))


def days_for(
    number: int, days: Sequence[date], *, planned: date, today: date, later_days_max: int
) -> tuple[date, date]:
    """Return the first and the last day to which an instalment may be moved; the first is later where there is none.

    From tomorrow on, after the day of the one before and before that of the one after, and only so much later than its
    plan says. `days` are those of all instalments, in their order.
    """
    step = timedelta(days=1)
    first = max([today + step, *(day + step for day in days[number - 2 : number - 1])])
    last = min([planned + later_days_max * step, *(day - step for day in days[number : number + 1])])
    return first, last


def said_days(first: date, last: date) -> str:
    """Return which days may be chosen, as the detail of a field."""
    return f"from {first} to {last}"


def _parted(rest_minor: int, open_ones: list[Due]) -> list[int]:
    """Return what each open instalment is of; the fee stays with the one that has it, and comes before the rest."""
    if not open_ones:
        return []
    fees: list[int] = []
    left_minor = rest_minor
    for due in open_ones:
        fees.append(min(due.fee_minor, left_minor))
        left_minor -= fees[-1]
    return [part + fee for part, fee in zip(parts_of(left_minor, len(open_ones)), fees, strict=True)]


def _standing(due: Due, amount_minor: int) -> Due:
    if amount_minor == 0:
        return due._replace(amount_minor=0, fee_minor=0, state="cancelled")
    return due._replace(amount_minor=amount_minor, fee_minor=min(due.fee_minor, amount_minor))


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year, month = day.year + year, month + 1
    if year > date.max.year:
        raise OverflowError
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
