"""What every topic of jobs is given."""

from collections.abc import Mapping
from typing import NamedTuple

import asyncpg

from core.values.clock import Clock


class JobParts(NamedTuple):
    """`environment` holds the settings of the process."""

    pool: asyncpg.Pool
    clock: Clock
    environment: Mapping[str, str]
