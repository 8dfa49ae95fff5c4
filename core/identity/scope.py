"""The one mechanism that limits what an agent sees: departments, for statements and for the live feed.

Every scoped statement takes `scope.parameter()` as `$n::text[]` and says
`($n::text[] IS NULL OR store.department = ANY($n))`; the live feed asks `scope.sees(department)`.
Both treat None as the whole country and an empty list as nothing.
"""

from core.contracts.scope import Scope

EVERYTHING = Scope(None)
"""For the product's own work, never for an agent's request."""

__all__ = ["EVERYTHING", "Scope"]
