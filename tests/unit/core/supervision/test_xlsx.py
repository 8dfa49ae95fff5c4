"""Workbooks, read back by a library that did not write them."""

from datetime import UTC, datetime
from pathlib import Path

import openpyxl

from core.supervision.exports.columns import Amount, Value
from core.supervision.exports.files import XlsxFile

MOMENT = datetime(2026, 11, 28, 9, 30, 15, tzinfo=UTC)


def _read(path: Path) -> list[list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(path)
    return [[tuple(cell.value for cell in row) for row in sheet.iter_rows()] for sheet in book.worksheets]


def _written(folder: Path, rows: list[tuple[Value, ...]], rows_max: int = 1_000) -> Path:
    path = folder / "export.xlsx"
    file = XlsxFile(path, titles=["When", "Amount", "Words"], sheet="Transactions", rows_max=rows_max)
    file.write(rows)
    file.close()
    return path


def test_moments_amounts_and_texts_are_read_back_as_they_are(tmp_path: Path) -> None:
    path = _written(
        tmp_path,
        [
            (MOMENT, Amount(-1_234_567_890_12, 2), "Café <&>"),
            (None, Amount(1_500, 3), ""),
            (MOMENT, Amount(7, 0), "=1+1"),
        ],
    )
    (sheet,) = _read(path)
    assert sheet == [
        ("When", "Amount", "Words"),
        (datetime(2026, 11, 28, 9, 30, 15), -1_234_567_890.12, "Café <&>"),  # noqa: DTZ001 - spreadsheets know no zones.
        (None, 1.5, None),
        (datetime(2026, 11, 28, 9, 30, 15), 7, "=1+1"),  # noqa: DTZ001
    ]
    cells = openpyxl.load_workbook(path).worksheets[0]
    assert cells.cell(4, 3).data_type == "s"
    assert cells.cell(4, 3).quotePrefix
    assert cells.cell(3, 2).number_format == "#,##0.000"


def test_a_full_sheet_is_followed_by_another_with_its_own_head(tmp_path: Path) -> None:
    path = _written(tmp_path, [(None, None, str(number)) for number in range(5)], rows_max=3)
    assert [[row[2] for row in sheet] for sheet in _read(path)] == [
        ["Words", "0", "1"],
        ["Words", "2", "3"],
        ["Words", "4"],
    ]


def test_what_no_workbook_may_hold_is_left_out(tmp_path: Path) -> None:
    (sheet,) = _read(_written(tmp_path, [(None, None, "a\x00b\x0bc" + "d" * 40_000)]))
    assert sheet[1][2] == "abc" + "d" * (32_767 - 3)


def test_an_abandoned_file_leaves_no_folder_of_rows(tmp_path: Path) -> None:
    file = XlsxFile(tmp_path / "export.xlsx", titles=["Words"], sheet="Transactions")
    file.write([("one",)])
    file.abandon()
    assert [path.name for path in tmp_path.iterdir()] == ["export.xlsx"]
