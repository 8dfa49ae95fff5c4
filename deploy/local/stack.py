"""A whole Guichet on this machine as an async context manager.

`guichet up`, the benchmark, the fault tests and the browser tests all start it here, so what they see is
what a person gets.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, TypeVar

from deploy.local import child, proc
from deploy.local.authority import DevelopmentAuthority
from deploy.local.database import prepare_cluster
from deploy.local.errors import LocalError, PortsUnusable, PortTaken, ServerFailed
from deploy.local.leftovers import end_orphans, lock_folder
from deploy.local.migrate import migrate
from deploy.local.nats import NatsServer
from deploy.local.ports import PORT_MAX, free_ports, free_run, is_free, lowest_port
from deploy.local.postgres import CORE_ROLE, OWNER_ROLE, PostgresServer
from deploy.local.processes import PROCESSES, Place, ProcessSpec, environment_of, port_names
from deploy.local.python_process import CHECKOUT, PythonProcess, require_module
from deploy.local.state_file import ProcessState, StackState, SupervisorState, write_state
from deploy.local.subjects import ALLOWANCES, SubjectAllowance
from deploy.local.supervisor import StackEvent, Supervisor, Watched, ticks_of

_SERVERS_STOP_ORDER = {"nats": 90, "postgres": 91}
_SEED_TIMEOUT_S = 120.0
_Server = TypeVar("_Server", PostgresServer, NatsServer)


class LocalStack:
    """PostgreSQL, NATS and the processes of a table, started, watched and stopped together.

    `ports_from` numbers the ports from there; without it free ones are chosen. `processes` names those to
    run (all by default; the servers always run). `seed_module` prints a JSON object; None seeds nothing.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        ports_from: int | None = None,
        fleet: bool = False,
        processes: Collection[str] | None = None,
        table: tuple[ProcessSpec, ...] = PROCESSES,
        seed_module: str | None = "deploy.sandbox.demonstration",
        shared_buffers_mib: int = 128,
        log_level: str = "info",
        extra_environment: dict[str, dict[str, str]] | None = None,
        on_event: Callable[[StackEvent], None] | None = None,
        allowances: tuple[SubjectAllowance, ...] = ALLOWANCES,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.ports: dict[str, int] = {}
        self.seed: dict[str, Any] = {}
        self._ports_from = ports_from
        self._table = table
        self._chosen = [
            spec
            for spec in table
            if (processes is None or spec.name in processes) and (fleet or spec.name != "fleet")
        ]
        self._seed_module = seed_module
        self._shared_buffers_mib = shared_buffers_mib
        self._log_level = log_level
        self._extra_environment = extra_environment or {}
        self._allowances = allowances
        self._on_event = on_event or (lambda _event: None)
        self._supervisor = Supervisor(on_event=self._on_event, on_change=self._save_state)
        self._started_at = datetime.now(UTC)
        self._lock: TextIO | None = None
        self._postgres: PostgresServer | None = None
        self._nats: NatsServer | None = None

    async def __aenter__(self) -> LocalStack:
        await self.start()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start everything and return when all of it is ready; on a failure, stop what was started.

        Raises: FolderOfAnother, FolderUnusable, AlreadyRunning, PortsUnusable, PortTaken, BinaryMissing, ServerFailed,
            MigrationFailed.
        """
        self._lock = lock_folder(self.data_dir)
        try:
            for spec in self._chosen:
                require_module(spec.module, process=spec.name)
            for name in await end_orphans(self.data_dir):
                self._on_event(StackEvent("note", name, "left over from before, stopped"))
            self._choose_ports()
            await self._start_servers()
            await self._start_processes()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything in order; the data stays. Harmless when nothing runs."""
        try:
            await self._supervisor.stop_all()
        finally:
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    # What tests and benchmarks ask and do while it runs.

    @property
    def names(self) -> list[str]:
        """The names of the servers and processes of this stack."""
        return list(self._supervisor.watched)

    def port(self, name: str) -> int:
        """Return the port of that name: `edge`, `edge-tls`, `gateway`, `portal`, `nats`, and so on."""
        return self.ports[name]

    def address(self, name: str) -> str:
        """Return 127.0.0.1:port for a port name."""
        return f"127.0.0.1:{self.ports[name]}"

    def pid(self, name: str) -> int | None:
        """Return the pid of a server or process while it runs."""
        return self._supervisor.watched[name].child.pid

    def restarts(self, name: str) -> int:
        """Return how often the supervisor has restarted it by itself."""
        return self._supervisor.watched[name].restarts

    def environment(self, name: str) -> dict[str, str]:
        """Return what the process was given, its secrets included."""
        process = self._supervisor.watched[name].child
        return dict(process.environment) if isinstance(process, PythonProcess) else {}

    def log_path(self, name: str) -> Path:
        """Return where the server or process writes its log."""
        return self._supervisor.watched[name].child.log_path

    def database_url(self, role: str = CORE_ROLE) -> str:
        """Return the database's address for a role of deploy.local.postgres, with its password."""
        return _started(self._postgres).dsn(role)

    async def create_database(self, name: str) -> str:
        """Create another migrated database on the same server and return its address for core."""
        server = _started(self._postgres)
        await prepare_cluster(server, name)
        await migrate(server.dsn(OWNER_ROLE, name))
        return server.dsn(CORE_ROLE, name)

    def nats_url(self, user: str) -> str:
        """Return the bus's address for a user, with its password."""
        return _started(self._nats).url(user)

    def authority(self) -> DevelopmentAuthority:
        """Return the authority that issues this stack's certificates."""
        return DevelopmentAuthority(self.data_dir / "tls", self.data_dir / "authority")

    def memory_pss_mib(self) -> dict[str, float]:
        """Return the proportional memory of each server and process, in MiB."""
        pids = {name: self.pid(name) for name in self.names}
        return {name: proc.memory_pss_kib(pid) / 1024 for name, pid in pids.items() if pid is not None}

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time that each server and process has used since it started, in seconds."""
        pids = {name: self.pid(name) for name in self.names}
        return {name: proc.cpu_seconds(pid) for name, pid in pids.items() if pid is not None}

    def kill(
        self, name: str, signal_number: signal.Signals = signal.SIGKILL, *, with_children: bool = False
    ) -> int:
        """Send a signal to a server or process and return the pid it went to; the supervisor restarts it."""
        pid = self.pid(name)
        if pid is None:
            raise LocalError("process-not-running", name=name)
        for each in [pid, *(proc.descendants(pid) if with_children else ())]:
            proc.send(each, signal_number)
        return pid

    async def stop_process(self, name: str) -> None:
        """Stop one and keep it stopped until `start_process`."""
        await self._supervisor.stop(name)

    async def start_process(self, name: str) -> None:
        """Start one that was stopped and return when it is ready."""
        await self._supervisor.start(name)

    async def restart(self, name: str) -> None:
        """Stop and start one and return when it is ready."""
        await self._supervisor.stop(name)
        await self._supervisor.start(name)

    async def wait_ready(self, name: str, *, after_pid: int | None = None, timeout_s: float = 30.0) -> None:
        """Wait until it is ready under another pid than `after_pid`, the one that was just killed.

        Raises: TimeoutError.
        """
        watched = self._supervisor.watched[name]
        async with asyncio.timeout(timeout_s):
            while watched.state != "ready" or watched.child.pid in {None, after_pid}:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    # Starting.

    def _choose_ports(self) -> None:
        names = port_names(self._table)
        if self._ports_from is None:
            self.ports = dict(zip(names, free_ports(len(names)), strict=True))
            return
        last, lowest = self._ports_from + len(names) - 1, lowest_port()
        if self._ports_from < lowest or last > PORT_MAX:
            raise PortsUnusable(
                first=self._ports_from, last=last, lowest=lowest, highest=PORT_MAX - len(names) + 1
            )
        self.ports = {name: self._ports_from + offset for offset, name in enumerate(names)}
        owners = {port: spec.name for spec in self._chosen for port in spec.ports}
        owners |= {"postgres": "postgres", "nats": "nats", "nats-monitoring": "nats"}
        for name, owner in owners.items():
            if not is_free(self.ports[name]):
                raise PortTaken(
                    process=owner,
                    port=self.ports[name],
                    holder=proc.listener_of(self.ports[name]),
                    free_from=free_run(len(names)),
                )

    async def _start_servers(self) -> None:
        self._postgres = PostgresServer(
            self.data_dir, port=self.ports["postgres"], shared_buffers_mib=self._shared_buffers_mib
        )
        self._nats = NatsServer(
            self.data_dir,
            port=self.ports["nats"],
            monitoring_port=self.ports["nats-monitoring"],
            allowances=self._allowances,
        )
        for server in (self._postgres, self._nats):
            self._supervisor.add(server, stop_order=_SERVERS_STOP_ORDER[server.name])
        await _all_of([self._supervisor.start("postgres"), self._supervisor.start("nats")])
        await prepare_cluster(self._postgres)
        await migrate(self._postgres.dsn(OWNER_ROLE))

    async def _start_processes(self) -> None:
        self.authority().ensure(now=datetime.now(UTC))
        for folder in ("keys", "acquirer", "fleet"):
            (self.data_dir / folder).mkdir(exist_ok=True, mode=0o700)
        place = Place(self.data_dir, self.ports, self.database_url, self.nats_url)
        for cookies in ("portal-cookies", "space-cookies"):
            _started(self._postgres).secrets.reveal(cookies)
        for spec in self._chosen:
            environment = environment_of(spec, place, log_level=self._log_level)
            process = PythonProcess(
                spec,
                environment={**environment, **self._extra_environment.get(spec.name, {})},
                log_path=self.data_dir / "logs" / f"{spec.name}.log",
                health_port=self.ports[spec.health_port],
            )
            self._supervisor.add(process, stop_order=spec.stop_order)
        if self._seed_module is not None:
            self.seed = await self._run_seed(self._seed_module, place)
        for last in (False, True):
            await _all_of(
                [self._supervisor.start(spec.name) for spec in self._chosen if spec.starts_last is last]
            )

    async def _run_seed(self, module: str, place: Place) -> dict[str, Any]:
        require_module(module, process="seed")
        environment = {
            **child.base_environment(),
            "GUICHET_DATA": str(self.data_dir),
            "GUICHET_DATABASE_URL": place.database_url(),
            "GUICHET_LOG_LEVEL": self._log_level,
            "GUICHET_RECEIVER_PORT": place.port("receiver"),
        }
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", module],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SEED_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            if not said:
                raise ServerFailed("seed-failed-silently", module=module)
            raise ServerFailed("seed-failed", said=said[0], module=module)
        try:
            return json.loads(done.stdout)
        except ValueError as error:
            raise ServerFailed("seed-unreadable", module=module) from error

    def _save_state(self) -> None:
        ticks = proc.start_ticks(os.getpid())
        state = StackState(
            supervisor=SupervisorState(
                pid=os.getpid(), ticks=ticks or 0, started_at=self._started_at.isoformat(timespec="seconds")
            ),
            ports=self.ports,
            processes=[self._process_state(watched) for watched in self._supervisor.watched.values()],
        )
        write_state(self.data_dir, state)

    def _process_state(self, watched: Watched) -> ProcessState:
        process = watched.child
        if isinstance(process, PythonProcess):
            port, health_port = self.ports[process.spec.ports[0]], process.health_port
        else:
            port = self.ports[process.name]
            health_port = self.ports["nats-monitoring"] if process.name == "nats" else None
        return ProcessState(
            name=process.name,
            state=watched.state,
            pid=process.pid,
            ticks=ticks_of(process),
            since=watched.since.isoformat(timespec="seconds"),
            restarts=watched.restarts,
            port=port,
            health_port=health_port,
        )


def _started(server: _Server | None) -> _Server:
    if server is None:
        raise LocalError("stack-not-started")
    return server


async def _all_of(starts: list[Coroutine[Any, Any, None]]) -> None:
    """Run the starts together; when one fails, give up the others and say why it failed."""
    tasks = [asyncio.create_task(start) for start in starts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION) if tasks else (set(), set())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
