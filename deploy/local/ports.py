"""Which ports are free, and sets of free ones for a stack that nobody gave numbers to."""

from __future__ import annotations

import errno
import os
import random
import socket
from pathlib import Path

from deploy.local.errors import LocalError

_LOOPBACK = "127.0.0.1"
_LOWEST = 10_000
_ATTEMPTS_MAX = 2_000
PORT_MAX = 65_535
_PRIVILEGED_BELOW = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port on loopback now."""
    with socket.socket() as probe:
        # Without this a port that was closed a moment ago looks taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def lowest_port() -> int:
    """Return the first port that this user may listen on."""
    if os.geteuid() == 0:
        return 1
    try:
        return max(1, int(_PRIVILEGED_BELOW.read_text()))
    except (OSError, ValueError):
        return 1024


def free_run(count: int) -> int | None:
    """Return a port from which `count` in a row are free, as `--ports-from` wants them, or None."""
    for first in range(_LOWEST, _ephemeral_start() - count, 1_000):
        if all(is_free(port) for port in range(first, first + count)):
            return first
    return None


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nobody listens on.

    They lie below the range from which the kernel numbers outgoing connections: a server that restarts
    under load would otherwise find its port taken by one of its own clients. Raises: LocalError.
    """
    highest = _ephemeral_start() - 1
    found: set[int] = set()
    for _ in range(_ATTEMPTS_MAX):
        if len(found) == count:
            break
        port = random.randint(_LOWEST, highest)  # noqa: S311 - a port number is no secret.
        if is_free(port):
            found.add(port)
    if len(found) < count:
        raise LocalError("ports-used-up", count=count, lowest=_LOWEST, highest=highest)
    return list(found)


def _ephemeral_start() -> int:
    try:
        return max(int(_EPHEMERAL_RANGE.read_text().split()[0]), _LOWEST + 5_000)
    except (OSError, ValueError):
        return 32_768
