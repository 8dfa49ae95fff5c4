"""Where the bytes of documents are: a port with two ends, a folder or the database itself.

Bytes are kept under their SHA-256, so the same file is kept once and a reader can tell whether it was altered.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from core.db.rows import Connection
from core.documents import store

_MODE: Final = 0o600


class Blobs(Protocol):
    """Keeps bytes by hash; putting the same twice changes nothing."""

    async def put(self, connection: Connection, /, sha256: bytes, content: bytes) -> None:
        """Keep the bytes, safely before the caller's transaction commits."""
        ...

    async def read(
        self, connection: Connection, /, sha256: bytes, *, offset: int, size_max: int
    ) -> bytes | None:
        """Return bytes from an offset, empty past the end, None when there is no such blob."""
        ...


class FolderBlobs:
    """Files in a folder that every desk and worker process shares: `ab/cdef…`, written aside and renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, _connection: Connection, /, sha256: bytes, content: bytes) -> None:
        """Blobs."""
        await asyncio.to_thread(self._write, sha256, content)

    async def read(
        self, _connection: Connection, /, sha256: bytes, *, offset: int, size_max: int
    ) -> bytes | None:
        """Blobs."""
        return await asyncio.to_thread(self._read, sha256, offset, size_max)

    def _path(self, sha256: bytes) -> Path:
        digits = sha256.hex()
        return self._folder / digits[:2] / digits[2:]

    def _write(self, sha256: bytes, content: bytes) -> None:
        path = self._path(sha256)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
        # The name too must survive a power cut, or the row would point at nothing.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self, sha256: bytes, offset: int, size_max: int) -> bytes | None:
        try:
            with self._path(sha256).open("rb") as file:
                file.seek(offset)
                return file.read(size_max)
        except FileNotFoundError:
            return None


class DatabaseBlobs:
    """Rows beside the documents: nothing to configure, one backup, no folder to share."""

    async def put(self, connection: Connection, /, sha256: bytes, content: bytes) -> None:
        """Blobs."""
        await store.put_blob(connection, sha256, content)

    async def read(
        self, connection: Connection, /, sha256: bytes, *, offset: int, size_max: int
    ) -> bytes | None:
        """Blobs."""
        return await store.read_blob(connection, sha256, offset=offset, size_max=size_max)


def blobs_from(environment: Mapping[str, str]) -> Blobs:
    """Return the store that is configured.

    GUICHET_DOCUMENTS names a folder; without it GUICHET_DATA/documents is taken, and without both the database.
    """
    folder = environment.get("GUICHET_DOCUMENTS", "")
    if folder:
        return FolderBlobs(Path(folder))
    data = environment.get("GUICHET_DATA", "")
    return FolderBlobs(Path(data) / "documents") if data else DatabaseBlobs()
