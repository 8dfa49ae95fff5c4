"""One of Guichet's own processes: `python -m module`, ready when its health page says so."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local import child
from deploy.local.errors import ServerFailed
from deploy.local.loopback import http_get
from deploy.local.processes import ProcessSpec

CHECKOUT = Path(__file__).resolve().parents[2]


class PythonProcess(child.ManagedChild):
    """A row of the process table that can be started, watched and stopped."""

    def __init__(
        self, spec: ProcessSpec, *, environment: Mapping[str, str], log_path: Path, health_port: int
    ) -> None:
        super().__init__()
        self.name = spec.name
        self.spec = spec
        self.log_path = log_path
        self.health_port = health_port
        self.environment = dict(environment)

    async def start(self) -> None:
        """Start the process; `wait_ready` tells when it works. Raises: ServerFailed."""
        require_module(self.spec.module, process=self.name)
        self._process = child.spawn(
            [sys.executable, "-m", self.spec.module, *self.spec.arguments],
            log_path=self.log_path,
            environment={**child.base_environment(), "PYTHONUNBUFFERED": "1", **self.environment},
            cwd=CHECKOUT,
            die_with_parent=signal.SIGTERM,
        )

    async def wait_ready(self, *, timeout_s: float) -> None:
        """Wait for `/health/ready` to answer 200. Raises: ServerFailed with what it last said."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._give_up_if_ended()
            answer = await http_get(self.health_port, "/health/ready", timeout_s=1.0)
            if answer is not None and answer.status_code == 200:
                return
            if time.monotonic() > deadline:
                code, status = (
                    ("process-silent", 0) if answer is None else ("process-not-ready", answer.status_code)
                )
                raise ServerFailed(
                    code,
                    name=self.name,
                    seconds=timeout_s,
                    status=status,
                    port=self.health_port,
                    log=self.log_path,
                )
            await asyncio.sleep(0.05)


def require_module(module: str, *, process: str) -> None:
    """Check that `python -m module` would find something to run. Raises: ServerFailed."""
    try:
        spec = importlib.util.find_spec(module)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{module}.__main__")
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        raise ServerFailed("program-missing", process=process, module=module)
