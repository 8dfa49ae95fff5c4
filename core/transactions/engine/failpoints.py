"""Moments at which a fault run wants this process gone, as kill -9 would have it.

GUICHET_FAIL_POINT is `name` or `name:count`: the process kills itself when it passes that point for the count-th
time. The engine hands it over at its start; where it is not set `armed` is False and a point costs one look at it.
"""

import os
import signal
from collections.abc import Mapping
from typing import Final, NoReturn

POINTS: Final = frozenset(
    {
        "tx1-before",  # nothing is recorded
        "tx1-after",  # armed, and nothing has left for the host
        "tx2-before",  # the host has answered, and nothing is decided
        "tx2-after",  # decided, and no terminal has been told
        "publish-before",  # events are committed, and the stream has not got them
        "publish-after",  # the stream has them, and the relay's position does not say so
    }
)


def _wanted(text: str) -> tuple[str, int]:
    """Return the point and the count. Raises: ValueError for a point that does not exist."""
    name, _, count = text.partition(":")
    if text and name not in POINTS:
        raise ValueError(f"GUICHET_FAIL_POINT names no point: {name}")
    return name, int(count or 1)


_name, _left = "", 0
armed = False


def arm(environment: Mapping[str, str]) -> None:
    """Take the point at which this process is to go, if there is one. Raises: ValueError."""
    global _name, _left, armed  # noqa: PLW0603 - one process has one fail point
    _name, _left = _wanted(environment.get("GUICHET_FAIL_POINT", ""))
    armed = bool(_name)


def reach(point: str) -> None:
    """Pass a point; do not come back from the one that was asked for."""
    global _left  # noqa: PLW0603 - one process has one fail point
    if point == _name:
        _left -= 1
        if _left <= 0:
            _die()


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit(1)
