"""Cursors of lists: opaque for callers, the last row's key inside."""

import base64
import binascii

import msgspec


class CursorMalformed(ValueError):
    """A cursor that no list of ours has given."""


def encode_cursor(*parts: str) -> str:
    """Return an opaque text that `decode_cursor` reads back."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(parts)).decode().rstrip("=")


def decode_cursor(text: str, count: int) -> list[str]:
    """Return the `count` parts of a cursor.

    Raises: CursorMalformed.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts = msgspec.msgpack.decode(raw, type=list[str])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise CursorMalformed from error
    if len(parts) != count:
        raise CursorMalformed
    return parts
