"""Files: operations, requests, and the public shapes of API v1. Their bytes travel in parts."""

from typing import Final, Literal

import msgspec

from core.contracts.ids import CompanyId, DocumentId
from core.contracts.listing import Nothing
from core.contracts.operation import BY_RECORD, GET, Operation
from core.contracts.references import CompanyRef, PersonRef, Timestamp

DOCUMENT_BYTES_MAX: Final = 10 * 1024 * 1024
PART_BYTES_MAX: Final = 512 * 1024
DOCUMENTS_LISTED_MAX: Final = 200
PARTS_MAX: Final = 40  # Short parts are allowed: a client sends as it reads.

DocumentKind = Literal["contract", "signed_contract", "attachment"]
DOCUMENT_KINDS: Final[tuple[DocumentKind, ...]] = ("contract", "signed_contract", "attachment")
UploadKind = Literal["signed_contract", "attachment"]
MediaType = Literal["application/pdf", "image/png", "image/jpeg"]


class ListDocuments(msgspec.Struct, kw_only=True):
    """What the caller may open: contracts as they were signed, and what the company brought."""

    company: CompanyId


class OneDocument(msgspec.Struct, kw_only=True):
    """Who brought it, when, its size and its hash."""

    id: DocumentId


class ReadBytes(msgspec.Struct, kw_only=True):
    """At most PART_BYTES_MAX bytes from an offset; none past the end."""

    id: DocumentId
    offset: int


class PutPart(msgspec.Struct):
    """One part of a file; `upload` is 16 random bytes that the caller chose for the whole file."""

    upload: bytes
    number: int
    content: bytes

    def __repr__(self) -> str:
        return f"PutPart(number={self.number}, bytes={len(self.content)})"


class FinishUpload(msgspec.Struct, kw_only=True):
    """Make a document of the parts that came."""

    upload: bytes
    company: CompanyId
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


LIST = Operation(
    "documents.list",
    ListDocuments,
    DocumentList,
    BY_RECORD,
    http=GET("/documents", "List a company's documents, newest first"),
)
ONE = Operation(
    "documents.one",
    OneDocument,
    DocumentView,
    BY_RECORD,
    http=GET("/documents/{id}/facts", "A document in few words"),
)
READ = Operation("documents.read", ReadBytes, bytes, BY_RECORD)
PUT_PART = Operation("documents.put_part", PutPart, Nothing, BY_RECORD)
FINISH = Operation("documents.finish", FinishUpload, DocumentView, BY_RECORD, audit=("document.added",))
