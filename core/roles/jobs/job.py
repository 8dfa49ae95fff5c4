"""One round that the worker repeats."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import asyncpg

from core.values.clock import Clock


class Job(NamedTuple):
    """`round` is awaited, then the worker sleeps `every_s`; what it raises is logged and tried again."""

    name: str
    every_s: float
    round: Callable[[], Awaitable[object]]


class JobParts(NamedTuple):
    """What every topic is given."""

    pool: asyncpg.Pool
    clock: Clock
