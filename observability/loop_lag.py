"""How late the event loop wakes: the first sign of too little CPU, or of something that blocks it.

probe = LoopLag.start()
probe.stop()
"""

import asyncio
from typing import Final

from observability.metrics import LOOP_LAG_SECONDS

EVERY_S: Final = 0.25


class LoopLag:
    """A timer on the running loop that observes by how much it is late. Four wakes a second cost nothing."""

    __slots__ = ("_due", "_loop", "_observe", "_timer")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._observe = LOOP_LAG_SECONDS.child().observe
        self._due = self._loop.time() + EVERY_S
        self._timer = self._loop.call_at(self._due, self._wake)

    @classmethod
    def start(cls) -> "LoopLag":
        """Begin on the running loop."""
        return cls()

    def stop(self) -> None:
        """End; harmless twice."""
        self._timer.cancel()

    def _wake(self) -> None:
        now = self._loop.time()
        self._observe(max(0, int((now - self._due) * 1_000_000)))
        # From now on, not from what was due: after a long block one late wake is the truth, not a burst of them.
        self._due = now + EVERY_S
        self._timer = self._loop.call_at(self._due, self._wake)
