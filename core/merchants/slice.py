"""What merchants bring to the processes: what contracts owe to a date."""

from typing import Final

from core.merchants.agreements.moving import carry_out_due
from core.runtime.jobs import Job
from core.runtime.manifest import Parts, Slice

DUE_EVERY_S: Final = 60.0


def _jobs(parts: Parts) -> list[Job]:
    # Terminations that were given. Grids of fees need none: the one in force is read from the date.
    return [Job("contracts_due", DUE_EVERY_S, lambda: carry_out_due(parts.pool, parts.clock))]


SLICE: Final = Slice("merchants", jobs=_jobs)
