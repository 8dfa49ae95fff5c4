"""What documents bring to the processes: the end of uploads that nobody finished."""

from typing import Final

from core.documents.handlers import forget_unfinished
from core.runtime.jobs import Job
from core.runtime.manifest import Parts, Slice

FORGET_EVERY_S: Final = 900.0


def _jobs(parts: Parts) -> list[Job]:
    return [
        Job("uploads_forgotten", FORGET_EVERY_S, lambda: forget_unfinished(parts.pool, parts.clock.now()))
    ]


SLICE: Final = Slice("documents", jobs=_jobs)
