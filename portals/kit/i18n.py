"""Words in French and English. Each entry holds both, so that neither language can fall behind.

What a page says stands beside it (`portals/agent/macros/words.toml`), what many say in `portals/kit/words`.
"""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

LOCALES: Final = ("fr", "en")
_PORTALS: Final = Path(__file__).parents[1]
_BEFORE_HIGH_MARK = re.compile(r" ([;!?])")
_BEFORE_COLON = re.compile(r" (:|»|%|€)")
_AFTER_QUOTE = re.compile(r"« ")


class WordMissing(KeyError):
    """A screen asks for a word that no catalogue holds."""


class Words:
    """The words of one language: `words("login.title")`, `words("home.blocks", n=12)`."""

    def __init__(self, locale: str, entries: dict[str, str]) -> None:
        self.locale = locale
        self._entries = entries
        self._below: dict[str, dict[str, str]] = {}  # by prefix, as templates ask: every page does

    def __call__(self, key: str, /, **facts: object) -> str:
        """Return the words of `key`; "one || many" is chosen by the fact `n`.

        With a fact that is markup, such as a `<time>`, they are markup, and all else in them is escaped.
        Raises: WordMissing.
        """
        try:
            text = self._entries[key]
        except KeyError:
            raise WordMissing(key) from None
        if "||" in text:
            one, many = text.split("||")
            text = (one if self._is_one(facts.get("n")) else many).strip()
        if any(isinstance(fact, Markup) for fact in facts.values()):
            return escape(text).format(**facts)
        return text.format(**facts) if facts else text

    def get(self, key: str, otherwise: str) -> str:
        """Return the words of `key`, or `otherwise` for a code that is newer than this portal."""
        return self._entries.get(key, otherwise)

    def keys(self) -> list[str]:
        """Return every key."""
        return list(self._entries)

    def items(self) -> list[tuple[str, str]]:
        """Return every key with its words."""
        return list(self._entries.items())

    def under(self, prefix: str) -> dict[str, str]:
        """Return every entry below `prefix.`, by what follows it."""
        below = self._below.get(prefix)
        if below is None:
            start = f"{prefix}."
            below = {key[len(start) :]: text for key, text in self._entries.items() if key.startswith(start)}
            self._below[prefix] = below
        return dict(below)

    def _is_one(self, count: object) -> bool:
        if not isinstance(count, int):
            return False
        return abs(count) < 2 if self.locale == "fr" else count == 1


@functools.cache
def load_words() -> dict[str, Words]:
    """Return the words of each language from every catalogue, read once. Raises: ValueError, when a key stands twice."""
    entries: dict[str, dict[str, str]] = {locale: {} for locale in LOCALES}
    for file in [*sorted(_PORTALS.glob("kit/words/*.toml")), *sorted(_PORTALS.glob("*/*/words.toml"))]:
        for key, (french, english) in _flatten("", tomllib.loads(file.read_text(encoding="utf-8"))):
            if key in entries["fr"]:
                raise ValueError(f"{file}: {key} stands twice")
            entries["fr"][key] = french_typography(french)
            entries["en"][key] = english.replace("'", "’")
    return {locale: Words(locale, entries[locale]) for locale in LOCALES}


def choose_locale(*, cookie: str | None, person: str | None, accept_language: str | None) -> str:
    """Return the language: chosen here, else the person's, else the browser's, else French."""
    for wish in (cookie, person):
        if wish in LOCALES:
            return wish
    for part in (accept_language or "").split(",")[:10]:
        language = part.split(";")[0].strip()[:2].lower()
        if language in LOCALES:
            return language
    return "fr"


def _flatten(prefix: str, table: dict[str, object]) -> list[tuple[str, tuple[str, str]]]:
    flat: list[tuple[str, tuple[str, str]]] = []
    for key, value in table.items():
        match value:
            case dict():
                flat += _flatten(f"{prefix}{key}.", value)
            case [str() as french, str() as english]:
                flat.append((f"{prefix}{key}", (french, english)))
            case _:
                raise TypeError(f"{prefix}{key} must be a pair of French and English")
    return flat


def french_typography(text: str) -> str:
    """Put the spaces and apostrophes that French print wants, so that catalogues are typed plainly."""
    text = _BEFORE_HIGH_MARK.sub("\u202f\\1", text.replace("'", "’"))
    return _AFTER_QUOTE.sub("«\u00a0", _BEFORE_COLON.sub("\u00a0\\1", text))
