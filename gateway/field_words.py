"""What is wrong with one field, in the caller's language: whatever library or rule found it, a person may read it.

A detail that is a fact (a name, a value that was sent) is passed on as it is. A detail in words is known here by its
form; a field without any is explained by its code.
"""

import re
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from core.contracts.desk import FieldProblem
from core.values.money import money_text
from gateway.typesetting import typeset


class _Form(NamedTuple):
    pattern: re.Pattern[str]
    fr: str
    en: str


def _load() -> tuple[dict[str, tuple[str, str]], list[_Form]]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    codes = {code: (typeset(fr), typeset(en)) for code, (fr, en) in table["codes"].items()}
    forms = [
        _Form(re.compile(row["form"]), typeset(row["fr"]), typeset(row["en"])) for row in table["details"]
    ]
    return codes, forms


_CODES, _FORMS = _load()
# Where the library says of which part of the body it speaks; the field is named beside.
_PLACE: Final = re.compile(r" - at `[^`]*`$")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
# A field of minor units: whoever typed an amount reads its bounds as amounts.
_MINOR: Final = "_minor"
_BOUND: Final = re.compile(r"-?\d+")
_CENTS: Final = re.compile(r"(\d+) EUR cents")
# What follows these codes is a fact: a name, a moment, the value that was sent.
_FACTS: Final = frozenset({"changed_meanwhile", "unknown_name", "contrast_low"})


def worded(problem: FieldProblem, locale: str) -> FieldProblem:
    """Return the problem with its detail in that language."""
    if problem.code in _FACTS:
        return problem
    place = 1 if locale == "en" else 0
    detail = _PLACE.sub("", problem.detail)
    for form in _FORMS:
        if match := form.pattern.fullmatch(detail):
            words = form.en if locale == "en" else form.fr
            facts = [
                _said(fact, locale, is_minor=problem.field.endswith(_MINOR)) for fact in match.groups("")
            ]
            return FieldProblem(problem.field, problem.code, words.format(*facts))
    if not detail and problem.code in _CODES:
        return FieldProblem(problem.field, problem.code, _CODES[problem.code][place])
    return problem


def _said(fact: str, locale: str, *, is_minor: bool) -> str:
    """Return a part of a detail as it is read: a day and an amount in the format of the language."""
    if _DAY.fullmatch(fact):
        return f"{fact[8:]}/{fact[5:7]}/{fact[:4]}"
    if is_minor and _BOUND.fullmatch(fact):
        return money_text(int(fact), "EUR", locale)
    if amount := _CENTS.fullmatch(fact):
        return money_text(int(amount[1]), "EUR", locale)
    return fact


def is_known(code: str, detail: str) -> bool:
    """Return whether a rule's words have a French and an English form here."""
    return any(form.pattern.fullmatch(detail) for form in _FORMS) if detail else code in _CODES
