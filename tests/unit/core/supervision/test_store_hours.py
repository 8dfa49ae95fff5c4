"""Exports say of a payment when it was in Paris and when it was at its store."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from core.supervision.exports.columns import titles, values_of
from core.supervision.exports.files import CsvFile, XlsxFile

COLUMNS = ["received_at", "received_at_store"]


def _row(moment: datetime, zone: str | None) -> dict[str, object]:
    return {"received_at": moment, "time_zone": zone}


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [
        ("America/Guadeloupe", "2026-10-24 20:30:00.000-04:00", "2026-10-24 21:30:00.000-04:00"),
        ("Indian/Reunion", "2026-10-25 04:30:00.000+04:00", "2026-10-25 05:30:00.000+04:00"),
        ("Europe/Paris", "2026-10-25 02:30:00.000+02:00", "2026-10-25 02:30:00.000+01:00"),
        (None, "", ""),
    ],
)
def test_the_hour_that_a_night_has_twice_is_two_moments_in_a_csv(
    tmp_path: Path, zone: str | None, first: str, second: str
) -> None:
    path = tmp_path / "export.csv"
    file = CsvFile(path, titles=titles(COLUMNS, "fr"), locale="fr", compressed=False)
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    file.write([values_of(_row(moment, zone), COLUMNS, "fr") for moment in moments])
    file.close()
    with path.open(encoding="utf-8-sig", newline="") as text:
        head, *lines = csv.reader(text, delimiter=";")
    assert head == ["Reçue le (Paris)", "Reçue le (au magasin)"]
    assert lines == [
        ["2026-10-25 02:30:00.000+02:00", first],
        ["2026-10-25 02:30:00.000+01:00", second],
    ]


def test_a_workbook_has_a_column_for_each_hour_and_its_head_says_whose(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    file = XlsxFile(path, titles=titles(COLUMNS, "en"), sheet="Transactions")
    moment = datetime(2026, 11, 28, 9, 30, 15, tzinfo=UTC)
    file.write([values_of(_row(moment, "America/Guadeloupe"), COLUMNS, "en")])
    file.close()
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert [[str(cell.value) for cell in line] for line in sheet.iter_rows()] == [
        ["Received at (Paris)", "Received at (store)"],
        ["2026-11-28 10:30:15", "2026-11-28 05:30:15"],
    ]
