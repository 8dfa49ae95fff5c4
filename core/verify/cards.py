"""Look for card numbers where none may be (V9): in rows, and in files of logs and streams.

A number counts as a card's when it stands alone, begins as a scheme's do and passes the check digit. Identifiers,
times in microseconds and hashes never begin so, or touch letters. A SIRET, which passes it too, is none.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import asyncpg

from core.db.queries import load_beside
from core.values.card_numbers import is_siret, passes_check_digit
from core.verify.model import Finding

ROWS_PER_TABLE_MAX: Final = 20_000
"""A larger table is sampled by blocks down to about so many rows."""

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of a larger file its beginning and its end are read, half of this each."""

_CHUNK_BYTES: Final = 4 * 1024 * 1024
_DIGITS_MAX: Final = 19
_CARD: Final = re.compile(
    rb"(?<![0-9A-Za-z.])(?:4[0-9]{12}(?:[0-9]{3})?(?:[0-9]{3})?|5[0-9]{15}|6[0-9]{15}(?:[0-9]{3})?"
    rb"|2[2-7][0-9]{14}|3[47][0-9]{13}|3[0689][0-9]{12})(?![0-9A-CE-Za-z])"
)

_SQL = load_beside(__file__)


def card_numbers(text: bytes) -> Iterator[int]:
    """Yield where card numbers begin. Nothing here ever returns the number itself."""
    for match in _CARD.finditer(text):
        digits = match.group()
        if passes_check_digit(digits) and not is_siret(digits):
            yield match.start()


async def scan_rows(connection: asyncpg.Connection) -> Finding:
    """Look through every column that can hold digits, whole tables where they are small."""
    finding = Finding("V9 rows", "no card number in the database")
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
                if value is not None and any(True for _ in card_numbers(_as_bytes(value))):
                    finding.breach(f"{table['table_name']}.{column}")
    if sampled:
        finding.note = f"sampled: {', '.join(sampled)}"
    return finding


def scan_files(paths: Iterable[Path]) -> Finding:
    """Look through files, folders with all that is in them; `checked` counts files."""
    finding = Finding("V9 files", "no card number in logs and streams")
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
            finding.breach(f"{path.parent.name}/{path.name} at byte {offset}")
    if cut:
        finding.note = f"{cut} files read at both ends only"
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
        keep = _DIGITS_MAX + 2 if length > 0 else 0
        found += [base + place for place in card_numbers(text) if place < len(text) - keep or not keep]
        offset += len(chunk)
        tail = text[-keep:] if keep else b""
        if tail and found and found[-1] >= offset - len(tail):
            found.pop()
    return found


def _as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
