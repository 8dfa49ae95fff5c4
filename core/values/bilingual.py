"""What is said in French and English, by code: a TOML file beside whatever says it, `code = [French, English]`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["fr", "en"]


class Bilingual(NamedTuple):
    """One thing, said twice. Facts go in by str.format."""

    french: str
    english: str

    def said(self, language: Language, /, **facts: object) -> str:
        """Return it in a language, facts filled in. Raises: KeyError for a fact that is missing."""
        return (self.french if language == "fr" else self.english).format(**facts)


def load_bilingual(file: Path) -> dict[str, Bilingual]:
    """Return what a file says, by code."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return {code: Bilingual(french, english) for code, (french, english) in table.items()}
