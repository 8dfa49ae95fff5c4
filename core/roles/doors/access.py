"""How agents get in: invitations, second factors, devices, single sign-on."""

from core.roles.doors.door import Doors, Parts


def doors(_parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    return {}
