"""What the card frame says, in French and English: by code, in the words.toml beside this file."""

from datetime import date
from pathlib import Path
from typing import Final

from core.contracts.cards import Language
from core.values.bilingual import load_bilingual

WORDS: Final = load_bilingual(Path(__file__).with_suffix(".toml"))

_MONTHS: Final = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip


def say(code: str, language: Language, **facts: str) -> str:
    """Return the words of a code. Raises: KeyError for a code that the table does not hold."""
    return WORDS[code].said(language, **facts)


def day_text(iso: str, language: Language) -> str:
    """Return a day as people write it: 3 octobre 2027, 3 October 2027."""
    day = date.fromisoformat(iso)
    first = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{first} {_MONTHS[language][day.month - 1]} {day.year}"
