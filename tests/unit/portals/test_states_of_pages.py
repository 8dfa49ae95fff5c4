"""A state that a page compares with is one that the API has: a state that was renamed would hide a part without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from portals.kit.make_vocabulary import DESCRIPTION

_PORTALS: Final = Path(__file__).resolve().parents[3] / "portals"
_COMPARED: Final = re.compile(r'\bstate\s*(?:==|!=|not in|in)\s*(\((?:\s*"[^"]*"\s*,?)+\)|"[^"]*")')
_LITERAL: Final = re.compile(r'"([^"]*)"')


def _compared(text: str) -> set[str]:
    """Return the states that a template compares with."""
    return {state for literals in _COMPARED.findall(text) for state in _LITERAL.findall(literals)}


def _members(part: Any) -> Iterator[str | None]:
    """Yield the members of every closed set in a part of the description."""
    if isinstance(part, dict):
        yield from part.get("enum", ())
        for value in part.values():
            yield from _members(value)
    elif isinstance(part, list):
        for value in part:
            yield from _members(value)


def test_every_state_that_a_page_compares_with_is_one_of_the_api() -> None:
    schemas = msgspec.json.decode(DESCRIPTION.read_bytes())["components"]["schemas"]
    states = {
        state
        for schema in schemas.values()
        for state in _members(schema.get("properties", {}).get("state", {}))
    }
    pages = {
        str(path.relative_to(_PORTALS)): _compared(path.read_text(encoding="utf-8"))
        for path in sorted(_PORTALS.rglob("*.html"))
        if "node_modules" not in path.parts
    }
    assert {page: unknown for page, compared in pages.items() if (unknown := compared - states)} == {}
    assert len(pages["agent/transaction/record.html"]) > 5


def test_every_way_of_comparing_is_found() -> None:
    text = '{% if x.state in ("a", "b") %}{% if x.state == "c" or x.state != "d" %}{% if x.state not in ("e",) %}'
    assert _compared(text) == {"a", "b", "c", "d", "e"}
