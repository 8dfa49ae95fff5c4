"""Cells that a spreadsheet would run are shown as text, whatever stands in front of their first sign."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from core.supervision.exports.files import CsvFile
from core.values.cells import reads_as_formula, shown_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "|calc",
        "%x",
        "\t=1",
        "\rx",
        "\nx",
        "\uff1d1",
        "\uff0b1",
        "\ufe66x",
        "\u2212 1",
        "\u200b=1",
        " \u00a0=1",
        "\u3164@x",
        "\ufeff=1",
    ],
)
def test_a_formula_stands_behind_an_apostrophe(text: str) -> None:
    assert shown_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Café", "a=1", "12,50", "'=1", "é=", " x"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert not reads_as_formula(text)
    assert shown_cell(text) == text


def test_every_cell_is_quoted_so_that_no_other_separator_begins_one(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    file = CsvFile(path, titles=["a", "b"], locale="fr", compressed=False)
    rows = [['x,=cmd|" /C calc"!A0', "plain"], ["two\r\nlines", "\uff1dSUM(1)"]]
    file.write(rows)
    file.close()
    text = path.read_bytes().decode("utf-8-sig")
    assert text.startswith('"a";"b"')
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:] == [
        rows[0],
        [rows[1][0], "'\uff1dSUM(1)"],
    ]
