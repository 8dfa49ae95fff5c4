"""What `guichet terminal` and `guichet fleet` say, in French and English."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.values.bilingual import Language, load_bilingual
from edge.dialects import DIALECTS

WORDS: Final = load_bilingual(Path(__file__).with_suffix(".toml"))
_ELEMENTS: Final = (0, *DIALECTS["ascii1987"].names)


def element_names(spoken: Language) -> dict[int, str]:
    """Return what each data element is called; 0 is the type of the message."""
    return {number: words(spoken, f"element.{number}") for number in _ELEMENTS}


def words(spoken: Language, key: str, **facts: object) -> str:
    """Return the words of a key in a language, facts filled in."""
    return WORDS[key].said(spoken, **facts)
