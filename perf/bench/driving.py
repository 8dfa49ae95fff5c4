"""What the smaller benchmarks do to a stack of their own: seed it, load it, read its metrics."""

import asyncio
import os
import re
import sys
from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec

from deploy.local.errors import LocalError
from deploy.local.loopback import http_get
from deploy.local.stack import LocalStack

Note = Callable[[str], None]


async def seed_terminals(stack: LocalStack, count: int) -> None:
    """Add the load's terminals T1000001 and on, and let the planner know. Raises: LocalError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.sandbox.demonstration",
        "--load-terminals",
        str(count),
        env={**os.environ, **stack.environment("core-engine")},
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise LocalError("terminals-failed")
    connection = await asyncpg.connect(stack.database_url())
    try:
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


class Payments:
    """Loads of one stack, one after the other: each goes on with the STANs where the last one ended."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._stan = 1

    async def at_rate(
        self, per_s: float, *, terminals: int, seconds: float, warmup_s: float
    ) -> dict[str, Any]:
        """Pay so often for so long over plain sockets and return the load's report. Raises: LocalError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "deploy.sandbox.simulators.load",
            "--address",
            self._stack.address("edge"),
            "--count",
            str(terminals),
            "--rate",
            str(per_s),
            "--seconds",
            str(seconds),
            "--warmup",
            str(warmup_s),
            "--stan-from",
            str(self._stan),
            "--json",
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            out, _ = await process.communicate()
        except BaseException:
            process.kill()
            raise
        if process.returncode != 0:
            raise LocalError("load-failed")
        report: dict[str, Any] = msgspec.json.decode(out)
        self._stan = report["stan_next"]
        return report


async def metric_of(stack: LocalStack, port_name: str, sample: str) -> float:
    """Return one sample of a process's `/metrics` by its full name with labels; 0 when it is not there."""
    answer = await http_get(stack.port(port_name), "/metrics")
    text = answer.text if answer is not None else ""
    found = re.search(rf"^{re.escape(sample)} ([0-9.e+]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0
