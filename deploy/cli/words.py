"""What the command line says, in French and English."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from core.values.bilingual import Language, load_bilingual

WORDS: Final = load_bilingual(Path(__file__).with_suffix(".toml"))


def language(option: str | None = None) -> Language:
    """Return the language asked for by --lang, else by the environment as gettext reads it, else English."""
    wanted = option or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en"
    )
    return "fr" if wanted.lower().startswith("fr") else "en"


def asked_language(tokens: list[str] | None = None) -> Language:
    """Return the language for a command line that is not parsed yet, or may never be."""
    given = sys.argv[1:] if tokens is None else tokens
    for word, following in zip(given, [*given[1:], ""], strict=True):
        if word.startswith("--lang="):
            return language(word.removeprefix("--lang="))
        if word == "--lang" and following:
            return language(following)
    return language()


def say(spoken: Language, key: str, **facts: object) -> str:
    """Return the words for `key`. Raises: KeyError for a key that is not in the catalogue."""
    return WORDS[key].said(spoken, **facts)
