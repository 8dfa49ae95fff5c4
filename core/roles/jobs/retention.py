"""Making room: what is past its keeping time goes, a little each hour."""

from core.roles.jobs.parts import JobParts
from core.roles.retention.rules import RetentionMisconfigured, ages
from core.roles.retention.store import Retention
from core.runtime.jobs import Job

PRUNE_EVERY_S = 3_600.0


def jobs(parts: JobParts) -> list[Job]:
    """Return the jobs of this topic. Raises: SystemExit, when a keeping time cannot be."""
    try:
        kept = ages(parts.environment)
    except RetentionMisconfigured as error:
        raise SystemExit(f"core-worker: {error}") from error
    return [Job("retention", PRUNE_EVERY_S, Retention(parts.pool, parts.clock, kept).round)]
