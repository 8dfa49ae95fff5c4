"""What caused an event is read in French on French pages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from core.transactions.bookings.rules import Doubt
from edge.translate import hosts
from portals.agent.transaction.causes import cause_of, result_of
from portals.kit.i18n import load_words

_ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("cause", "french"),
    [
        ("no answer by the deadline", "pas de réponse dans le délai"),
        ("host 00", "réponse 00 de l’acquéreur"),
        ("refund 01a221f59cf77d638fee03df961a41be", "pour un remboursement"),
        ("Inès Marchand", "Inès Marchand"),
        ("host without a code", "réponse de l’acquéreur sans code"),
        ("host ", "réponse de l’acquéreur sans code"),
        (
            "answer differs: amount card",
            "la réponse de l’acquéreur ne correspond pas à la demande\u00a0: montant, carte",
        ),
        ("something new", "cause enregistrée par une version plus récente"),
    ],
)
def test_a_cause_is_told_in_words(cause: str, french: str) -> None:
    assert cause_of(load_words()["fr"], cause) == french


@pytest.mark.parametrize(
    ("event", "cause", "french", "english"),
    [
        ("doubted", "amount", "au-dessus du plafond du service", "above the limit of its service"),
        ("reversal_refused", "amount", "ne correspond pas\u00a0: montant", "does not match: amount"),
        (
            "reversal_refused",
            "reference, time",
            "ne correspond pas\u00a0: référence, heure d’envoi",
            "does not match: reference, time of sending",
        ),
        (
            "reversal_refused",
            "ambiguous",
            "plusieurs paiements y répondent",
            "several payments answer to it",
        ),
    ],
)
def test_a_cause_means_what_its_event_makes_of_it(event: str, cause: str, french: str, english: str) -> None:
    words = load_words()
    assert (cause_of(words["fr"], cause, event), cause_of(words["en"], cause, event)) == (french, english)


def test_every_cause_that_core_writes_has_its_words() -> None:
    words = load_words()["fr"]
    causes = list(_causes())
    assert len(causes) >= 5
    assert [cause for cause in causes if cause_of(words, cause) in ("", words("event_cause.other"))] == []


def test_every_doubt_and_every_difference_has_its_words() -> None:
    keys = set(load_words()["fr"].keys())
    names = {f"doubt_{name}" for name in get_args(Doubt)} | {f"fact.{name}" for name in _differences()}
    assert {"doubt_late", "fact.trace_number", "fact.expiry", "fact.time"} <= names
    assert [name for name in sorted(names) if f"event_cause.{name}" not in keys] == []


@pytest.mark.parametrize(
    ("result", "french"),
    [
        ("code 57", "réponse 57 de l’acquéreur"),
        ("answer differs: amount", "la réponse de l’acquéreur ne correspond pas à la demande\u00a0: montant"),
        ("code", "réponse de l’acquéreur sans code"),
        ("closed", "clos par un agent"),
        ("reversed", "annulé entre-temps"),
        ("no reply", "sans réponse"),
        ("no_reply", "sans réponse"),
    ],
)
def test_what_became_of_a_delivery_is_told_in_words(result: str, french: str) -> None:
    assert result_of(load_words()["fr"], result) == french


def _differences() -> Iterator[str]:
    """Return every name that edge and core append to what differs."""
    yield from (name for _, name in hosts._REPEATED)
    for module in ("edge/translate/hosts.py", "core/transactions/bookings/rules.py"):
        for node in ast.walk(ast.parse((_ROOT / module).read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="differs"), attr="append"),
                    args=[ast.Constant(value=str() as name)],
                ):
                    yield name
                case _:
                    pass
    yield from ("time", "trace_number")


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
