"""DATA/state.json: what runs where, for other commands to read. It never holds a secret."""

from __future__ import annotations

from pathlib import Path

import msgspec

from deploy.local import proc
from deploy.local.secret_files import write_private


class ProcessState(msgspec.Struct, frozen=True):
    """One server or process. `ticks` tells its start apart from that of a later owner of the pid."""

    name: str
    state: str
    pid: int | None
    ticks: int | None
    since: str
    restarts: int
    port: int
    health_port: int | None


class SupervisorState(msgspec.Struct, frozen=True):
    """The process that keeps the others alive."""

    pid: int
    ticks: int
    started_at: str


class StackState(msgspec.Struct, frozen=True):
    """The whole file."""

    supervisor: SupervisorState
    ports: dict[str, int]
    processes: list[ProcessState]

    @property
    def is_supervised(self) -> bool:
        """Whether the supervisor of this file is still the one that wrote it, and alive."""
        return proc.is_alive(self.supervisor.pid, self.supervisor.ticks)

    @property
    def main_address(self) -> str:
        """Where a person would look at it."""
        return f"http://127.0.0.1:{self.ports.get('portal', next(iter(self.ports.values())))}"


def state_path(data_dir: Path) -> Path:
    """Return where the state of a stack is kept."""
    return data_dir / "state.json"


def read_state(data_dir: Path) -> StackState | None:
    """Return the last written state, or None when there is none that can be read."""
    try:
        return msgspec.json.decode(state_path(data_dir).read_bytes(), type=StackState)
    except (OSError, msgspec.MsgspecError):
        return None


def write_state(data_dir: Path, state: StackState) -> None:
    """Replace the file whole."""
    text = msgspec.json.format(msgspec.json.encode(state), indent=2).decode()
    write_private(state_path(data_dir), text + "\n", durable=False)
