"""A scope as the statements on 100,000 terminals take it: found by index first, then checked by `sees`."""

from typing import NamedTuple
from uuid import UUID

from core.contracts.scope import Scope


class Reach(NamedTuple):
    """Where a scope can hold anything at all. `everything` spares one call of `sees` for each row."""

    everything: bool
    anywhere: bool
    departments: list[str]
    stores: list[UUID]
    companies: list[UUID]


def reach_of(scope: Scope) -> Reach:
    """Return the places that the areas of a scope name; `anywhere` when one of them names none."""
    departments: list[str] = []
    stores: list[UUID] = []
    companies: list[UUID] = []
    anywhere = False
    for area in scope.areas:
        anywhere |= area.departments is None and area.stores is None and area.companies is None
        departments += area.departments or ()
        stores += [UUID(bytes=raw) for raw in area.stores or ()]
        companies += [UUID(bytes=raw) for raw in area.companies or ()]
    return Reach(scope.is_everything, anywhere, departments, stores, companies)
