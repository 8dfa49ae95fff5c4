"""A loop that is held up shows in its lag."""

import asyncio
import time

from observability.loop_lag import EVERY_S, LoopLag
from observability.metrics import LOOP_LAG_SECONDS


async def test_a_blocked_loop_is_seen_late() -> None:
    histogram = LOOP_LAG_SECONDS.child()
    before = histogram.total
    probe = LoopLag.start()
    try:
        time.sleep(EVERY_S + 0.1)  # noqa: ASYNC251 -- Blocking the loop is the point.
        await asyncio.sleep(0.01)
    finally:
        probe.stop()
    assert histogram.total - before >= 90_000


async def test_a_stopped_probe_observes_nothing_more() -> None:
    histogram = LOOP_LAG_SECONDS.child()
    LoopLag.start().stop()
    before = list(histogram.counts)
    await asyncio.sleep(EVERY_S * 1.5)
    assert histogram.counts == before
