"""The door of documents for composition roots and higher slices."""

from core.documents.blobs import Blobs, DatabaseBlobs, FolderBlobs, blobs_from
from core.documents.handlers import DocumentHandlers, forget_unfinished
from core.documents.typesetting import typeset

__all__ = [
    "Blobs",
    "DatabaseBlobs",
    "DocumentHandlers",
    "FolderBlobs",
    "blobs_from",
    "forget_unfinished",
    "typeset",
]
