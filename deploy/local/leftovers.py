"""What a stack that was killed may have left: living children, which its state file names; and the lock of its data folder."""

from __future__ import annotations

import asyncio
import fcntl
import signal
from pathlib import Path
from typing import TextIO

from deploy.local import proc
from deploy.local.data_folder import LOCK_NAME, check_owner
from deploy.local.errors import AlreadyRunning
from deploy.local.state_file import ProcessState, read_state

_GRACE_S = 10.0


def lock_folder(data_dir: Path) -> TextIO:
    """Take the data directory for this process; closing the answer gives it back.

    The kernel drops the lock with its holder, so a killed supervisor never leaves a stale one.
    Raises: FolderOfAnother, FolderUnusable, AlreadyRunning with the address of the stack that holds it.
    """
    check_owner(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (data_dir / LOCK_NAME).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        state = read_state(data_dir)
        raise AlreadyRunning(
            holder="Guichet" if state is None else f"Guichet ({state.main_address})",
            place=data_dir,
            pid=None if state is None else state.supervisor.pid,
        ) from error
    return lock


async def end_orphans(data_dir: Path) -> list[str]:
    """Stop what the state file names and still runs, and return the names of those that had to be stopped."""
    state = read_state(data_dir)
    if state is None:
        return []
    orphans = [each for each in state.processes if _is_ours(each)]
    await asyncio.gather(*(_end(orphan) for orphan in orphans))
    return [orphan.name for orphan in orphans]


def _is_ours(process: ProcessState) -> bool:
    return process.pid is not None and process.ticks is not None and proc.is_alive(process.pid, process.ticks)


async def _end(process: ProcessState) -> None:
    if process.pid is None:
        return
    proc.send(process.pid, signal.SIGINT if process.name == "postgres" else signal.SIGTERM)
    proc.send(process.pid, signal.SIGCONT)
    if not await proc.wait_gone(process.pid, process.ticks, timeout_s=_GRACE_S):
        proc.send(process.pid, signal.SIGKILL)
        await proc.wait_gone(process.pid, process.ticks, timeout_s=_GRACE_S)
