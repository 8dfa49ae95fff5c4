"""What the product says in two languages, wherever it stands in the code: each half in its own language.

Found by shape: two texts side by side, `Words(…), Words(…)`, and one text `if english else` another; then the files
of words beside the code. The portal's catalogues have a test of their own.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from core.contracts import terminal_answers as told_to_terminals
from core.notifications.mail.model import Face
from core.notifications.mail.rules import render
from core.notifications.mail.wording import all_templates, layout
from core.values.bilingual import load_bilingual
from core.verify.words import WORDS
from gateway.problems import TABLE
from gateway.typesetting import typeset
from tests.support.wording import FOREIGN, LIBRARY, ROADMAP, Wording, fragments_of

ROOT: Final = Path(__file__).resolve().parents[2]
_CODE: Final = ("core", "edge", "gateway", "deploy", "observability", "portals")
_FILES: Final = (
    "core/verify/words.toml",
    "deploy/cli/exchange_words.toml",
    "deploy/cli/words.toml",
    "deploy/local/error_words.toml",
)
_NAMES: Final = Wording(("Tap to Pay", "Grand Est", "Pays de la Loire", "PMT", "des"), alike=())


class Pair(NamedTuple):
    """One thing said twice, and where."""

    where: str
    french: str
    english: str


def pairs_of(path: Path) -> list[Pair]:
    """Return what a file of code says in both languages."""
    name = path.relative_to(ROOT).as_posix()
    return [
        Pair(f"{name}:{line}", french, english)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for line, french, english in _said_twice(node)
    ]


def _said_twice(node: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Yield line, French and English."""
    match node:
        case ast.Tuple(elts=[one, other]):
            if (texts := (_text(one), _text(other))) and all(texts):
                yield node.lineno, *texts
        case ast.Call(args=args):
            words = [arg for arg in args if isinstance(arg, ast.Call) and _is_words(arg)]
            if len(words) == 2:
                for one, other in zip(words[0].args, words[1].args, strict=True):
                    yield one.lineno, _text(one), _text(other)
        case ast.IfExp(test=test, body=one, orelse=other):
            if _asks_for_english(test) and _text(one):
                yield node.lineno, _text(other), _text(one)
        case _:
            pass


def _is_words(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in ("Words", "_Words")


def _asks_for_english(test: ast.expr) -> bool:
    return ast.unparse(test) in ("english", "locale == 'en'")


def _text(node: ast.expr) -> str:
    """Return the words of a text, facts left out; empty for what is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return " ".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
        case _:
            return ""


def _code_files() -> list[Path]:
    files = [path for folder in _CODE for path in (ROOT / folder).rglob("*.py")]
    return [path for path in files if "node_modules" not in path.parts]


def _is_said_to_people(pair: Pair) -> bool:
    """Whether these are two languages, and not two codes or two names of columns."""
    return any(letter in "éèàêçîôùÉÀ’" for letter in pair.french)


@cache
def _said() -> list[Pair]:
    """Return everything; read by the first test that asks, not by whoever only collects the tests."""
    said = [pair for path in _code_files() for pair in pairs_of(path) if _is_said_to_people(pair)]
    for code, row in TABLE.items():
        said.append(Pair(f"refusal {code}, title", row.fr.title, row.en.title))
        said.append(Pair(f"refusal {code}, detail", row.fr.detail, row.en.detail))
        said.append(Pair(f"refusal {code}, told by", row.fr.told_by, row.en.told_by))
    fields = tomllib.loads((ROOT / "gateway" / "field_words.toml").read_text(encoding="utf-8"))
    said += [Pair(f"field {key}", *map(typeset, texts)) for key, texts in _leaves(fields)]
    for name in _FILES:
        said += [Pair(f"{name}:{key}", *texts) for key, texts in load_bilingual(ROOT / name).items()]
    return said


def _leaves(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        elif isinstance(value, list) and len(value) == 2:
            yield f"{prefix}{key}", (value[0], value[1])


def _wrong(language: str, text: str) -> str:
    own = _NAMES.own_words(text)
    for pattern in (FOREIGN[language], LIBRARY, ROADMAP):
        if match := pattern.search(own):
            return match.group()
    return ""


def test_every_french_text_has_the_apostrophe_of_print() -> None:
    straight = [
        (pair.where, pair.french) for pair in _said() if re.search(r"[A-Za-zé]'[A-Za-zéêà]", pair.french)
    ]
    assert straight == []


def test_the_code_says_hundreds_of_things_in_both_languages() -> None:
    assert len(_said()) > 400
    places = {pair.where.split(":")[0] for pair in _said()}
    assert places >= {
        *_FILES,
        "core/supervision/exports/words.py",
        "core/transactions/diagnosis/rules.py",
        "core/transactions/reasons.py",
        "core/transactions/desk/rules.py",
    }


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_half_is_in_its_own_language(language: str) -> None:
    texts = [(pair.where, pair.french if language == "fr" else pair.english) for pair in _said()]
    wrong = [f"{where}: {word!r} in {text!r}" for where, text in texts if (word := _wrong(language, text))]
    assert wrong == []


def test_no_sentence_is_the_same_in_both_languages() -> None:
    assert [pair for pair in _said() if pair.french == pair.english and " " in pair.french] == []


@pytest.mark.parametrize("name", sorted(all_templates()))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_mail_is_in_its_language_as_text_and_as_html(name: str, language: str) -> None:
    template = all_templates()[name]
    facts = dict.fromkeys(template.facts, "0")
    face = Face("Guichet", "#0b6e4f", "aide@guichet.example", "01 02 03 04 05", "", "https://espace.example")
    mail = render(template, layout(), locale=language, facts=facts, face=face)
    told = [mail.subject, mail.text, *(text for text, _ in fragments_of(mail.html))]
    assert [(word, text) for text in told if (word := _wrong(language, text))] == []
    if language == "en":
        assert " :" not in mail.text, "French print puts a space before a colon, English does not"


def test_what_a_terminal_shows_of_our_refusals_is_french_in_letters_that_any_display_has() -> None:
    for text in told_to_terminals.SHOWN.values():
        assert text.isascii()
        assert text == text.upper()
        assert len(text) <= told_to_terminals.SHOWN_CHARACTERS_MAX
        assert FOREIGN["fr"].search(text) is None


def test_every_invariant_is_said_in_french_too() -> None:
    invariants = {
        name: french for name, (french, _) in WORDS.items() if re.fullmatch(r"V\d+(?: [a-z]+)?", name)
    }
    assert len(invariants) > 20
    assert [(name, word) for name, text in invariants.items() if (word := _wrong("fr", text))] == []
