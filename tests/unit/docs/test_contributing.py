"""The pages on adding a capability and a message type show files, names and code that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.translate.terminal_messages import TERMINAL_MESSAGES

ROOT = Path(__file__).resolve().parents[3]


def _page(title: str) -> str:
    return (ROOT / "CONTRIBUTING.md").read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


CAPABILITY, MESSAGE = _page("Add a capability"), _page("Add a message type")
STORED = _page("Add a message type that core stores anew")
FILES_MAX = {CAPABILITY: 12, MESSAGE: 6, STORED: 11}
PAGES = pytest.mark.parametrize("page", FILES_MAX, ids=["capability", "message type", "stored message type"])
REGISTRIES = {"core/contracts/operations.py", "portals/agent/pages.py"}
"""Files of all capabilities that one more is added to; whatever else it touches is its own, or made by a program."""


@PAGES
def test_what_is_added_touches_few_files_which_hold_what_the_page_says(page: str) -> None:
    files = re.findall(r"^\| `(\S+)` \| (.+) \|$", page, re.MULTILINE)
    assert 0 < len(files) <= FILES_MAX[page]
    for name, said in files:
        words = re.findall(r"`(\w+)`", said)
        assert words, name
        for word in words:
            assert re.search(rf"\b{word}\b", (ROOT / name).read_text()), (name, word)


@PAGES
def test_every_other_file_that_the_page_names_exists(page: str) -> None:
    for name in re.findall(r"`(\w+/\S+)`", page):
        assert (ROOT / name).exists(), name


def test_all_files_of_a_capability_but_two_are_its_own() -> None:
    files = re.findall(r"^\| `(\S+)` \|", CAPABILITY, re.MULTILINE)
    shared = {name for name in files if not re.search(r"plans|schedules", name)}
    assert shared == REGISTRIES | {"docs/openapi.json"}
    own = {name for name in files if name.startswith(("core/schedules/", "portals/agent/plans/"))}
    there = {
        path.relative_to(ROOT).as_posix()
        for folder in ("core/schedules", "portals/agent/plans")
        for path in (ROOT / folder).iterdir()
        if path.is_file()
    }
    # The door of the slice is for orders, which came after.
    assert own == there - {"core/schedules/api.py"}


def test_the_operation_of_the_page_is_that_of_the_contract() -> None:
    (shown,) = re.findall(r"```python\n(.+?)\n```", CAPABILITY, re.DOTALL)
    assert shown in (ROOT / "core/contracts/plans.py").read_text()


def test_the_rows_of_the_page_are_those_of_the_tables() -> None:
    (rows,) = re.findall(r"```python\n(.+?)\n```", MESSAGE, re.DOTALL)
    message, request = rows.splitlines()
    table = (ROOT / "edge" / "translate" / "terminal_messages.py").read_text()
    # A row too long for a line of the table stands there on three.
    assert "".join(message.split()).rstrip(",") in "".join(table.split())
    assert request in (ROOT / "core" / "contracts" / "payment.py").read_text()


def test_the_page_says_who_takes_a_message() -> None:
    assert {row.path for row in TERMINAL_MESSAGES} - {"network"} <= set(re.findall(r"`(\w+)`", MESSAGE))
