"""What a slice brings to the processes, in one place: its manifest (`core/<slice>/slice.py`).

`core/slices.py` lists the manifests; the processes go through that list. Nothing is found by itself.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import asyncpg

from core.runtime.jobs import Job
from core.runtime.retention import Kept
from core.values.clock import Clock


class Parts(NamedTuple):
    """What every job is made with; `environment` holds the settings of the process."""

    pool: asyncpg.Pool
    clock: Clock
    environment: Mapping[str, str]


class Slice(NamedTuple):
    """`jobs` are the worker's; `kept` says which rows go, and when."""

    name: str
    jobs: Callable[[Parts], list[Job]] = lambda _: []
    kept: tuple[Kept, ...] = ()
