"""Work that a process repeats beside what it is asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, NamedTuple

import asyncpg
import structlog
from nats.errors import Error as NatsError

FAILED_PAUSE_S: Final = 1.0
BROKEN_PAUSE_S: Final = 5.0
CANCEL_AGAIN_S: Final = 0.5

_log = structlog.get_logger("core.jobs")


class Job(NamedTuple):
    """`run` is awaited, then the process sleeps `every_s`; what it raises is logged and tried again."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]
    starts_after_s: float = 0.0


class Jobs:
    """Jobs under way, each at its own pace: a defect in one ends neither it nor the others."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._tasks = [asyncio.create_task(_repeat(job), name=f"job-{job.name}") for job in jobs]

    async def stop(self) -> None:
        """Cancel them, all at once: each may take a moment to be cancelled for good."""
        await asyncio.gather(*(end_task(task) for task in self._tasks))


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which the NATS client uses, returns its result instead
    of the cancellation when both come together, and a loop that goes on then never ends.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
    if not task.cancelled():
        task.exception()  # Read, so that asyncio does not complain of an error nobody looked at.


async def _repeat(job: Job) -> None:
    await asyncio.sleep(job.starts_after_s)
    while True:
        try:
            await job.run()
        except (OSError, TimeoutError, NatsError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("job_failed", job=job.name, error=type(error).__name__)
            await asyncio.sleep(FAILED_PAUSE_S)
        except Exception:
            # A defect in one run must not end the job; it is logged whole and tried again.
            _log.exception("job_broken", job=job.name)
            await asyncio.sleep(BROKEN_PAUSE_S)
        await asyncio.sleep(job.every_s)
