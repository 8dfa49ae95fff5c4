"""What terminals bring to the processes: usual levels, and the end of what their journal keeps."""

from typing import Final

from core.db.queries import load_beside
from core.runtime.jobs import Job
from core.runtime.manifest import Parts, Slice
from core.runtime.retention import Kept
from core.terminals.wall.handlers import Levels

LEVELS_EVERY_S: Final = 60.0
_SQL: Final = load_beside(__file__)


def _jobs(parts: Parts) -> list[Job]:
    return [Job("terminal_levels", LEVELS_EVERY_S, Levels(parts.pool, parts.clock).round)]


SLICE: Final = Slice(
    "terminals",
    jobs=_jobs,
    # Twelve months back from any day, and one to look it up.
    kept=(
        Kept(
            "terminal_event",
            _SQL.prune_terminal_events,
            "GUICHET_KEEP_TERMINAL_EVENTS_DAYS",
            days=400,
            days_min=32,
        ),
    ),
)
