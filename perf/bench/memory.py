"""`guichet bench memory`: what the whole idle stack takes, as `guichet up` starts it, without the fleet.

It runs the very command, so that its own process counts too. Memory is proportional (PSS): pages that several
processes share count once over all of them.
"""

import asyncio
import contextlib
import random
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from deploy.local import proc
from deploy.local.errors import LocalError
from deploy.local.ports import is_free
from deploy.local.processes import PROCESSES, port_names
from deploy.local.state_file import read_state
from perf.bench.driving import Note

TOTAL_MIB_MAX = 700.0
READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 40.0
_PORTS_LOWEST, _PORTS_HIGHEST = 10_000, 30_000
_TRIES_MAX = 200


class MemoryReport(msgspec.Struct):
    """PSS in MiB by process, with its children; `up` is the command itself, which keeps the others alive."""

    within_target: bool
    total_mib: float
    mib: dict[str, float]
    idle_s: float
    measured_at: str


async def bench_memory(*, idle_s: float, note: Note) -> MemoryReport:
    """Start everything, wait while it idles, read it, stop it. Raises: LocalError."""
    folder = Path(tempfile.mkdtemp(prefix="gb-"))
    words = ["up", "--no-fleet", "--json", "--data", str(folder), "--ports-from", str(_consecutive_ports())]
    note("starting everything but the fleet")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.cli.main", *words, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            await _until_ready(process)
        note(f"idling for {idle_s:g} s")
        await asyncio.sleep(idle_s)
        mib = _memory_mib(folder)
    except TimeoutError as error:
        raise LocalError("stack-not-ready", folder=folder) from error
    finally:
        await _end(process)
        shutil.rmtree(folder, ignore_errors=True)
    total = sum(mib.values())
    return MemoryReport(
        within_target=total < TOTAL_MIB_MAX,
        total_mib=round(total, 1),
        mib={name: round(each, 1) for name, each in sorted(mib.items(), key=lambda item: -item[1])},
        idle_s=idle_s,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _memory_mib(folder: Path) -> dict[str, float]:
    state = read_state(folder)
    if state is None or not state.is_supervised:
        raise LocalError("stack-ended")
    mib = {"up": proc.memory_pss_kib_of_one(state.supervisor.pid) / 1024}
    for one in state.processes:
        if one.pid is None:
            raise LocalError("process-missing", name=one.name)
        mib[one.name] = proc.memory_pss_kib(one.pid) / 1024
    return mib


async def _until_ready(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        with contextlib.suppress(msgspec.DecodeError):
            # Single processes say that they are ready too; the stack says where everything is.
            if "addresses" in msgspec.json.decode(line):
                return
    raise LocalError("up-ended")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.communicate(), STOP_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def _consecutive_ports() -> int:
    """Return the first of as many free ports in a row as a stack takes. Raises: LocalError."""
    count = len(port_names(PROCESSES))
    for _ in range(_TRIES_MAX):
        first = random.randrange(_PORTS_LOWEST, _PORTS_HIGHEST)
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise LocalError("ports-not-in-a-row", count=count)
