"""Look for bytes in the memory of a process that the test has started, and in the files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

CHUNK_BYTES = 16 * 1024 * 1024


def finds_in_memory(pid: int, needles: Sequence[bytes]) -> bool:
    """Return whether a process holds one of these in what it may write: heap, stacks, buffers. One that has ended holds nothing.

    Raises: OSError.
    """
    try:
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            return any(_finds(memory.fileno(), first, last, needles) for first, last in _written_regions(pid))
    except (FileNotFoundError, ProcessLookupError):
        return False


def files_that_hold(folder: Path, needles: Sequence[bytes]) -> list[str]:
    """Return the files below a folder that hold one of these."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                # A log of writes that was done with, between two looks.
                continue
            if any(needle in content for needle in needles):
                found.append(path.relative_to(folder).as_posix())
    return found


def _written_regions(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, *_, name = (*line.split(maxsplit=5), "")[:7]
        if rights.startswith("rw") and name not in {"[vvar]", "[vsyscall]"}:
            first, _, last = span.partition("-")
            yield int(first, 16), int(last, 16)


def _finds(descriptor: int, first: int, last: int, needles: Sequence[bytes]) -> bool:
    overlap = max(len(needle) for needle in needles) - 1
    at, kept = first, b""
    while at < last:
        try:
            read = os.pread(descriptor, min(CHUNK_BYTES, last - at), at)
        except OSError:
            # Reserved, and not there: a guard page, or a region that has gone meanwhile.
            return False
        if not read:
            return False
        whole = kept + read
        if any(needle in whole for needle in needles):
            return True
        kept, at = whole[-overlap:], at + len(read)
    return False
