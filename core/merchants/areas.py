"""A scope as an index can use it. For what belongs to no service, `sees` and these three arrays say the same."""

from typing import NamedTuple
from uuid import UUID

from core.contracts.scope import Scope


class Places(NamedTuple):
    """Any of them is enough. `departments` None: the scope sees everything, and the arrays say nothing."""

    departments: list[str] | None
    stores: list[UUID]
    companies: list[UUID]


def places_of(scope: Scope) -> Places:
    """Return every place of a scope. The function `sees` costs microseconds a row, and a list has 50,000."""
    areas = scope.areas
    if any(area.departments is None and area.stores is None and area.companies is None for area in areas):
        return Places(None, [], [])
    return Places(
        sorted({code for area in areas for code in area.departments or ()}),
        [UUID(bytes=raw) for area in areas for raw in area.stores or ()],
        [UUID(bytes=raw) for area in areas for raw in area.companies or ()],
    )
