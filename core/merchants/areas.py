"""What of a scope an index can use. `sees` in the statement stays the rule; this only spares it rows."""

from core.contracts.scope import Scope


def departments_of(scope: Scope) -> list[str] | None:
    """Return every department of a scope that is made of departments only; None when it is not."""
    departments: set[str] = set()
    for area in scope.areas:
        if area.departments is None or area.stores is not None or area.companies is not None:
            return None
        departments.update(area.departments)
    return sorted(departments)
