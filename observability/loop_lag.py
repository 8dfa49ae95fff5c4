"""How late the event loop is, and what held it up: too little CPU, or work that belongs into a thread.

probe = LoopLag.start()
probe.stop()

A thread asks the loop ten times a second to answer. Where the answer takes longer than `HELD_UP_S`, the thread looks at
what the loop's own thread is running: the functions of ours, innermost first, so that the log names the handler.
"""

import asyncio
import random
import sys
import threading
import time
from types import FrameType
from typing import Final

import structlog

from observability.metrics import LOOP_LAG_SECONDS

EVERY_S: Final = 0.1
HELD_UP_S: Final = 0.02
"""Nothing that takes longer belongs on a loop that serves."""

TELL_EVERY_S: Final = 10.0
"""One line for each span of this length, of the slowest in it."""

NAMES_MAX: Final = 6
_FRAMES_MAX: Final = 200
_GIVE_UP_S: Final = 120.0
_OURS: Final = frozenset({"core", "deploy", "edge", "gateway", "perf", "portals", "tests"})

_log = structlog.get_logger("loop")


class LoopLag:
    """A thread beside the running loop. Ten wakes a second cost nothing that shows."""

    __slots__ = ("_answered", "_loop", "_observe", "_others", "_slowest", "_stopped", "_thread", "_watched")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watched = threading.get_ident()
        self._observe = LOOP_LAG_SECONDS.child().observe
        self._answered = threading.Event()
        self._stopped = threading.Event()
        self._slowest: tuple[float, tuple[str, ...]] | None = None
        self._others = 0
        self._thread = threading.Thread(target=self._watch, name="loop-lag", daemon=True)
        self._thread.start()

    @classmethod
    def start(cls) -> "LoopLag":
        """Begin on the running loop."""
        return cls()

    def stop(self) -> None:
        """End; harmless twice."""
        self._stopped.set()
        self._answered.set()

    def _watch(self) -> None:
        tell_at = time.monotonic() + TELL_EVERY_S
        # By chance around that time: asking in step with what holds the loop up would always fall between.
        while not self._stopped.wait(EVERY_S * random.uniform(0.5, 1.5)):  # noqa: S311 -- No secret.
            if not self._ask():
                break
            if time.monotonic() >= tell_at:
                self._tell()
                tell_at = time.monotonic() + TELL_EVERY_S
        self._tell()

    def _ask(self) -> bool:
        """Ask the loop once; False when there is no loop any more."""
        self._answered.clear()
        asked_ns = time.perf_counter_ns()
        try:
            self._loop.call_soon_threadsafe(self._answer, asked_ns)
        except RuntimeError:
            return False
        if not self._answered.wait(HELD_UP_S):
            ran = what_runs(sys._current_frames().get(self._watched))  # noqa: SLF001 -- The only way to see another thread.
            self._answered.wait(_GIVE_UP_S)
            if not self._stopped.is_set():
                self._note((time.perf_counter_ns() - asked_ns) / 1_000_000, ran)
        return True

    def _answer(self, asked_ns: int) -> None:
        """Run on the loop."""
        if not self._stopped.is_set():
            self._observe((time.perf_counter_ns() - asked_ns) // 1_000)
            self._answered.set()

    def _note(self, took_ms: float, ran: tuple[str, ...]) -> None:
        if self._slowest is not None:
            self._others += 1
        if self._slowest is None or took_ms > self._slowest[0]:
            self._slowest = (took_ms, ran)

    def _tell(self) -> None:
        if self._slowest is not None:
            took_ms, ran = self._slowest
            _log.warning("loop_held_up", took_ms=round(took_ms), ran=" < ".join(ran), others=self._others)
        self._slowest = None
        self._others = 0


def what_runs(frame: FrameType | None) -> tuple[str, ...]:
    """Return the innermost function, then those of ours that called it, as `module.function`; never a value."""
    names: list[str] = []
    for _ in range(_FRAMES_MAX):
        if frame is None or len(names) >= NAMES_MAX:
            break
        module = str(frame.f_globals.get("__name__", "?"))
        if not names or module.partition(".")[0] in _OURS:
            names.append(f"{module}.{frame.f_code.co_qualname}")
        frame = frame.f_back
    return tuple(names)
