"""What contracts owe to a date: activations, grids that begin, expiries."""

from core.roles.jobs.job import Job, JobParts


def jobs(_parts: JobParts) -> list[Job]:
    """Return the rounds of this topic."""
    return []
