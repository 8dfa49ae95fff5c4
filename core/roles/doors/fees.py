"""Grids of acquiring fees."""

from core.contracts import fees as ask
from core.contracts.desk_requests import ById, Nothing
from core.merchants.fees.api import FeeHandlers
from core.roles.doors.door import Door, Doors, Parts


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    fees = FeeHandlers(parts.pool, parts.clock)
    return {
        ask.FEE_GRIDS: Door(Nothing, True, lambda who, body, _locale: fees.grids(who, body)),
        ask.FEE_GRID: Door(ById, True, lambda who, body, _locale: fees.grid(who, body)),
        ask.FEE_GRID_MADE: Door(ask.MakeGrid, True, lambda who, body, _locale: fees.make_grid(who, body)),
        ask.FEE_GRID_ASSIGNED: Door(ask.AssignGrid, True, lambda who, body, _locale: fees.assign(who, body)),
        ask.FEE_VERSION: Door(ById, True, lambda who, body, _locale: fees.version(who, body)),
        ask.FEE_VERSION_MADE: Door(
            ask.MakeVersion, True, lambda who, body, _locale: fees.make_version(who, body)
        ),
        ask.FEE_VERSION_EDITED: Door(
            ask.EditVersion, True, lambda who, body, _locale: fees.edit_version(who, body)
        ),
        ask.FEE_VERSION_MOVED: Door(
            ask.MoveVersion, True, lambda who, body, _locale: fees.move_version(who, body)
        ),
        ask.FEE_PREVIEW: Door(ask.PreviewFees, True, lambda who, body, _locale: fees.preview(who, body)),
    }
