"""The page on adding a message type shows files, names and a row that exist."""

from __future__ import annotations

import re
from pathlib import Path

from edge.translate.terminal_messages import TERMINAL_MESSAGES

ROOT = Path(__file__).resolve().parents[3]
FILES_MAX = 6
_PAGE = (ROOT / "CONTRIBUTING.md").read_text().partition("\n## Add a message type\n")[2].partition("\n## ")[0]
_FILES = re.findall(r"^\| `(\S+)` \| `(\w+)`", _PAGE, re.MULTILINE)


def test_a_message_type_touches_at_most_six_files_which_hold_what_the_page_says() -> None:
    assert 0 < len(_FILES) <= FILES_MAX
    for name, word in _FILES:
        assert re.search(rf"\b{word}\b", (ROOT / name).read_text()), (name, word)


def test_every_other_file_that_the_page_names_exists() -> None:
    for name in re.findall(r"`(\w+/\S+)`", _PAGE):
        assert (ROOT / name).exists(), name


def test_the_row_of_the_page_is_that_of_the_table() -> None:
    (row,) = re.findall(r"```python\n(.+)\n```", _PAGE)
    table = (ROOT / "edge" / "translate" / "terminal_messages.py").read_text()
    # A row too long for a line of the table stands there on three.
    assert "".join(row.split()).rstrip(",") in "".join(table.split())


def test_the_page_says_who_takes_a_message() -> None:
    assert {row.path for row in TERMINAL_MESSAGES} - {"network"} <= set(re.findall(r"`(\w+)`", _PAGE))
