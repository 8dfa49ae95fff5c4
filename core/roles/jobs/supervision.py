"""Exports, and alerts that look."""

import os

from core.roles.jobs.job import Job, JobParts
from core.supervision.exports.folder import exports_folder
from core.supervision.exports.rules import RUNNING_MAX
from core.supervision.exports.runner import Exporter

EXPORT_EVERY_S = 1.0
CLEAN_EVERY_S = 60.0


def jobs(parts: JobParts) -> list[Job]:
    """Return the rounds of this topic."""
    exporter = Exporter(parts.pool, parts.clock, exports_folder(os.environ))
    return [
        *(Job(f"export-{number}", EXPORT_EVERY_S, exporter.round) for number in range(1, RUNNING_MAX + 1)),
        Job("export-expiry", CLEAN_EVERY_S, exporter.clean),
    ]
