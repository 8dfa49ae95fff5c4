"""A loop that is held up shows in its lag, and the log says by what."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from observability import loop_lag
from observability.loop_lag import EVERY_S, LoopLag
from observability.metrics import LOOP_LAG_SECONDS


def build_something_large() -> None:
    """Stand for what belongs into a thread."""
    time.sleep(EVERY_S * 3)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What the probe writes, soon."""
    monkeypatch.setattr(loop_lag, "TELL_EVERY_S", 0.3)
    with structlog.testing.capture_logs() as written:
        yield written


async def test_a_blocked_loop_is_seen_late() -> None:
    histogram = LOOP_LAG_SECONDS.child()
    before = histogram.total
    probe = LoopLag.start()
    try:
        await asyncio.sleep(EVERY_S * 2)
        time.sleep(EVERY_S * 5)  # noqa: ASYNC251 -- Blocking the loop is the point.
        await asyncio.sleep(0.01)
    finally:
        probe.stop()
    assert histogram.total - before >= 90_000


async def test_the_log_names_who_held_the_loop_up(lines: list[Any]) -> None:
    probe = LoopLag.start()
    try:
        await asyncio.sleep(0.05)
        build_something_large()
        await asyncio.sleep(0.6)
    finally:
        probe.stop()
    ran = [str(line["ran"]) for line in lines if line["event"] == "loop_held_up"]
    # A probe of before, that saw its loop held up as it was stopped, may still have a line to say.
    assert any(
        "test_loop_lag.build_something_large" in one
        and "test_loop_lag.test_the_log_names_who_held_the_loop_up" in one
        for one in ran
    ), ran


async def test_many_held_up_moments_are_one_line_and_a_count(lines: list[Any]) -> None:
    probe = LoopLag.start()
    try:
        for _ in range(30):
            await asyncio.sleep(0.001)
            time.sleep(0.05)  # noqa: ASYNC251 -- Blocking the loop is the point.
        await asyncio.sleep(0.5)
    finally:
        probe.stop()
    held_up = [line for line in lines if line["event"] == "loop_held_up"]
    # Thirty moments, two seconds, a line each third of one at most.
    assert 1 <= len(held_up) <= 8


async def test_a_stopped_probe_observes_nothing_more() -> None:
    histogram = LOOP_LAG_SECONDS.child()
    LoopLag.start().stop()
    await asyncio.sleep(EVERY_S)
    before = list(histogram.counts)
    await asyncio.sleep(EVERY_S * 2)
    assert histogram.counts == before


async def test_the_loop_may_end_before_its_probe() -> None:
    def run() -> LoopLag:
        async def start() -> LoopLag:
            return LoopLag.start()

        return asyncio.run(start())

    probe = await asyncio.to_thread(run)
    await asyncio.sleep(EVERY_S * 3)
    assert not probe._thread.is_alive()
