"""Usual levels of terminals."""

from core.roles.jobs.job import Job, JobParts
from core.terminals.api import Levels


def jobs(parts: JobParts) -> list[Job]:
    """Return the rounds of this topic."""
    return [
        Job("terminal_levels", 60.0, Levels(parts.pool, parts.clock).round),
    ]
