"""The files of the checkout that belong to it: tracked by git, or all of them where git is absent."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
_NOT_SOURCES = {".git", ".venv", ".tools", ".data", ".cache", "node_modules", "__pycache__", "dist"}


@functools.cache
def tracked_files() -> tuple[Path, ...]:
    """Return every tracked file that exists, sorted."""
    listed = subprocess.run(
        ["git", "-C", str(CHECKOUT), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        names = [CHECKOUT / name for name in listed.stdout.split("\0") if name]
    else:
        names = [path for path in CHECKOUT.rglob("*") if not _NOT_SOURCES & set(path.parts)]
    return tuple(sorted(path for path in names if path.is_file()))


def python_files() -> list[Path]:
    """Return the tracked Python files."""
    return [path for path in tracked_files() if path.suffix == ".py"]


def shown(path: Path) -> str:
    """Return the path as a reader of the repository knows it."""
    return str(path.relative_to(CHECKOUT))
