"""Requests whose assignee has left."""

from typing import Final

from core.roles.jobs.parts import JobParts
from core.runtime.jobs import Job
from core.support.api import give_back_left

_EVERY_S: Final = 60.0


def jobs(parts: JobParts) -> list[Job]:
    """Return the jobs of this topic."""
    return [Job("requests_given_back", _EVERY_S, lambda: give_back_left(parts.pool, parts.clock))]
