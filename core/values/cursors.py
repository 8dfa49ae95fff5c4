"""Cursors of lists: opaque for callers, the last row's key inside."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from core.values.clock import from_unix_us
from core.values.ids import IdMalformed, decode_id

Row = TypeVar("Row")
_DIGITS_MAX: Final = 18
_DIGITS_OF_MOMENT_MAX: Final = 17  # microseconds up to the year 5138
_LOWEST_ID: Final = bytes(16)


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


def page_of(
    found: Sequence[Row], limit: int, key: Callable[[Row], tuple[str, ...]]
) -> tuple[list[Row], str | None]:
    """Return a page of rows, of which one more than `limit` was asked for, and the cursor of the next one.

    `key` gives what the list is ordered by, as `parts_in` will read it back.
    """
    page = list(found[:limit])
    return page, encode_cursor(*key(page[-1])) if len(found) > limit else None


def parts_in(cursor: str | None, count: int) -> list[str] | None:
    """Return the parts of a caller's cursor; None on the first page. Raises: CursorMalformed."""
    return None if cursor is None else decode_cursor(cursor, count)


def id_in(kind: str, cursor: str | None) -> bytes | None:
    """Return the id that is all of a caller's cursor; None on the first page. Raises: CursorMalformed."""
    parts = parts_in(cursor, 1)
    return None if parts is None else id_of_part(kind, parts[0])


def name_and_id_in(kind: str, cursor: str | None) -> tuple[str, bytes]:
    """Return after which name and id a page of a list by name begins. Raises: CursorMalformed."""
    parts = parts_in(cursor, 2)
    return ("", _LOWEST_ID) if parts is None else (parts[0], id_of_part(kind, parts[1]))


def moment_and_id_in(kind: str, cursor: str | None) -> tuple[datetime, bytes] | tuple[None, None]:
    """Return before which moment and id a page of a list by time begins. Raises: CursorMalformed."""
    parts = parts_in(cursor, 2)
    return (None, None) if parts is None else (moment_of_part(parts[0]), id_of_part(kind, parts[1]))


def id_of_part(kind: str, part: str) -> bytes:
    """Return the id in one part. Raises: CursorMalformed."""
    try:
        return decode_id(kind, part)
    except IdMalformed as error:
        raise CursorMalformed from error


def number_of_part(part: str) -> int:
    """Return the number in one part. Raises: CursorMalformed."""
    if not part.isascii() or not part.isdigit() or len(part) > _DIGITS_MAX:
        raise CursorMalformed
    return int(part)


def moment_of_part(part: str) -> datetime:
    """Return the time that one part holds in microseconds. Raises: CursorMalformed."""
    if len(part) > _DIGITS_OF_MOMENT_MAX:
        raise CursorMalformed
    return from_unix_us(number_of_part(part))
