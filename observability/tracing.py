"""The trace of one payment: its id is the attempt id, from the terminal's frame to the commit.

No span objects on the hot path: every hop's time travels in the messages anyway, and only slow payments are written.
"""

from typing import Final

import structlog

SLOW_US: Final = 2_000_000
SLOW_LINES_PER_SECOND_MAX: Final = 5

_log = structlog.get_logger("trace")


def trace_id(attempt_id: bytes) -> str:
    """Return the 32 hexadecimal digits that name a trace, as in W3C trace context."""
    return attempt_id.hex()


class SlowTraces:
    """Writes the hops of payments slower than `slow_us`, a bounded number of lines a second."""

    __slots__ = ("_lines", "_second", "_slow_us", "suppressed")

    def __init__(self, slow_us: int = SLOW_US) -> None:
        self._slow_us = slow_us
        self._second = 0
        self._lines = 0
        self.suppressed = 0

    def note(self, attempt_id: bytes, hop: str, took_us: int, now_us: int) -> None:
        """Write one hop where the payment has become slow; cheap otherwise."""
        if took_us < self._slow_us:
            return
        second = now_us // 1_000_000
        if second != self._second:
            self._second = second
            self._lines = 0
        self._lines += 1
        if self._lines > SLOW_LINES_PER_SECOND_MAX:
            self.suppressed += 1
            return
        _log.info("slow_hop", trace=trace_id(attempt_id), hop=hop, took_ms=took_us / 1000)
