"""Usual levels of terminals."""

from core.roles.jobs.parts import JobParts
from core.runtime.jobs import Job
from core.terminals.api import Levels


def jobs(parts: JobParts) -> list[Job]:
    """Return the jobs of this topic."""
    return [
        Job("terminal_levels", 60.0, Levels(parts.pool, parts.clock).round),
    ]
