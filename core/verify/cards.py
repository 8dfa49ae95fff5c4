"""Look for card numbers where none may be (V9): in rows, and in files of logs and streams.

What looks like one is core.values.card_numbers', whatever stands between its digits. Rows are read as what they are:
messages field by field, JSON value by value, so that neighbouring fields do not look like one number.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from core.contracts.payment import Authorise, Book, Reverse, SealedCard
from core.db.queries import load_beside
from core.values.card_numbers import Span, find_card_numbers, holds_card_number
from core.verify.model import Finding, Said

ROWS_PER_TABLE_MAX: Final = 20_000
"""A larger table is sampled by blocks down to about so many rows."""

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of a larger file its beginning and its end are read, half of this each."""

_CHUNK_BYTES: Final = 4 * 1024 * 1024
_NUMBER_BYTES_MAX: Final = 512
"""From the first digit of a number to its last, with everything that may stand between."""

_REFERENCE_FIELD: Final = 37
"""Twelve digits of a host's or a terminal's own, which pass the check now and then."""

# Signs of UTF-8 that a person types between digits, in bytes that are no UTF-8 as a whole.
_WIDE_BLANK: Final = re.compile(rb"\xc2[\xa0\xad]|\xe2\x80[\x80-\xaf]|\xe3\x80\x80|\xef\xbb\xbf")
# Other bytes end what people or programs wrote.
_WRITTEN: Final = re.compile(rb"[\x20-\x7e\t\n\r]{12,}")
_COLUMN: Final = re.compile(r"[^\t\r\n]+")
_DEPTH_MAX: Final = 12
_ID_BYTES: Final = 16
_BODY_HASH: Final = Authorise.__struct_fields__.index("body_hash")  # as in Book
_FINGERPRINT: Final = SealedCard.__struct_fields__.index("fingerprint")
_REFERENCES: Final = frozenset(
    struct.__struct_fields__.index("original_rrn") for struct in (Authorise, Book, Reverse)
)
"""Where messages of terminals have that reference."""
_REFERENCE_COLUMN: Final = ("reversal", "reference")
"""Where a row has it."""
_REFERENCE_SIGNS: Final = 12

_HASH_MIN: Final = 10**16
"""A hash below it is one in a thousand, and is looked at like any other number."""

_SQL = load_beside(__file__)


def card_numbers(text: bytes) -> Iterator[int]:
    """Yield where card numbers begin. Nothing here ever returns the number itself."""
    return (span.start for span in _spans(text))


def _spans(raw: bytes) -> Iterator[Span]:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        readable = _WIDE_BLANK.sub(lambda blank: b" " * len(blank[0]), raw)
        for written in _WRITTEN.finditer(readable):
            for start, end in find_card_numbers(written[0].decode("ascii"), typed=False):
                yield Span(written.start() + start, written.start() + end)
    else:
        # Columns and lines are values of their own: two numbers beside each other are no card.
        for column in _COLUMN.finditer(text):
            for start, end in find_card_numbers(column[0]):
                before = len(text[: column.start() + start].encode())
                yield Span(before, before + len(column[0][start:end].encode()))


def holds_card(value: Any, depth: int = 0) -> bool:
    """Whether a value of a row holds a card number: a text, a message, JSON, or bytes of whatever kind."""
    if isinstance(value, str):
        if value[:1] in {"{", "["}:
            try:
                inner = msgspec.json.decode(value)
            except (msgspec.DecodeError, RecursionError):
                return holds_card_number(value)
            return holds_card(inner, depth + 1)
        return holds_card_number(value)
    if isinstance(value, (bytes, bytearray)):
        try:
            inner = msgspec.msgpack.decode(value, strict=False)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return any(True for _ in card_numbers(bytes(value)))
        return holds_card(inner, depth + 1)
    if depth < _DEPTH_MAX:
        if isinstance(value, dict):
            return any(
                holds_card(key, depth + 1) or holds_card(item, depth + 1)
                for key, item in value.items()
                if key != _REFERENCE_FIELD
            )
        if isinstance(value, (list, tuple)):
            hashed, is_message = _place_of_hash(value), _names_terminal(value)
            return any(
                holds_card(item, depth + 1)
                for place, item in enumerate(value)
                if place != hashed and not (is_message and place in _REFERENCES and _is_reference(item))
            )
    return value is not None and not isinstance(value, float) and holds_card_number(str(value))


