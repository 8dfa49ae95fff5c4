"""What support brings to the processes: requests whose assignee has left go back to their team."""

from typing import Final

from core.runtime.jobs import Job
from core.runtime.manifest import Parts, Slice
from core.support.api import give_back_left

GIVE_BACK_EVERY_S: Final = 60.0


def _jobs(parts: Parts) -> list[Job]:
    return [Job("requests_given_back", GIVE_BACK_EVERY_S, lambda: give_back_left(parts.pool, parts.clock))]


SLICE: Final = Slice("support", jobs=_jobs)
