"""The local end of the signature port: evidence written down here, no provider outside."""

from datetime import datetime
from typing import Final

from core.merchants.agreements.ports import Evidence
from core.values.timestamps import timestamp

_PROVIDER: Final = "local"


class LocalSignatures:
    """Signatures without a provider."""

    async def typed(
        self, *, name: str, role: str, consent: str, pdf_sha256: str, ip: str, now: datetime
    ) -> Evidence:
        """Signatures."""
        return Evidence(
            provider=_PROVIDER,
            method="typed",
            name=name,
            role=role,
            consent=consent,
            at=timestamp(now),
            ip=ip,
            pdf_sha256=pdf_sha256,
        )

    async def uploaded(
        self, *, agent: str, pdf_sha256: str, signed_sha256: str, ip: str, now: datetime
    ) -> Evidence:
        """Signatures."""
        return Evidence(
            provider=_PROVIDER,
            method="uploaded",
            name=agent,
            role="",
            consent="",
            at=timestamp(now),
            ip=ip,
            pdf_sha256=pdf_sha256,
            signed_sha256=signed_sha256,
        )
