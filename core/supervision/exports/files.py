"""Files of exports, written row by row: nothing of what was written stays in memory.

CSV (RFC 4180, every cell in quotes): UTF-8 with its mark, so that spreadsheets read accents; semicolons and decimal
commas in French.
XLSX: by XlsxWriter, a row at a time.
"""

import csv
import gzip
import io
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Final, Protocol, cast

import xlsxwriter

from core.supervision.exports.columns import Amount, Value
from core.values.cells import reads_as_formula, shown_cell

SHEET_ROWS_MAX: Final = 1_048_576  # of the format, the head included
CELL_CHARACTERS_MAX: Final = 32_767
AMOUNT_DIGITS_MAX: Final = 4  # behind the mark, of any currency
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class ExportFile(Protocol):
    """A table that grows. `close` makes it whole and durable."""

    def write(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append rows."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...

    def abandon(self) -> None:
        """Let go of the file as it is."""
        ...


class CsvFile:
    """Comma-separated values, plain or gzip."""

    def __init__(self, path: Path, *, titles: Sequence[str], locale: str, compressed: bool) -> None:
        self._mark = "." if locale == "en" else ","
        self._raw = _private(path)
        binary: IO[bytes] = self._raw
        if compressed:
            binary = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=6, mtime=0))
        self._packed = binary
        self._text = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=False)
        self._text.write("\ufeff")
        # Whoever opens the file with the other separator must not see a cell begin in the middle of a text.
        self._writer = csv.writer(self._text, delimiter="," if locale == "en" else ";", quoting=csv.QUOTE_ALL)
        self._writer.writerow(titles)

    def write(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append rows."""
        self._writer.writerows([self._cell(value) for value in row] for row in rows)

    def close(self) -> None:
        """Finish the file."""
        self._text.flush()
        if self._packed is not self._raw:
            self._text.detach()
            self._packed.close()
        _make_durable(self._raw)

    def abandon(self) -> None:
        """Let go of the file as it is."""
        self._raw.close()

    def _cell(self, value: Value) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return shown_cell(value)
        if isinstance(value, Amount):
            return value.text(self._mark)
        # With its offset: an hour that a night of changed clocks has twice is still one moment.
        return value.isoformat(sep=" ", timespec="milliseconds")


class XlsxFile:
    """A workbook; a sheet that is full is followed by another."""

    def __init__(
        self, path: Path, *, titles: Sequence[str], sheet: str, rows_max: int = SHEET_ROWS_MAX
    ) -> None:
        self._titles = list(titles)
        self._name = sheet
        self._rows_max = rows_max
        self._raw = _private(path)
        # Rows leave memory for a folder beside the export, which is swept with it.
        self._rows = path.with_name(f"{path.name}.rows")
        shutil.rmtree(self._rows, ignore_errors=True)
        self._rows.mkdir(mode=0o700)
        options = {"constant_memory": True, "tmpdir": str(self._rows), "use_zip64": True}
        self._book = xlsxwriter.Workbook(self._raw, options)
        self._bold = self._book.add_format({"bold": True})
        self._amounts = {
            digits: self._book.add_format({"num_format": f"#,##0{'.' if digits else ''}{'0' * digits}"})
            for digits in range(AMOUNT_DIGITS_MAX + 1)
        }
        self._moment = self._book.add_format({"num_format": "yyyy\\-mm\\-dd\\ hh:mm:ss"})
        # Says that a text stays one when somebody edits its cell.
        self._text = self._book.add_format({"quote_prefix": True})
        self._next_sheet()

    def write(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append rows."""
        for row in rows:
            if self._row >= self._rows_max:
                self._next_sheet()
            for place, value in enumerate(row):
                self._put(place, value)
            self._row += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()
        shutil.rmtree(self._rows)
        _make_durable(self._raw)

    def abandon(self) -> None:
        """Let go of the file as it is."""
        self._raw.close()
        shutil.rmtree(self._rows, ignore_errors=True)

    def _next_sheet(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet(self._name if number == 1 else f"{self._name} {number}")
        self._sheet.freeze_panes(1, 0)
        for place, title in enumerate(self._titles):
            self._sheet.set_column(place, place, max(12, len(title) + 4))
            self._sheet.write_string(0, place, title, self._bold)
        self._row = 1

    def _put(self, place: int, value: Value) -> None:
        match value:
            case None | "":
                pass
            case str():
                style = self._text if reads_as_formula(value) else None
                self._sheet.write_string(
                    self._row, place, _NOT_XML.sub("", value)[:CELL_CHARACTERS_MAX], style
                )
            case Amount():
                self._sheet.write_number(
                    self._row, place, float(value.text(".")), self._amounts[value.digits]
                )
            case _:
                self._sheet.write_datetime(self._row, place, value.replace(tzinfo=None), self._moment)


def _private(path: Path) -> IO[bytes]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _make_durable(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
