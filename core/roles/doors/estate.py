"""The terminal wall, assignments, options, macros."""

from core.roles.doors.door import Doors, Parts


def doors(_parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    return {}
