"""Read the process table through /proc: identity that survives pid reuse, descendants, memory."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")


def start_ticks(pid: int) -> int | None:
    """Return when the process began, in clock ticks since boot, or None when it is gone or a zombie.

    A pid together with its start is unique until the next boot, so a recycled pid is never mistaken
    for one of ours. Source: proc(5), stat fields 3 and 22.
    """
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The command name sits in parentheses and may itself hold spaces or parentheses.
    fields = text[text.rfind(")") + 2 :].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def is_alive(pid: int, ticks: int | None = None) -> bool:
    """Tell whether the pid runs and, when `ticks` is given, whether it is still the same process."""
    started = start_ticks(pid)
    return started is not None and (ticks is None or started == ticks)


def pids_with_cwd(folder: Path) -> list[int]:
    """Return the processes whose working directory is `folder`, ours or not, zombies left out."""
    wanted = str(folder.resolve())
    found: list[int] = []
    for pid in _all_pids():
        try:
            cwd = str((_PROC / str(pid) / "cwd").readlink())
        except OSError:
            continue
        if cwd == wanted and is_alive(pid):
            found.append(pid)
    return found


def listener_of(port: int) -> str:
    """Return the name and pid of the process that listens on the port, "" when it is not ours to see.

    Source: proc(5), net/tcp and net/tcp6: the local address, the state (0A is LISTEN) and the inode of each socket.
    """
    sockets: set[str] = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in (line.split() for line in lines):
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    if not sockets:
        return ""
    for pid in _all_pids():
        try:
            held = any(str(each.readlink()) in sockets for each in (_PROC / str(pid) / "fd").iterdir())
            name = (_PROC / str(pid) / "comm").read_text().strip()
        except OSError:
            continue
        if held:
            return f"{name} (pid {pid})"
    return ""


def descendants(pid: int) -> list[int]:
    """Return the children of `pid`, theirs, and so on, in no particular order."""
    children: dict[int, list[int]] = {}
    for each in _all_pids():
        try:
            text = (_PROC / str(each) / "stat").read_text()
        except OSError:
            continue
        parent = int(text[text.rfind(")") + 2 :].split()[1])
        children.setdefault(parent, []).append(each)
    found: list[int] = []
    waiting = list(children.get(pid, []))
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(children.get(current, []))
    return found


def memory_pss_kib(pid: int) -> int:
    """Return the proportional memory of the process and its descendants in KiB, 0 when it is gone.

    Pages shared by several processes count once over all of them. Source: proc(5), smaps_rollup.
    """
    return sum(memory_pss_kib_of_one(each) for each in (pid, *descendants(pid)))


def memory_pss_kib_of_one(pid: int) -> int:
    """Return the proportional memory of the process alone, in KiB, 0 when it is gone."""
    try:
        text = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def cpu_seconds(pid: int) -> float:
    """Return the CPU that the process and its living descendants used, user and system, in seconds."""
    ticks = 0
    for each in (pid, *descendants(pid)):
        try:
            text = (_PROC / str(each) / "stat").read_text()
        except OSError:
            continue
        fields = text[text.rfind(")") + 2 :].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def send(pid: int, signal_number: signal.Signals) -> bool:
    """Send a signal and tell whether there was anybody to receive it."""
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return False
    return True


async def wait_gone(pid: int, ticks: int | None, *, timeout_s: float) -> bool:
    """Wait until the process is gone (or a zombie) and tell whether that happened in time."""
    deadline = time.monotonic() + timeout_s
    while is_alive(pid, ticks):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
