"""Exports, and alerts that look."""

from core.roles.jobs.parts import JobParts
from core.runtime.jobs import Job
from core.supervision.api import EXPORTS_RUNNING_MAX, Exporter, Watch, exports_folder

EXPORT_EVERY_S = 1.0
CLEAN_EVERY_S = 60.0
WATCH_EVERY_S = 15.0


def jobs(parts: JobParts) -> list[Job]:
    """Return the jobs of this topic."""
    exporter = Exporter(parts.pool, parts.clock, exports_folder(parts.environment))
    watch = Watch(parts.pool, parts.clock)
    return [
        *(
            Job(f"export-{number}", EXPORT_EVERY_S, exporter.round)
            for number in range(1, EXPORTS_RUNNING_MAX + 1)
        ),
        Job("export-expiry", CLEAN_EVERY_S, exporter.clean),
        Job("alerts", WATCH_EVERY_S, watch.round),
    ]
