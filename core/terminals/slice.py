"""What terminals bring to the processes: the estate, blocks, the wall, usual levels, and the end of journals."""

from typing import Final

from core.contracts import blocks
from core.contracts import terminals as ask
from core.db.queries import load_beside
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, placed, serves
from core.runtime.retention import RetentionRule
from core.terminals import home
from core.terminals.api import AssigningHandlers, TerminalHandlers, WallHandlers
from core.terminals.wall.handlers import Levels

LEVELS_EVERY_S: Final = 60.0
_SQL: Final = load_beside(__file__)


def _jobs(parts: Parts) -> list[Job]:
    return [Job("terminal_levels", LEVELS_EVERY_S, Levels(parts.pool, parts.clock).round)]


def _operations(parts: Parts) -> list[Served]:
    terminals = TerminalHandlers(parts.pool, parts.clock)
    estate = AssigningHandlers(parts.pool, parts.clock)
    return [
        serves(ask.ONE, terminals.terminal),
        serves(blocks.BLOCKS, terminals.blocks),
        serves(blocks.BLOCK, terminals.block),
        serves(blocks.LIFT, terminals.lift),
        serves(ask.LIST, estate.list_terminals),
        serves(ask.PROFILE, estate.profile),
        serves(ask.ASSIGN, estate.assign),
        serves(ask.MOVE, estate.move),
        serves(ask.ACTIVATE, estate.activate),
        serves(ask.RETIRE, estate.retire),
        serves(ask.SET_OPTIONS, estate.set_options),
        serves(ask.WALL, WallHandlers(parts.pool, parts.clock).wall),
    ]


SLICE: Final = Slice(
    "terminals",
    operations=_operations,
    home={"installations": home.installations, "silent_terminals": home.silent_terminals},
    jobs=_jobs,
    # Twelve months back from any day, and one to look it up.
    retention=(
        RetentionRule(
            "terminal_event",
            _SQL.prune_terminal_events,
            "GUICHET_KEEP_TERMINAL_EVENTS_DAYS",
            days=400,
            days_min=32,
        ),
    ),
    names=Names(frozenset({"terminal"}), _SQL.record_names, read_by=placed),
)
