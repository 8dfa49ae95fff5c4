"""Decisions on what hosts say: pure, no input or output."""

from datetime import date


def date_of(month_and_day: str, near: date) -> date | None:
    """Return the MMDD nearest to a day; None for what is no date."""
    if len(month_and_day) != 4 or not (month_and_day.isascii() and month_and_day.isdigit()):
        return None
    candidates: list[date] = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            candidates.append(date(year, int(month_and_day[:2]), int(month_and_day[2:])))
        except ValueError:
            continue
    return min(candidates, key=lambda day: abs(day - near), default=None)
