"""Jobs against what can go wrong in one of them."""

import asyncio

import asyncpg
import pytest

from core.runtime import jobs
from core.runtime.jobs import Job, Jobs


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FAILED_PAUSE_S", 0.0)
    monkeypatch.setattr(jobs, "BROKEN_PAUSE_S", 0.0)


@pytest.mark.parametrize(
    "error",
    [
        OSError(),
        TimeoutError(),
        asyncpg.InterfaceError("pool is closing"),
        asyncpg.PostgresError(),
        KeyError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_job_runs_again_after_any_error(error: Exception) -> None:
    runs = 0
    enough = asyncio.Event()

    async def fail() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            enough.set()
        raise error

    running = Jobs([Job("fails", 0.0, fail)])
    await asyncio.wait_for(enough.wait(), 5)
    await running.stop()
    assert runs >= 3


async def test_a_broken_job_does_not_hold_up_another() -> None:
    done = asyncio.Event()

    async def fail() -> None:
        raise ValueError

    async def work() -> None:
        done.set()

    running = Jobs([Job("fails", 0.0, fail), Job("works", 60.0, work)])
    await asyncio.wait_for(done.wait(), 5)
    await running.stop()


async def test_a_job_that_starts_later_does_not_run_at_once() -> None:
    ran = False

    async def work() -> None:
        nonlocal ran
        ran = True

    running = Jobs([Job("later", 60.0, work, starts_after_s=60.0)])
    await asyncio.sleep(0.05)
    await running.stop()
    assert not ran
