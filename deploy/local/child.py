"""Start, watch and stop one child process the way every server and process of the stack is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local import proc
from deploy.local.errors import ServerFailed

# A log above this size is set aside when its process starts, and the older ones move up by one.
LOG_ROTATE_BYTES = 8 * 1024 * 1024
LOG_KEEP = 3
_STOP_GRACE_S = 10.0


def spawn(
    command: Sequence[str],
    *,
    log_path: Path,
    environment: Mapping[str, str],
    cwd: Path | None = None,
    die_with_parent: signal.Signals | None = None,
    owner: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session with stderr and stdout appended to the log.

    Its own session keeps Ctrl-C away from it, so that whoever started it can stop it in order.
    `die_with_parent` is the signal that the kernel sends it when its parent ends without a goodbye.
    `owner` is the user and group id to run as, when they are not ours.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    rotate(log_path)
    with log_path.open("ab") as log:
        return subprocess.Popen(
            [*_death_signal(die_with_parent), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=cwd,
            env=dict(environment),
            start_new_session=True,
            user=None if owner is None else owner[0],
            group=None if owner is None else owner[1],
            extra_groups=None if owner is None else [],
        )


def base_environment() -> dict[str, str]:
    """Return the few variables of our own environment that a child may inherit."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "GUICHET_DEBUG", "SSL_CERT_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ}


async def end(
    process: subprocess.Popen[bytes],
    *,
    first: signal.Signals = signal.SIGTERM,
    then: signal.Signals = signal.SIGKILL,
    grace_s: float,
) -> bool:
    """Ask the child to stop, insist after `grace_s` seconds, and tell whether asking was enough."""
    if process.poll() is None:
        proc.send(process.pid, first)
        # A stopped process cannot act on the request before it is continued.
        proc.send(process.pid, signal.SIGCONT)
    polite = await proc.wait_gone(process.pid, None, timeout_s=grace_s)
    if not polite:
        proc.send(process.pid, then)
        await proc.wait_gone(process.pid, None, timeout_s=grace_s)
        proc.send(process.pid, signal.SIGKILL)
    process.wait()
    return polite


class ManagedChild(ABC):
    """A child process that can be started again after it ended; servers and processes extend it."""

    name: str
    log_path: Path

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ended: int | None = None

    @property
    def pid(self) -> int | None:
        """The child's pid while it runs, else None. Asking also buries a child that has died."""
        if self._process is None:
            return None
        if self._process.poll() is not None:
            self._ended = self._process.returncode
            self._process = None
            return None
        return self._process.pid

    @property
    def last_end(self) -> str:
        """How the child ended the last time: an exit status or a signal's name."""
        if self._ended is None:
            return "not started"
        if self._ended < 0:
            return signal.Signals(-self._ended).name
        return f"exit {self._ended}"

    @abstractmethod
    async def start(self) -> None:
        """Start the child. Raises: LocalError."""

    @abstractmethod
    async def wait_ready(self, *, timeout_s: float) -> None:
        """Wait until the child does its work. Raises: ServerFailed."""

    async def stop(self) -> None:
        """Stop the child politely, then by force. Harmless when it does not run."""
        await self._end(grace_s=_STOP_GRACE_S)

    async def _end(
        self,
        *,
        first: signal.Signals = signal.SIGTERM,
        then: signal.Signals = signal.SIGKILL,
        grace_s: float,
    ) -> None:
        process = self._process
        if process is None:
            return
        await end(process, first=first, then=then, grace_s=grace_s)
        self._ended = process.returncode
        self._process = None

    def _give_up_if_ended(self) -> None:
        """Raise ServerFailed with the end of the log when the child is gone."""
        if self.pid is None:
            raise ServerFailed(
                "process-ended",
                name=self.name,
                end=self.last_end,
                said=last_lines(self.log_path),
                log=self.log_path,
            )


def rotate(log_path: Path) -> None:
    """Set the log aside as .1, .2 and so on when it has outgrown LOG_ROTATE_BYTES."""
    if not log_path.exists() or log_path.stat().st_size < LOG_ROTATE_BYTES:
        return
    for number in range(LOG_KEEP - 1, 0, -1):
        older = log_path.with_name(f"{log_path.name}.{number}")
        if older.exists():
            older.replace(log_path.with_name(f"{log_path.name}.{number + 1}"))
    log_path.replace(log_path.with_name(f"{log_path.name}.1"))


def last_lines(log_path: Path, *, count: int = 3, bytes_max: int = 4096) -> str:
    """Return the end of a log on one line, to say why a process gave up."""
    try:
        with log_path.open("rb") as log:
            log.seek(max(0, log_path.stat().st_size - bytes_max))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return " | ".join([line.strip() for line in lines if line.strip()][-count:])


def _death_signal(signal_number: signal.Signals | None) -> list[str]:
    setpriv = shutil.which("setpriv")
    if signal_number is None or setpriv is None:
        return []
    return [setpriv, "--pdeathsig", signal_number.name.removeprefix("SIG"), "--"]
