"""Exports, and alerts that look."""

import os

from core.roles.jobs.job import Job, JobParts
from core.supervision.api import EXPORTS_RUNNING_MAX, Exporter, Watch, exports_folder

EXPORT_EVERY_S = 1.0
CLEAN_EVERY_S = 60.0
WATCH_EVERY_S = 15.0


def jobs(parts: JobParts) -> list[Job]:
    """Return the rounds of this topic."""
    exporter = Exporter(parts.pool, parts.clock, exports_folder(os.environ))
    watch = Watch(parts.pool, parts.clock)
    return [
        *(
            Job(f"export-{number}", EXPORT_EVERY_S, exporter.round)
            for number in range(1, EXPORTS_RUNNING_MAX + 1)
        ),
        Job("export-expiry", CLEAN_EVERY_S, exporter.clean),
        Job("alerts", WATCH_EVERY_S, watch.round),
    ]
