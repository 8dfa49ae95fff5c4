"""Where the files of exports stand: one folder that the worker writes and the desk reads."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def exports_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder: `exports` in GUICHET_DATA, else one of this user among the temporary files."""
    data = environment.get("GUICHET_DATA")
    if data:
        return Path(data) / "exports"
    return Path(tempfile.gettempdir()) / f"guichet-exports-{os.getuid()}"


def read_chunk(path: Path, offset: int, size_max: int) -> tuple[bytes, int]:
    """Return bytes from an offset on, and the size of the file. Raises: FileNotFoundError."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(offset)
        return file.read(size_max), size


def put_in_place(part: Path, final: Path) -> int:
    """Give a finished file its name, and return its size."""
    size = part.stat().st_size
    part.rename(final)
    return size


def remove(path: Path) -> None:
    """Delete a file, or a folder of rows, that may be gone already."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def files_in(folder: Path) -> list[Path]:
    """Return the files and the folders of rows that stand there now."""
    return list(folder.iterdir()) if folder.is_dir() else []


def sweep(files: Iterable[Path], keep: set[str]) -> int:
    """Delete those of the files whose export is not in `keep` (ids as 32 hexadecimal digits); return how many."""
    gone = [path for path in files if path.name[:32] not in keep]
    for path in gone:
        remove(path)
    return len(gone)
