"""Pure decisions on fees: arithmetic in integers, states, differences, periods."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, TypeAlias

from core.contracts.desk import FieldProblem
from core.contracts.fees import (
    FEE_ROWS_MAX,
    PREVIEW_DAYS_MAX,
    CardType,
    FeeAct,
    FeeDifference,
    FeeEvent,
    FeeRow,
    FeeState,
    Region,
)
from core.contracts.permissions import Permission
from core.contracts.references import BrandName

BASIS: Final = 10_000
"""Basis points in a whole."""

TRANSITIONS: Final[Mapping[tuple[str, FeeAct], str]] = {
    ("draft", "submit"): "submitted",
    ("submitted", "approve"): "approved",
    ("submitted", "send_back"): "draft",
    ("draft", "withdraw"): "withdrawn",
    ("submitted", "withdraw"): "withdrawn",
    ("approved", "withdraw"): "withdrawn",  # until its date comes
}
"""What is stored. In force and superseded follow from the dates of the approved versions."""

_HANDS: Final = frozenset({"made", "edited", "submit"})

_Key: TypeAlias = tuple[BrandName, Region, CardType]


def fee_of(amount_minor: int, *, rate_bp: int, fixed_minor: int, minimum_minor: int) -> int:
    """Return the fee of one payment in minor units.

    The proportional part is rounded to the nearest minor unit, half upwards; the fixed part is added, then the
    minimum holds. The statement `preview` says the same in SQL, and a test holds them to it.
    """
    proportional = (amount_minor * rate_bp + BASIS // 2) // BASIS
    return max(minimum_minor, proportional + fixed_minor)


def permission_of(state: str, act: FeeAct) -> Permission:
    """Return what an act needs; what two people agreed on is taken back by somebody who may agree."""
    deciding = act in ("approve", "send_back") or (state, act) == ("approved", "withdraw")
    return Permission.FEES_APPROVE if deciding else Permission.FEES_WRITE


def has_begun(state: str, *, effective_on: date, today: date) -> bool:
    """Return whether a version was approved and its date has come: payments are priced by it for good."""
    return state == "approved" and effective_on <= today


def had_a_hand(events: Iterable[FeeEvent], agent: str) -> bool:
    """Return whether somebody made, edited or submitted a version: such a person is no second pair of eyes."""
    return any(event.by is not None and event.by.id == agent and event.act in _HANDS for event in events)


def shown_state(state: str, *, effective_on: date, in_force_since: date | None, today: date) -> FeeState:
    """Return the state that people read; `in_force_since` is the date of the version in force today."""
    match state:
        case "approved":
            if effective_on > today:
                return "approved"
            return "in_force" if effective_on == in_force_since else "superseded"
        case "draft":
            return "draft"
        case "submitted":
            return "submitted"
        case _:
            return "withdrawn"


def row_problems(rows: Sequence[FeeRow]) -> list[FieldProblem]:
    """Return what keeps rows from being a grid; each problem names its row."""
    problems: list[FieldProblem] = []
    if not rows:
        problems.append(FieldProblem("rows", "empty"))
    if len(rows) > FEE_ROWS_MAX:
        problems.append(FieldProblem("rows", "too_many"))
    seen: set[_Key] = set()
    for number, row in enumerate(rows[:FEE_ROWS_MAX]):
        if _key(row) in seen:
            problems.append(FieldProblem(f"rows[{number}]", "twice"))
        seen.add(_key(row))
    return problems


def differences_of(before: Iterable[FeeRow], after: Iterable[FeeRow]) -> list[FeeDifference]:
    """Return the rows that are not the same, those of `after` in their order, then those that it drops."""
    old = {_key(row): row for row in before}
    new = {_key(row): row for row in after}
    changed = [key for key in new if old.get(key) != new[key]]
    dropped = [key for key in old if key not in new]
    return [FeeDifference(*key, before=old.get(key), after=new.get(key)) for key in (*changed, *dropped)]


def last_month(today: date) -> tuple[date, date]:
    """Return the first and the last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def period_problem(first: date, last: date) -> FieldProblem | None:
    """Return why days cannot be previewed, None when they can."""
    if last < first:
        return FieldProblem("last", "before_first")
    if (last - first).days >= PREVIEW_DAYS_MAX:
        return FieldProblem("last", "too_long", f"at most {PREVIEW_DAYS_MAX} days")
    return None


def _key(row: FeeRow) -> _Key:
    return row.brand, row.region, row.card_type
