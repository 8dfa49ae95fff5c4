"""What a saved view may hold: names of filters and columns of its list, in bounded numbers and lengths."""

from typing import Final

from core.contracts.supervision import ViewedList

NAME_LENGTH_MAX: Final = 60
VALUES_MAX: Final = 20
VALUE_LENGTH_MAX: Final = 80

FILTERS: Final[dict[ViewedList, frozenset[str]]] = {
    "transactions": frozenset(
        {"store", "terminal", "state", "reason", "brand", "min", "max", "period", "from", "to"}
    ),
    "terminals": frozenset({"query", "store", "state"}),
}
COLUMNS: Final[dict[ViewedList, frozenset[str]]] = {
    "transactions": frozenset(
        {
            "time",
            "state",
            "amount",
            "card",
            "store",
            "terminal",
            "reason",
            "kind",
            "company",
            "approval",
            "rrn",
            "stan",
        }
    ),
    "terminals": frozenset({"name", "state", "store", "model", "connected", "seen"}),
}


def problem_of(
    viewed: ViewedList, name: str, filters: dict[str, list[str]], columns: list[str]
) -> tuple[str, str, str] | None:
    """Return field, code and detail of what cannot be kept; None when all of it can."""
    if not 1 <= len(name.strip()) <= NAME_LENGTH_MAX or not name.isprintable():
        return "name", "malformed", f"1 to {NAME_LENGTH_MAX} characters"
    for key, values in filters.items():
        if key not in FILTERS[viewed]:
            return f"filters.{key[:30]}", "unknown_field", ""
        if len(values) > VALUES_MAX or any(len(value) > VALUE_LENGTH_MAX for value in values):
            return f"filters.{key}", "too_long", f"{VALUES_MAX} values of {VALUE_LENGTH_MAX} characters"
        if not all(value.isprintable() for value in values):
            return f"filters.{key}", "malformed", ""
    for column in columns:
        if column not in COLUMNS[viewed]:
            return "columns", "unknown_value", ", ".join(sorted(COLUMNS[viewed]))
    return None
