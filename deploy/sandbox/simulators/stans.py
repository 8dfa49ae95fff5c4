"""STANs that no terminal ever uses twice in a business day, across processes and restarts."""

import fcntl
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

STAN_MAX = 999_999
RUN_SECONDS_A_DAY = 86_400
_STANS_A_SECOND = STAN_MAX // RUN_SECONDS_A_DAY


class StansExhausted(Exception):
    """A terminal has used every STAN of its business day."""

    def __init__(self, terminal: str) -> None:
        super().__init__(f"terminal {terminal} has used all its {STAN_MAX} STANs of the day")
        self.terminal = terminal


class StanFile:
    """The last STAN of each terminal and day, in a small file that processes share under a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def reserve(self, terminal: str, day: date, count: int = 1) -> range:
        """Return STANs that are nobody else's from now on. Raises: StansExhausted, OSError."""
        return self.reserve_many([terminal], day, count)[terminal]

    def reserve_many(self, terminals: list[str], day: date, count: int) -> dict[str, range]:
        """Return `count` STANs for each terminal. Raises: StansExhausted, OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            used = _used(file.read(), day)
            reserved: dict[str, range] = {}
            for terminal in terminals:
                first = used.get(terminal, 0) + 1
                if first + count - 1 > STAN_MAX:
                    raise StansExhausted(terminal)
                used[terminal] = first + count - 1
                reserved[terminal] = range(first, first + count)
            text = json.dumps({"day": day.isoformat(), "last": used})
            # Written over the old text and only then shortened: a kill in between leaves JSON with a tail, which
            # `_used` cuts off.
            file.seek(0)
            file.write(text + "\n")
            file.flush()
            file.truncate()
        return reserved


def _used(text: str, day: date) -> dict[str, int]:
    if not text.strip():
        return {}
    kept, _ = json.JSONDecoder().raw_decode(text)
    # Another day has STANs of its own. An older clock must not begin again, hence the comparison.
    return {} if kept["day"] < day.isoformat() else dict(kept["last"])


class Stans:
    """The next STAN of one terminal: from blocks of a file, or counted from an offset that the clock gives.

    Without a file two runs on one terminal must be further apart than the STANs that the first one used, at eleven a
    second; a file knows for certain.
    """

    def __init__(
        self, terminal: str, *, file: StanFile | None = None, first: int = 1, block: int = 1
    ) -> None:
        self._terminal = terminal
        self._file = file
        self._block = block
        self._next = first
        self._end = first if file is not None else STAN_MAX + 1
        self._day: date | None = None

    def take(self, day: date) -> str:
        """Return a STAN, six digits. Raises: StansExhausted, OSError."""
        if self._file is not None and (self._next >= self._end or day != self._day):
            block = self._file.reserve(self._terminal, day, self._block)
            self._next, self._end, self._day = block.start, block.stop, day
        if self._next >= self._end:
            raise StansExhausted(self._terminal)
        stan = self._next
        self._next += 1
        return f"{stan:06d}"


def run_offset(seconds_of_day: int) -> int:
    """Return the first STAN of a run that begins at this second of the day, when no file says better."""
    return seconds_of_day % RUN_SECONDS_A_DAY * _STANS_A_SECOND + 1


StanSource = Callable[[date], str]
