"""A bound on what one kind of event may write: a flood costs a few lines and a count, whoever causes it.

An event is what the code calls it ("message_malformed"), never what it carries; lines of libraries count by their
logger. Within WINDOW_S an event writes LINES_MAX lines. What comes above is counted in a metric and left out; when the
window has passed, one line says how many were.
"""

import threading
from collections.abc import Callable
from typing import Final

from observability.metrics import LOG_LINES_LEFT_OUT

WINDOW_S: Final = 10.0
LINES_MAX: Final = 20
EVENTS_MAX: Final = 512
"""Kinds beyond these share one bound: a kind is a word in our code, so that there are far fewer."""

LEFT_OUT: Final = "log_lines_left_out"
_OTHER: Final = "other"


class _Window:
    __slots__ = ("began", "left_out", "written")

    def __init__(self, began: float) -> None:
        self.began = began
        self.written = 0
        self.left_out = 0


class LogRate:
    """Says of each line whether it may be written. `now` is a clock in seconds that only goes forward.

    `tell(event, lines)` writes the count of what was left out; it runs in a thread of its own when the window has
    passed, or earlier when `flush` is called.
    """

    def __init__(self, now: Callable[[], float], tell: Callable[[str, int], None]) -> None:
        self._now = now
        self._tell = tell
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def admit(self, event: str) -> bool:
        """Return whether a line of this event may be written now, and count it."""
        if event == LEFT_OUT:
            return True
        now = self._now()
        passed: tuple[str, int] | None = None
        with self._lock:
            if event not in self._windows and len(self._windows) >= EVENTS_MAX:
                event = _OTHER
            window = self._windows.get(event)
            if window is None or now - window.began >= WINDOW_S:
                if window is not None and window.left_out:
                    passed = (event, window.left_out)
                window = self._windows[event] = _Window(now)
            admitted = window.written < LINES_MAX
            if admitted:
                window.written += 1
            else:
                window.left_out += 1
                LOG_LINES_LEFT_OUT.child(event).n += 1
                self._wake_later()
        if passed is not None:
            self._tell(*passed)
        return admitted

    def flush(self, *, all_of_it: bool = False) -> None:
        """Tell what was left out in windows that have passed, or in every one."""
        now = self._now()
        with self._lock:
            passed = [
                (event, window)
                for event, window in self._windows.items()
                if window.left_out and (all_of_it or now - window.began >= WINDOW_S)
            ]
            counts = [(event, window.left_out) for event, window in passed]
            for event, window in passed:
                window.left_out = 0
                if now - window.began >= WINDOW_S:
                    del self._windows[event]
        for event, lines in counts:
            self._tell(event, lines)

    def _wake_later(self) -> None:
        # A flood may end with the process silent: its count must not wait for the next line.
        if self._timer is None:
            self._timer = threading.Timer(WINDOW_S, self._on_timer)
            self._timer.daemon = True
            self._timer.start()

    def _on_timer(self) -> None:
        with self._lock:
            self._timer = None
        self.flush()
        with self._lock:
            if any(window.left_out for window in self._windows.values()):
                self._wake_later()