def _place_of_hash(items: Sequence[Any]) -> int | None:
    """Return where a message of the hot path, or its sealed card, has a keyed hash, None for anything else.

    Such a hash is a whole number of 64 bits, and one in fourteen would pass for a card number.
    """
    if len(items) > _BODY_HASH and _names_terminal(items):
        place = _BODY_HASH
    elif len(items) == len(SealedCard.__struct_fields__) and isinstance(items[0], bytes):
        place = _FINGERPRINT
    else:
        return None
    return place if isinstance(items[place], int) and abs(items[place]) >= _HASH_MIN else None


def _names_terminal(items: Sequence[Any]) -> bool:
    """Whether a list begins as messages of terminals do: with its own identifier and that of its terminal."""
    return len(items) > 1 and all(isinstance(item, bytes) and len(item) == _ID_BYTES for item in items[:2])


def _is_reference(value: Any) -> bool:
    """Whether a value where a reference has its place is no longer than one; edge keeps no card's own number there."""
    return isinstance(value, str) and len(value) <= _REFERENCE_SIGNS


async def scan_rows(connection: asyncpg.Connection) -> Finding:
    """Look through every column that can hold digits, whole tables where they are small."""
    finding = Finding("V9 rows")
    sampled: list[str] = []
    for table in await connection.fetch(_SQL.list_readable_columns):
        statement: str = table["statement"]
        if table["rows_estimated"] > ROWS_PER_TABLE_MAX:
            share = 100 * ROWS_PER_TABLE_MAX / table["rows_estimated"]
            statement += f"TABLESAMPLE SYSTEM ({share:.4f}) "
            sampled.append(f"{table['table_name']} {share:.1f} %")
        async for row in connection.cursor(
            f"{statement} LIMIT {ROWS_PER_TABLE_MAX * 2}",
            prefetch=500,
        ):
            finding.checked += 1
            for column, value in zip(table["columns"], row, strict=True):
                if (table["table_name"], column) == _REFERENCE_COLUMN and _is_reference(value):
                    continue
                if value is not None and holds_card(value):
                    finding.breach("card.row", table=table["table_name"], column=column)
    if sampled:
        finding.remark = Said("note.sampled", {"tables": ", ".join(sampled)})
    return finding


def scan_files(paths: Iterable[Path]) -> Finding:
    """Look through files, folders with all that is in them; `checked` counts files."""
    finding = Finding("V9 files")
    cut = 0
    for path in _files(paths):
        try:
            found, whole = _scan_file(path)
        except OSError:
            # A stream or a log may go while it is read: its process rotates them.
            continue
        finding.checked += 1
        cut += not whole
        for offset in found:
            finding.breach("card.file", file=f"{path.parent.name}/{path.name}", offset=offset)
    if cut:
        finding.remark = Said("note.cut", {"count": cut})
    return finding


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        elif path.is_file():
            yield path


def _scan_file(path: Path) -> tuple[list[int], bool]:
    """Return where card numbers begin, and whether the whole file was read."""
    size = path.stat().st_size
    whole = size <= FILE_BYTES_MAX
    stretches = (
        [(0, size)]
        if whole
        else [(0, FILE_BYTES_MAX // 2), (size - FILE_BYTES_MAX // 2, FILE_BYTES_MAX // 2)]
    )
    found: list[int] = []
    with path.open("rb") as file:
        for start, length in stretches:
            file.seek(start)
            found += _scan_stretch(file, start, length)
    return found, whole


def _scan_stretch(file: Any, start: int, length: int) -> list[int]:
    found: list[int] = []
    tail, offset = b"", start
    while length > 0 and (chunk := file.read(min(_CHUNK_BYTES, length))):
        length -= len(chunk)
        text = tail + chunk
        base = offset - len(tail)
        # A number at the very end may go on in the next chunk: it is looked at again there.
        settled = len(text) - _NUMBER_BYTES_MAX if length > 0 else len(text)
        kept_from = max(0, settled)
        for begin, end in _spans(text):
            if begin < settled:
                found.append(base + begin)
                kept_from = max(kept_from, end)
        offset += len(chunk)
        tail = text[kept_from:]
    return found
