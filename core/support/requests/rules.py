"""Pure decisions on requests: their dates, what a type asks, where a status leads."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from core.contracts.desk import FieldProblem
from core.contracts.requests import (
    FIELDS_MAX,
    STATUSES_MAX,
    FieldOfType,
    RequestTypeView,
    SaveRequestType,
    StatusOfType,
)

_MENTION: Final = re.compile(r"(?<![\w.@])@([\w.+-]*[\w])")
_ANSWER_MAX: Final = {"text": 200, "long": 2_000, "number": 30, "date": 10, "choice": 80}
_CENTURY: Final = 20
_NUMBER: Final = re.compile(r"-?\d{1,15}([.,]\d{1,6})?")


def due_on(kind: RequestTypeView, *, wished: str | None, today: date) -> date | None:
    """Return when a request is due. Raises: ValueError, when the wish is no date."""
    if wished:
        return day_of(wished)
    return None if kind.due_days is None else today + timedelta(days=kind.due_days)


def day_of(text: str) -> date:
    """Return a day of this century: the last that Python knows is "for ever" to PostgreSQL. Raises: ValueError."""
    day = date.fromisoformat(text)
    if day.year // 100 != _CENTURY:
        raise ValueError("another century")
    return day


def first_status(kind: RequestTypeView) -> StatusOfType:
    """Return where a request of this type begins."""
    return next(status for status in kind.statuses if not status.final)


def final_status(kind: RequestTypeView, wished: str | None) -> StatusOfType | None:
    """Return the status that closes: the one wished for if it does, or the only one there is."""
    finals = [status for status in kind.statuses if status.final and wished in (None, status.code)]
    return finals[0] if len(finals) == 1 else None


def answer_problems(fields: Sequence[FieldOfType], answers: dict[str, str]) -> list[FieldProblem]:
    """Return what is wrong with the answers, by `answers.<code>`."""
    known = {field.code: field for field in fields}
    found = [FieldProblem(f"answers.{code[:40]}", "unknown_field") for code in answers if code not in known]
    for code, field in known.items():
        value = answers.get(code, "").strip()
        if not value:
            if field.required:
                found.append(FieldProblem(f"answers.{code}", "required"))
        elif not _is_answer(field, value):
            found.append(FieldProblem(f"answers.{code}", "malformed", _expected(field)))
    return found


def mentioned(body: str, people: dict[str, bytes]) -> list[bytes]:
    """Return those whose `@name` (what stands before the @ of their address) is in the text."""
    return [people[name] for name in dict.fromkeys(_MENTION.findall(body.lower())) if name in people]


def not_among(body: str, people: dict[str, bytes]) -> list[str]:
    """Return the `@names` of a text that are none of these people's."""
    return [name for name in dict.fromkeys(_MENTION.findall(body.lower())) if name not in people]


def type_problems(wish: SaveRequestType) -> list[FieldProblem]:
    """Return what keeps a type from being written."""
    found: list[FieldProblem] = []
    codes = [status.code for status in wish.statuses]
    if len(set(codes)) != len(codes):
        found.append(FieldProblem("statuses", "repeated", f"each code once, at most {STATUSES_MAX}"))
    if not any(status.final for status in wish.statuses) or all(status.final for status in wish.statuses):
        found.append(FieldProblem("statuses", "incomplete", "one to begin with, and one that closes"))
    elif wish.statuses[0].final:
        found.append(
            FieldProblem("statuses", "order", "the first is where a request begins: it cannot close")
        )
    names = [field.code for field in wish.fields]
    if len(set(names)) != len(names):
        found.append(FieldProblem("fields", "repeated", f"each code once, at most {FIELDS_MAX}"))
    if any((field.kind == "choice") != bool(field.choices) for field in wish.fields):
        found.append(FieldProblem("fields", "choices", "a choice has choices, and nothing else has"))
    return found


def _is_answer(field: FieldOfType, value: str) -> bool:
    if len(value) > _ANSWER_MAX[field.kind]:
        return False
    match field.kind:
        case "number":
            return _NUMBER.fullmatch(value) is not None
        case "date":
            return _is_date(value)
        case "choice":
            return value in field.choices
        case _:
            return True


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(day_of(text))
    except ValueError:
        return False


def _expected(field: FieldOfType) -> str:
    match field.kind:
        case "number":
            return "a number"
        case "date":
            return "YYYY-MM-DD"
        case "choice":
            return ", ".join(field.choices)
        case _:
            return f"at most {_ANSWER_MAX[field.kind]} characters"
