"""What documents offer other slices and the processes."""

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
