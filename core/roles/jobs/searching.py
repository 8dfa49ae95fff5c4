"""Keeps the keys that find a transaction."""

from core.roles.jobs.parts import JobParts
from core.runtime.jobs import Job
from core.searching.store import KEYS_PER_ROUND, copy_keys

KEYS_EVERY_S = 10.0


def jobs(parts: JobParts) -> list[Job]:
    """Return the jobs of this topic."""

    async def copy() -> None:
        # A full round means that more waits: after an outage it catches up at once.
        while await copy_keys(parts.pool, parts.clock.now()) == KEYS_PER_ROUND:
            pass

    return [Job("attempt_keys", KEYS_EVERY_S, copy)]
