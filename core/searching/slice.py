"""What the search brings to the processes: search, journals, and the keys that find a transaction."""

from typing import Final

from core.contracts import searching as ask
from core.runtime.jobs import Job
from core.runtime.manifest import Parts, Served, Slice, serves
from core.runtime.retention import RetentionRule
from core.searching.handlers import SearchHandlers
from core.searching.journals.handlers import JournalHandlers
from core.searching.store import KEYS_PER_ROUND, copy_keys, copy_late_keys, queries

KEYS_EVERY_S: Final = 10.0


def _jobs(parts: Parts) -> list[Job]:
    async def copy() -> None:
        # A full round means that more waits: after an outage it catches up at once.
        while await copy_keys(parts.pool, parts.clock.now()) == KEYS_PER_ROUND:
            pass
        await copy_late_keys(parts.pool)

    return [Job("attempt_keys", KEYS_EVERY_S, copy)]


def _operations(parts: Parts) -> list[Served]:
    return [
        serves(ask.SEARCH, SearchHandlers(parts.pool, parts.clock).search),
        serves(ask.JOURNAL, JournalHandlers(parts.pool, parts.clock, parts.names).journal),
    ]


SLICE: Final = Slice(
    "searching",
    operations=_operations,
    jobs=_jobs,
    # Lists and search find a transaction by its keys, so these last as long as the transactions themselves.
    retention=(RetentionRule("attempt_key", queries.prune_keys, until=queries.oldest_attempt),),
)
