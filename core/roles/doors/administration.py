"""Agents, roles, grants, the audit, who looks at what."""

from core.roles.doors.door import Doors, Parts


def doors(_parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    return {}
