"""The terminal wall, assignments, options, macros; the diagnosis of a transaction."""

from core.contracts import estate as ask
from core.contracts import macros as asked
from core.contracts.desk_requests import ById
from core.roles.doors.door import Door, Doors, Parts, served
from core.support.macros.handlers import MacroHandlers
from core.terminals.api import AssigningHandlers, WallHandlers
from core.transactions.diagnosis.handlers import DiagnosisHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    diagnoses = DiagnosisHandlers(parts.pool, parts.clock)
    estate = AssigningHandlers(parts.pool, parts.clock)
    wall = WallHandlers(parts.pool, parts.clock)
    macros = MacroHandlers(parts.pool, parts.clock)
    return {
        ask.DIAGNOSIS: Door(ById, True, diagnoses.diagnosis),
        ask.LIST_TERMINALS: Door(
            ask.ListTerminals, True, lambda who, body, _locale: estate.list_terminals(who, body)
        ),
        ask.TERMINAL_PROFILE: Door(ById, True, lambda who, body, _locale: estate.profile(who, body)),
        ask.ASSIGN_TERMINAL: Door(
            ask.AssignTerminal, True, lambda who, body, _locale: estate.assign(who, body)
        ),
        ask.MOVE_TERMINAL: Door(ask.MoveTerminal, True, lambda who, body, _locale: estate.move(who, body)),
        ask.ACTIVATE_TERMINAL: Door(
            ask.TerminalAct, True, lambda who, body, _locale: estate.activate(who, body)
        ),
        ask.RETIRE_TERMINAL: Door(ask.TerminalAct, True, lambda who, body, _locale: estate.retire(who, body)),
        ask.SET_TERMINAL_OPTIONS: Door(
            ask.SetTerminalOptions, True, lambda who, body, _locale: estate.set_options(who, body)
        ),
        ask.WALL: Door(ask.AskWall, True, lambda who, body, _locale: wall.wall(who, body)),
        **served(
            (asked.LIST, macros.list_macros),
            (asked.ADD, macros.add),
            (asked.CHANGE, macros.change),
            (asked.REMOVE, macros.remove),
            (asked.PREVIEW, macros.preview),
            (asked.RUN, macros.run),
        ),
    }
