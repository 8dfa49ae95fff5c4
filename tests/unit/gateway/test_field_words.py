"""What is wrong with a field is told in the caller's language, whatever found it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from core.contracts.desk import FieldProblem
from gateway.field_words import is_known, worded

_ROOT = Path(__file__).parents[3]
_TELL_OF_A_FIELD = ("FieldProblem", "FieldRefused")
_LIBRARY = re.compile(r"`|Expected|Object |regex|\bstr\b|\bint\b|Invalid")


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=5, pattern="^[a-z ]+$")] = "abc"
    count: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    tags: Annotated[list[str], msgspec.Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: ["x"]
    )
    kind: Literal["a", "b"] = "a"
    on: bool = False


_REFUSED = [
    ({"reason": "a"}, "3 caractères au moins", "3 characters at least"),
    ({"reason": "abcdef"}, "5 caractères au plus", "5 characters at most"),
    ({"reason": "A12"}, "n’a pas la forme attendue", "does not have the expected form"),
    ({"reason": 5}, "un texte est attendu", "a text is expected"),
    ({"count": 0}, "1 au moins", "1 at least"),
    ({"count": 10}, "9 au plus", "9 at most"),
    ({"count": "x"}, "un nombre entier est attendu", "a whole number is expected"),
    ({"tags": []}, "choisissez-en 1 au moins", "choose 1 at least"),
    ({"tags": ["x", "y", "z"]}, "choisissez-en 2 au plus", "choose 2 at most"),
    ({"kind": "c"}, "n’est pas une des valeurs proposées", "is not one of the values offered"),
    ({"on": "x"}, "oui ou non est attendu", "yes or no is expected"),
    ({"colour": 1}, "le champ colour n’est pas connu", "the field colour is not known"),
]


@pytest.mark.parametrize(("body", "french", "english"), _REFUSED)
def test_what_the_library_says_of_a_field_is_told_in_words(
    body: dict[str, object], french: str, english: str
) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(body, _Body)
    problem = FieldProblem("field", "invalid", str(caught.value))
    assert worded(problem, "fr").detail == french
    assert worded(problem, "en").detail == english


def test_a_bound_of_a_field_of_minor_units_is_told_as_an_amount() -> None:
    for detail, french, english in (
        ("Expected `int` >= 1", "0,01\u00a0€ au moins", "€0.01 at least"),
        ("Expected `int` <= 100000", "1\u202f000,00\u00a0€ au plus", "€1,000.00 at most"),
    ):
        problem = FieldProblem("limits.transaction_max_minor", "invalid", detail)
        assert (worded(problem, "fr").detail, worded(problem, "en").detail) == (french, english)


def test_a_fact_is_passed_on_as_it_is() -> None:
    for code, detail in (("changed_meanwhile", "Nadia Ferrand, 22/11 15:36"), ("unknown_value", "fee_1")):
        assert worded(FieldProblem("version", code, detail), "fr").detail == detail


def _details() -> Iterator[tuple[str, str, str]]:
    """Yield each code and detail that core and gateway write out, with any number or list in its holes."""
    for file in sorted([*_ROOT.glob("core/**/*.py"), *_ROOT.glob("gateway/**/*.py")]):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in _TELL_OF_A_FIELD):
                continue
            if len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
                continue
            code, detail = str(node.args[1].value), node.args[2] if len(node.args) > 2 else ast.Constant("")
            place = f"{file.relative_to(_ROOT)}:{node.lineno}"
            match detail:
                case ast.Constant(value=str() as text):
                    yield place, code, text
                case ast.JoinedStr(values=parts):
                    text = "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts
                    )
                    yield place, code, text
                case _:
                    pass


def test_every_detail_that_a_rule_writes_out_is_told_in_both_languages() -> None:
    facts = {"changed_meanwhile", "contrast_low", "unknown_name"}
    unknown = [
        f"{place}: {code} {detail!r}"
        for place, code, detail in _details()
        if code not in facts and not is_known(code, detail)
    ]
    assert unknown == []
    for _, code, detail in _details():
        for locale in ("fr", "en"):
            assert not _LIBRARY.search(worded(FieldProblem("f", code, detail), locale).detail)
