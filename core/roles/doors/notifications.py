"""Mail and its journal, the bell, the home page, branding."""

from core.roles.doors.door import Doors, Parts


def doors(_parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    return {}
