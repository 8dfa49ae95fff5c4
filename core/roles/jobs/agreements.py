"""What contracts owe to a date: terminations that were given; and uploads that nobody finished."""

from typing import Final

from core.documents.api import forget_unfinished
from core.merchants.agreements.api import carry_out_due
from core.roles.jobs.parts import JobParts
from core.runtime.jobs import Job

_DUE_EVERY_S: Final = 60.0
_FORGET_EVERY_S: Final = 900.0


def jobs(parts: JobParts) -> list[Job]:
    """Return the jobs of this topic. Grids of fees need none: the one in force is read from the date."""
    return [
        Job("contracts_due", _DUE_EVERY_S, lambda: carry_out_due(parts.pool, parts.clock)),
        Job(
            "uploads_forgotten",
            _FORGET_EVERY_S,
            lambda: forget_unfinished(parts.pool, parts.clock.now()),
        ),
    ]
