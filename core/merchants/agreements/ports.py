"""What takes a signature, as a port."""

from datetime import datetime
from typing import Protocol

import msgspec


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
