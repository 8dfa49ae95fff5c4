"""What caused an event is read in French on French pages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from portals.agent.transaction.causes import cause_of
from portals.kit.i18n import load_words

_ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("cause", "french"),
    [
        ("no answer by the deadline", "pas de réponse dans le délai"),
        ("host 00", "réponse 00 de l’acquéreur"),
        ("refund 01a221f59cf77d638fee03df961a41be", "pour un remboursement"),
        ("Inès Marchand", "Inès Marchand"),
        ("something new", ""),
    ],
)
def test_a_cause_is_told_in_words(cause: str, french: str) -> None:
    assert cause_of(load_words()["fr"], cause) == french


def test_every_cause_that_core_writes_has_its_words() -> None:
    words = load_words()
    causes = list(_causes())
    assert len(causes) >= 5
    assert [cause for cause in causes if not cause_of(words["fr"], cause)] == []


def _causes() -> Iterator[str]:
    for file in (_ROOT / "core" / "transactions").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.keyword) and node.arg in ("cause", "who")):
                continue
            match node.value:
                case ast.Constant(value=str() as text) if text:
                    yield text
                case ast.JoinedStr(values=parts):
                    yield "".join(str(one.value) if isinstance(one, ast.Constant) else "00" for one in parts)
                case _:
                    pass
