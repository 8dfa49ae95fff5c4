"""What contracts need of the outside, as ports: the composition root brings the ends."""

from datetime import datetime
from typing import Protocol

import msgspec

from core.contracts.documents import DocumentView
from core.db.rows import Connection


class Filing(Protocol):
    """Makes PDFs and keeps files."""

    async def paper(self, facts: msgspec.Struct, *, made_at: datetime) -> bytes:
        """Return the PDF of a contract: the same facts and moment give the same bytes."""
        ...

    async def keep(
        self,
        connection: Connection,
        *,
        company_id: bytes,
        name: str,
        content: bytes,
        agent_id: bytes,
        now: datetime,
    ) -> bytes:
        """Keep a contract's PDF within the caller's transaction; return the document's id."""
        ...

    async def find(self, connection: Connection, document_id: bytes) -> DocumentView | None:
        """Return a document's facts, whoever asks."""
        ...


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What shows later that somebody agreed: kept with the version, shown on its page."""

    provider: str
    method: str  # typed or uploaded
    name: str
    role: str
    consent: str
    at: str  # RFC 3339
    ip: str
    pdf_sha256: str
    signed_sha256: str = ""


class Signatures(Protocol):
    """Takes a signature; a provider of qualified signatures would be another end of this port."""

    async def typed(
        self, *, name: str, role: str, consent: str, pdf_sha256: str, ip: str, now: datetime
    ) -> Evidence:
        """Return the evidence of a name typed under a consent."""
        ...

    async def uploaded(
        self, *, agent: str, pdf_sha256: str, signed_sha256: str, ip: str, now: datetime
    ) -> Evidence:
        """Return the evidence of a paper signed by hand and brought by an agent."""
        ...
