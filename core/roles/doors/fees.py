"""Grids of acquiring fees."""

from core.contracts import fees as ask
from core.merchants.fees.api import FeeHandlers
from core.roles.doors.door import Doors, Parts, served


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    fees = FeeHandlers(parts.pool, parts.clock)
    return served(
        (ask.LIST, fees.grids),
        (ask.ONE, fees.grid),
        (ask.MAKE, fees.make_grid),
        (ask.ASSIGN, fees.assign),
        (ask.MAKE_VERSION, fees.make_version),
        (ask.ONE_VERSION, fees.version),
        (ask.EDIT_VERSION, fees.edit_version),
        (ask.MOVE_VERSION, fees.move_version),
        (ask.PREVIEW, fees.preview),
    )
