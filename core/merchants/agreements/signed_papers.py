"""Whether a file that somebody brought can be a contract with a signature on it."""

import asyncpg

from core.contracts.documents import DocumentView
from core.merchants.agreements.errors import SignatureRefused
from core.values.timestamps import timestamp


def refuse_other_paper(paper: DocumentView, wording: asyncpg.Record) -> None:
    """Raise SignatureRefused for a file that cannot be this paper with a signature on it."""
    if paper.sha256 in (wording["sha_fr"].hex(), wording["sha_en"].hex()):
        raise SignatureRefused("document", "unsigned")
    # Both are texts of one length in one zone, so that they compare as the moments do.
    if paper.made_at < timestamp(wording["ready_at"]):
        raise SignatureRefused("document", "older_than_paper")
