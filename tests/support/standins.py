"""The real process table with every program replaced by the stand-in, for tests of the supervisor."""

from __future__ import annotations

from dataclasses import replace

from deploy.local.processes import PROCESSES, ProcessSpec

STANDINS: tuple[ProcessSpec, ...] = tuple(
    replace(spec, module="tests.support.standin", arguments=()) for spec in PROCESSES
)
