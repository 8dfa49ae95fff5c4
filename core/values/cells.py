"""Cells of tables that a spreadsheet opens (CWE-1236): which texts it would run instead of showing."""

import unicodedata
from typing import Final

_FORMULA: Final = frozenset("=+-@|%\u2212")
"""What begins a formula or a call of another program, in one of the spreadsheets; compared after NFKC, for ＝ and ﹦."""

_LINE: Final = frozenset("\t\r\n")
"""At the very front these end the cell before, or are left out by who reads the file."""


def reads_as_formula(text: str) -> bool:
    """Return whether a spreadsheet may take a text for a formula.

    Blanks, control characters and invisible ones in front do not save it: some programs leave them out.
    """
    if text[:1] in _LINE:
        return text != ""
    for letter in text:
        if (
            unicodedata.category(letter) in ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn")
            or letter in "\u115f\u1160\u3164\uffa0\u2800"
        ):
            continue
        return unicodedata.normalize("NFKC", letter)[0] in _FORMULA
    return False


def shown_cell(text: str) -> str:
    """Return a text that a spreadsheet shows as it is: behind an apostrophe when it would run it."""
    return f"'{text}" if reads_as_formula(text) else text
