"""Both languages hold the same words with the same facts, and every word that a template asks for exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from portals.kit.i18n import WordMissing, choose_locale, load_words
from portals.kit.pills import TERMINAL, TRANSACTION

ROOT = Path(__file__).resolve().parents[3] / "portals"
WORDS = load_words()


def test_both_languages_name_the_same_facts() -> None:
    french, english = WORDS["fr"], WORDS["en"]
    assert len(french.keys()) > 300
    for key in french.keys():  # noqa: SIM118
        assert _facts(french.get(key, "")) == _facts(english.get(key, "")), key


def test_every_word_that_a_page_asks_for_exists() -> None:
    asked: set[str] = set()
    for file in [*ROOT.rglob("*.html"), *ROOT.rglob("*.py")]:
        text = file.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""(?:\bt|words)\(\s*["']([a-z0-9_.]+)["'][,)\s]""", text))
    assert len(asked) > 100
    # A key that ends in a joint is completed by a code at run time.
    for key in sorted(key for key in asked if not key.endswith((".", "_"))):
        assert WORDS["fr"].get(key, "") != "", key


def test_every_state_has_its_word() -> None:
    for locale in WORDS.values():
        assert set(TRANSACTION) == set(locale.under("state.transaction"))
        assert set(TERMINAL) == set(locale.under("state.terminal"))


def test_french_print_has_its_spaces_and_apostrophes() -> None:
    assert WORDS["fr"]("record.next_step") == "À faire\u00a0:"
    assert "’" in WORDS["fr"]("login.refused")
    assert WORDS["fr"]("search.results", query="x") == "Résultats pour «\u00a0x\u00a0»"


def test_one_and_many_follow_each_language() -> None:
    assert WORDS["fr"]("home.blocks", n=0) == "0 blocage en cours"
    assert WORDS["en"]("home.blocks", n=0) == "0 standing blocks"
    assert WORDS["fr"]("home.blocks", n=2) == "2 blocages en cours"


def test_a_word_that_nobody_wrote_is_an_error() -> None:
    with pytest.raises(WordMissing):
        WORDS["fr"]("no.such.word")


@pytest.mark.parametrize(
    ("cookie", "agent", "header", "locale"),
    [
        (None, None, None, "fr"),
        ("en", "fr", "fr", "en"),
        (None, "en", "fr", "en"),
        (None, None, "de, en;q=0.8", "en"),
        ("xx", None, "pt", "fr"),
    ],
)
def test_the_language_is_the_nearest_wish(
    cookie: str | None, agent: str | None, header: str | None, locale: str
) -> None:
    assert choose_locale(cookie=cookie, agent=agent, accept_language=header) == locale


def _facts(text: str) -> set[str]:
    return {name for part in text.split("||") for _, name, _, _ in string.Formatter().parse(part) if name}
