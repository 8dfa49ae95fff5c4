"""What a verification says, by code, in French and English: the one table, for `guichet verify` and for `core.verify`.

A test holds that every code has both languages and that none is left over.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from core.values.bilingual import Language, load_bilingual

Fact: TypeAlias = str | int | Sequence[int]

WORDS: Final = load_bilingual(Path(__file__).with_suffix(".toml"))


def say(code: str, facts: Mapping[str, Fact], language: Language = "en") -> str:
    """Return the words of a code, facts filled in; facts that are codes themselves are said in the same language.

    Raises: KeyError for a code that the table does not hold.
    """
    shown: dict[str, object] = dict(facts)
    if (state := f"state.{facts.get('state')}") in WORDS:
        shown["state"] = say(state, {}, language)
    if not isinstance(fields := facts.get("fields", ""), str | int):
        shown["fields"] = ", ".join(say("field", {"number": number}, language) for number in fields)
    return WORDS[code].said(language, **shown)
