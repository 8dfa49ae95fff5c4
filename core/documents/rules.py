"""Pure decisions on files."""

from typing import Final

import puremagic

from core.contracts.documents import DocumentKind, MediaType
from core.contracts.permissions import Permission

_MEDIA_TYPES: Final[dict[str, MediaType]] = {
    "application/pdf": "application/pdf",
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
}
# The first bytes decide: a file that hides another one behind its header is taken for what it begins as.
_BEGINNINGS: Final[dict[MediaType, bytes]] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
NAME_CHARACTERS_MAX: Final = 120


def media_type_of(content: bytes) -> MediaType | None:
    """Return what the bytes are, None for anything that is not taken."""
    try:
        found = puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        return None
    media_type = _MEDIA_TYPES.get(found)
    if media_type is None or not content.startswith(_BEGINNINGS[media_type]):
        return None
    return media_type


def plain_name(name: str) -> str:
    """Return a file's name without a path and without characters that a header or a shell would read."""
    last = name.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '"<>|:*?;\x7f')
    return kept.strip(" .")[:NAME_CHARACTERS_MAX] or "document"


def reader_of(kind: DocumentKind) -> Permission:
    """Return what an agent must hold to read a document."""
    return Permission.DIRECTORY_READ if kind == "attachment" else Permission.CONTRACTS_READ


def writer_of(kind: DocumentKind) -> Permission:
    """Return what an agent must hold to bring a document."""
    return Permission.MERCHANTS_EDIT if kind == "attachment" else Permission.CONTRACTS_WRITE
