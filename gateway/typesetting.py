"""Words as print wants them: the files that hold them are typed plainly."""

from typing import Final

_SIGNS: Final = (
    ("'", "’"),
    (" :", "\u00a0:"),
    ("« ", "«\u00a0"),
    (" »", "\u00a0»"),
    (" ;", "\u202f;"),
    (" ?", "\u202f?"),
    (" !", "\u202f!"),
)


def typeset(text: str) -> str:
    """Return a text with its apostrophes, and with spaces that no line breaks at before the signs of French."""
    for plain, set_ in _SIGNS:
        text = text.replace(plain, set_)
    return text
