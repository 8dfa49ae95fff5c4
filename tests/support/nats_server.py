"""A real nats-server for tests: free port, optional users, killed and started again on the same port."""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from pathlib import Path
from typing import Any

BINARY = Path(sys.executable).parent / "nats-server"


class NatsServer:
    """One child process. `url` never changes over restarts."""

    def __init__(self, *, folder: Path, port: int, config: dict[str, Any] | None = None) -> None:
        self.port = port
        self.folder = folder
        self._config = config or {}
        self._child: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where clients connect, without user."""
        return f"nats://127.0.0.1:{self.port}"

    def url_of(self, user: str, password: str) -> str:
        """Where clients connect, with user."""
        return f"nats://{user}:{password}@127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start, and return when the port answers."""
        config = {"host": "127.0.0.1", "port": self.port, **self._config}
        path = self.folder / f"nats-{self.port}.json"
        path.write_text(json.dumps(config))
        self._child = await asyncio.create_subprocess_exec(
            str(BINARY),
            "-c",
            str(path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                return

    async def kill(self) -> None:
        """kill -9, and wait for the end."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()
            self._child = None

    def freeze(self) -> None:
        """SIGSTOP: the port stays open, nothing answers."""
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._child is not None
        self._child.send_signal(signal.SIGCONT)


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
