"""Refusals of documents."""

from core.contracts.desk import FieldProblem
from core.contracts.refusals import Refused


class DocumentTypeRefused(Refused):
    """The bytes are neither a PDF nor a PNG nor a JPEG, whatever the name says."""

    def __init__(self) -> None:
        super().__init__("document_type_refused", errors=[FieldProblem("file", "type_refused")])


class DocumentTooLarge(Refused):
    """More bytes, or more parts, than a document may have."""

    def __init__(self) -> None:
        super().__init__("document_too_large", errors=[FieldProblem("file", "too_large")])


class DocumentIncomplete(Refused):
    """A part is missing, or none came."""

    def __init__(self) -> None:
        super().__init__("document_incomplete", errors=[FieldProblem("file", "incomplete")])


class DocumentLost(Exception):
    """A document's row stands and its bytes do not: a fault of ours that somebody must look into."""

    def __init__(self, sha256: bytes) -> None:
        super().__init__(sha256.hex())
