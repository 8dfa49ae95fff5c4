"""Files of exports, written row by row: nothing of what was written stays in memory.

CSV (RFC 4180, every cell in quotes): UTF-8 with its mark, so that spreadsheets read accents; semicolons and decimal
commas in French.
XLSX: a zip whose sheets are written as they come. Source: ECMA-376, SpreadsheetML; a row's cells may leave out their
reference, text may stand inline.
"""

import csv
import gzip
import io
import os
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import IO, Final, Protocol, cast

from core.supervision.exports.columns import Amount, Value
from core.values.cells import reads_as_formula, shown_cell
from core.values.clock import PARIS

SHEET_ROWS_MAX: Final = 1_048_576  # of the format, the head included
_COMPRESSION_LEVEL: Final = 3
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EPOCH: Final = datetime(1899, 12, 30, tzinfo=PARIS)
"""Day 0 of spreadsheets. Two moments of one zone are subtracted by the clock on the wall, which is what is shown."""

_DAY_US: Final = 86_400_000_000


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
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")


class XlsxFile:
    """A workbook; a sheet that is full is followed by another."""

    def __init__(
        self, path: Path, *, titles: Sequence[str], sheet: str, rows_max: int = SHEET_ROWS_MAX
    ) -> None:
        self._titles = list(titles)
        self._sheet = sheet
        self._rows_max = rows_max
        self._raw = _private(path)
        self._zip = zipfile.ZipFile(
            self._raw, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=_COMPRESSION_LEVEL
        )
        self._sheets = 0
        self._open: IO[bytes] | None = None
        self._rows = 0
        self._next_sheet()

    def write(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append rows."""
        parts: list[str] = []
        for row in rows:
            if self._rows >= self._rows_max:
                self._put("".join(parts))
                parts.clear()
                self._next_sheet()
            parts.append(f"<row>{''.join(map(_xlsx_cell, row))}</row>")
            self._rows += 1
        self._put("".join(parts))

    def close(self) -> None:
        """Finish the file."""
        self._end_sheet()
        names = [
            self._sheet if number == 1 else f"{self._sheet} {number}" for number in range(1, self._sheets + 1)
        ]
        for name, text in _workbook_parts(names).items():
            self._zip.writestr(name, text)
        self._zip.close()
        _make_durable(self._raw)

    def abandon(self) -> None:
        """Let go of the file as it is."""
        if self._open is not None:
            self._open.close()
        self._zip.close()
        self._raw.close()

    def _next_sheet(self) -> None:
        self._end_sheet()
        self._sheets += 1
        # A sheet may pass 4 GiB before it is packed, which must be said before its first byte.
        self._open = self._zip.open(f"xl/worksheets/sheet{self._sheets}.xml", "w", force_zip64=True)
        head = "".join(f'<c t="inlineStr" s="1"><is><t>{_xml(title)}</t></is></c>' for title in self._titles)
        widths = "".join(
            f'<col min="{place}" max="{place}" width="{max(12, len(title) + 4)}" customWidth="1"/>'
            for place, title in enumerate(self._titles, start=1)
        )
        self._put(
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"<cols>{widths}</cols><sheetData><row>{head}</row>"
        )
        self._rows = 1

    def _end_sheet(self) -> None:
        if self._open is not None:
            self._put("</sheetData></worksheet>")
            self._open.close()
            self._open = None

    def _put(self, text: str) -> None:
        assert self._open is not None
        self._open.write(text.encode())


def _xlsx_cell(value: Value) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        style = ' s="4"' if reads_as_formula(value) else ""
        return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{_xml(value)}</t></is></c>'
    if isinstance(value, Amount):
        return f'<c s="2"><v>{value.text(".")}</v></c>'
    days = (value - _EPOCH) // _MICROSECOND / _DAY_US
    return f'<c s="3"><v>{days:.9f}</v></c>'


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("", text))


def _private(path: Path) -> IO[bytes]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _make_durable(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


_MICROSECOND: Final = datetime.resolution
_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES: Final = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    # The last says that a text stays one when somebody edits its cell.
    '<cellXfs count="5"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="4" applyNumberFormat="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/><xf quotePrefix="1"/></cellXfs></styleSheet>'
)


def _workbook_parts(names: Sequence[str]) -> dict[str, str]:
    """Return the parts that hold the sheets together."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name="{_xml(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for number in numbers
    )
    return {
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}'
            f'<Relationship Id="rIdStyles" Type="{_RELATION}/styles" Target="styles.xml"/></Relationships>'
        ),
        "xl/styles.xml": _STYLES,
        "_rels/.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>'
        ),
    }
