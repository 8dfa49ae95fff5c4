"""Texts of people: names, reasons, notes. What is kept of what was typed or pasted, and what is refused.

Kept is what the reader sees: NFC, without invisible characters, without blanks around it. What a reader cannot see and
that changes what others see is refused instead of taken away: without the marks of direction the letters would stand in
another order than on the screen of who wrote them.

Source: Unicode 15, annexes 9 (bidirectional), 15 (normalisation) and 31 (joiners); general categories.
"""

import re
import unicodedata
from typing import Final

MARKS_MAX: Final = 8
"""Combining marks on one letter. Written languages need four; more is a picture that covers the lines around it."""

_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Word writes a vertical tab for a line break, and some pages a form feed.
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_PLANE_ENDS: Final = "".join(chr(plane * 0x10000 + end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
# Halves of a pair, places that hold no character, and the sign for a letter that was lost on the way.
_NOT_TEXT: Final = re.compile(f"[\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff{_PLANE_ENDS}]")
_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_PLAIN: Final = re.compile(r"[\x20-\x7e]*")
# Letters and signs by their category, but nothing is drawn for them.
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\u034f")
_JOINERS: Final = frozenset("\u200c\u200d")
_INVISIBLE_MARKS: Final = ("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef"), ("\u180b", "\u180f")


class TextRefused(ValueError):
    """A text that is not kept; `code` says why: not_text, control_character, direction_mark, invisible, too_many_marks."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kept_line(text: str) -> str:
    """Return a text of one line as it is kept: line ends, tabs and every kind of blank are one plain blank.

    Raises: TextRefused.
    """
    return " ".join(_visible(text).split())


def kept_lines(text: str) -> str:
    """Return a text of several lines as it is kept: lines end in LF, and the blanks within a line stay as they are.

    Raises: TextRefused.
    """
    return "\n".join(line.rstrip() for line in _visible(text).split("\n")).strip()


def _visible(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    _refuse_what_nobody_types(text)
    composed = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    kept: list[str] = []
    for place, letter in enumerate(composed):
        if letter in _JOINERS:
            if _joins(composed, place):
                kept.append(letter)
        elif not _is_invisible(letter) and not (_is_selector(letter) and not _stands_on(kept)):
            kept.append(letter)
    # What stood between a letter and its accent is gone, so the two may be one now.
    shown = unicodedata.normalize("NFC", "".join(kept))
    if text.strip() and not any(map(_is_drawn, shown)):
        raise TextRefused("invisible")
    _refuse_towers(shown)
    return shown


def _refuse_what_nobody_types(text: str) -> None:
    for pattern, code in (
        (_NOT_TEXT, "not_text"),
        (_CONTROL, "control_character"),
        (_DIRECTION, "direction_mark"),
    ):
        if pattern.search(text):
            raise TextRefused(code)


def _refuse_towers(text: str) -> None:
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") and not _is_selector(letter) else 0
        if marks > MARKS_MAX:
            raise TextRefused("too_many_marks")


def _is_invisible(letter: str) -> bool:
    return letter in _FILLERS or unicodedata.category(letter) == "Cf"


def _is_selector(letter: str) -> bool:
    return any(first <= letter <= last for first, last in _INVISIBLE_MARKS)


def _stands_on(kept: list[str]) -> bool:
    return bool(kept) and _is_drawn(kept[-1])


def _is_drawn(letter: str) -> bool:
    """Whether a letter shows something by itself: marks need a letter below, and private ones a font that few have."""
    return unicodedata.category(letter)[0] in "LNPS" and letter not in _FILLERS


def _joins(text: str, place: int) -> bool:
    """Whether a joiner changes how its neighbours are written.

    Between letters of Arabic, Indic and other scripts east of Greek and Cyrillic it is spelling; between pictures it
    makes one of two. Between Latin letters it only makes two equal names look different to a machine.
    """
    if place == 0 or place + 1 == len(text):
        return False
    before, after = text[place - 1], text[place + 1]
    if _spells_with_joiners(before) and _spells_with_joiners(after):
        return True
    return text[place] == "\u200d" and (_is_picture(before) or _is_selector(before)) and _is_picture(after)


def _spells_with_joiners(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM" and (
        "\u0600" <= letter < "\u10a0"
        or "\u1700" <= letter < "\u1d00"
        or "\ua800" <= letter < "\uac00"
        or "\U00010a00" <= letter < "\U00012000"
    )


def _is_picture(letter: str) -> bool:
    return unicodedata.category(letter) in ("So", "Sk", "Sm")
