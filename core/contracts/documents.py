"""Files: what the desk is asked, and what it shows of them. Their bytes travel in parts."""

from typing import Final, Literal

import msgspec

from core.contracts.desk_views import CompanyRef, PersonRef, Timestamp
from core.contracts.subjects import DESK

DOCUMENT = f"{DESK}.document"  # ById -> DocumentView
DOCUMENTS = f"{DESK}.documents"  # ListDocuments -> DocumentList
DOCUMENT_BYTES = f"{DESK}.document_bytes"  # ReadBytes -> bytes, empty past the end
DOCUMENT_PART = f"{DESK}.document_part"  # PutPart -> Nothing
DOCUMENT_FINISHED = f"{DESK}.document_finished"  # FinishUpload -> Written (DocumentView)

DOCUMENT_BYTES_MAX: Final = 10 * 1024 * 1024
PART_BYTES_MAX: Final = 512 * 1024
DOCUMENTS_LISTED_MAX: Final = 200
PARTS_MAX: Final = 40  # Short parts are allowed: a client sends as it reads.

DocumentKind = Literal["contract", "signed_contract", "attachment"]
DOCUMENT_KINDS: Final[tuple[DocumentKind, ...]] = ("contract", "signed_contract", "attachment")
UploadKind = Literal["signed_contract", "attachment"]
MediaType = Literal["application/pdf", "image/png", "image/jpeg"]


class ListDocuments(msgspec.Struct):
    """Those of a company that the caller may open."""

    company_id: bytes


class ReadBytes(msgspec.Struct):
    """At most PART_BYTES_MAX bytes from an offset."""

    id: bytes
    offset: int


class PutPart(msgspec.Struct):
    """One part of a file; `upload` is 16 random bytes that the caller chose for the whole file."""

    upload: bytes
    number: int
    content: bytes

    def __repr__(self) -> str:
        return f"PutPart(number={self.number}, bytes={len(self.content)})"


class FinishUpload(msgspec.Struct):
    """Make a document of the parts that came."""

    upload: bytes
    company_id: bytes
    kind: UploadKind
    name: str


class DocumentView(msgspec.Struct):
    """A file in few words; its content has its own address."""

    id: str
    kind: DocumentKind
    company: CompanyRef
    name: str
    media_type: MediaType
    sha256: str
    size_bytes: int
    made_by: PersonRef
    made_at: Timestamp


class DocumentList(msgspec.Struct):
    """Newest first, at most DOCUMENTS_LISTED_MAX."""

    data: list[DocumentView]
