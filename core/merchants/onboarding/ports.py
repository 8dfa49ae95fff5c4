"""What files of merchants to be need of documents, as a port: the composition root brings the end."""

from datetime import datetime
from typing import Protocol

import msgspec

from core.contracts.documents import MediaType
from core.db.rows import Connection


class Kept(msgspec.Struct, frozen=True):
    """Bytes that were checked and are kept under their hash."""

    sha256: bytes
    name: str
    media_type: MediaType
    size_bytes: int


class Keeping(Protocol):
    """What files need of documents, as a port: the composition root brings the end."""

    async def keep_parts(self, connection: Connection, *, agent_id: bytes, upload: bytes, name: str) -> Kept:
        """Check and keep the bytes whose parts came. Raises: a refusal that names the field `file`."""
        ...

    async def read(self, connection: Connection, sha256: bytes, *, offset: int) -> bytes:
        """Return bytes from an offset, empty past the end."""
        ...

    async def give(
        self, connection: Connection, kept: Kept, *, company_id: bytes, agent_id: bytes, brought_at: datetime
    ) -> None:
        """Make kept bytes a document of a company, as of who brought them when."""
        ...
