"""Pure decisions that exports and alerts share."""

from core.contracts.scope import Area, Scope


def covers(scope: Scope, wanted: Scope) -> bool:
    """Return whether everything that `wanted` sees is seen by one grant of `scope`.

    Careful rather than clever: a store that stands in a department which the scope holds is not recognised.
    """
    return all(any(_holds(area, inner) for area in scope.areas) for inner in wanted.areas)


def _holds(outer: Area, inner: Area) -> bool:
    if outer.services is not None and (
        inner.services is None or not set(inner.services) <= set(outer.services)
    ):
        return False
    if outer.is_anywhere:
        return True
    if inner.is_anywhere:
        return False
    return (
        set(inner.departments or ()) <= set(outer.departments or ())
        and set(inner.stores or ()) <= set(outer.stores or ())
        and set(inner.companies or ()) <= set(outer.companies or ())
    )
