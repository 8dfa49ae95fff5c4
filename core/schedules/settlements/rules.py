"""Pure decisions on settling: in what parts, on which days, and by which card."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from core.contracts.my_settlements import CardProblem
from core.schedules.orders.rules import due_dates, parts_of

PARTS: Final = (1, 2, 3)

ASKED_A_DAY_MAX: Final = 60
"""Settlements of one order, whatever became of them: who chooses anew all day long is asked to come back."""

PAGES_OPEN_MAX: Final = 20
"""Of the settlements of an order. Each stands for half an hour."""


class SettlementPart(NamedTuple):
    """What is paid on a day."""

    due_on: date
    amount_minor: int


def days_for(count: int, *, today: date) -> list[date]:
    """Return the days of monthly parts from today on."""
    return due_dates(today, count=count, step_unit="months", step_count=1)


def parts_for(amount_minor: int, count: int, *, today: date) -> list[SettlementPart]:
    """Return monthly parts from today on whose sum is the amount; the odd cents go to the first (REG-1)."""
    days = days_for(count, today=today)
    return [SettlementPart(day, part) for day, part in zip(days, parts_of(amount_minor, count), strict=True)]


def counts_for(amount_minor: int) -> tuple[int, ...]:
    """Return in how many parts an amount may be settled: each is of a cent at least."""
    return tuple(count for count in PARTS if count <= amount_minor)


def later_parts(owed_minor: int, count: int, *, first_minor: int, first_on: date) -> list[SettlementPart]:
    """Return the parts after a first one that is paid: of what is left then, which a cancellation may have lessened."""
    rest_minor = max(0, owed_minor - first_minor)
    left = min(count - 1, rest_minor)
    if not left:
        return []
    days = due_dates(first_on, count=left + 1, step_unit="months", step_count=1)[1:]
    return [SettlementPart(day, part) for day, part in zip(days, parts_of(rest_minor, left), strict=True)]


def needed_until(
    parts: Sequence[SettlementPart], last_due_on: date | None, paused_until: date | None = None
) -> date:
    """Return until when a card is needed that takes the order over: for the parts, and what else of it is to come."""
    last_on = debited_on([each.due_on for each in parts], paused_until)[-1]
    return last_on if last_due_on is None else max(last_on, last_due_on)


def debited_on(days: Sequence[date], paused_until: date | None) -> list[date]:
    """Return when parts of some days are debited: the first at once, the others not while the order is paused."""
    first, *later = days
    return [first, *(day if paused_until is None else max(day, paused_until) for day in later)]


def card_problem(
    *, good_until: date | None, is_refused: bool, today: date, last_on: date
) -> CardProblem | None:
    """Return why a card that is kept cannot pay parts until a day, None when it can."""
    if is_refused:
        return "refused"
    if good_until is None or good_until < today:
        return "expired"
    return "ends_too_soon" if good_until < last_on else None
