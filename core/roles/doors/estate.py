"""The terminal wall, assignments, options, macros; the diagnosis of a transaction."""

from core.contracts import estate as ask
from core.contracts import macros as asked
from core.roles.doors.door import Doors, Parts, served
from core.support.macros.handlers import MacroHandlers
from core.terminals.api import AssigningHandlers, WallHandlers
from core.transactions.diagnosis.handlers import DiagnosisHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    estate = AssigningHandlers(parts.pool, parts.clock)
    macros = MacroHandlers(parts.pool, parts.clock)
    return served(
        (ask.DIAGNOSIS, DiagnosisHandlers(parts.pool, parts.clock).diagnosis),
        (ask.LIST, estate.list_terminals),
        (ask.PROFILE, estate.profile),
        (ask.ASSIGN, estate.assign),
        (ask.MOVE, estate.move),
        (ask.ACTIVATE, estate.activate),
        (ask.RETIRE, estate.retire),
        (ask.SET_OPTIONS, estate.set_options),
        (ask.WALL, WallHandlers(parts.pool, parts.clock).wall),
        (asked.LIST, macros.list_macros),
        (asked.ADD, macros.add),
        (asked.CHANGE, macros.change),
        (asked.REMOVE, macros.remove),
        (asked.PREVIEW, macros.preview),
        (asked.RUN, macros.run),
    )
