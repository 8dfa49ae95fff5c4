"""What people type on the page of a card: read as they write it, refused field by field."""

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from core.values.card_numbers import passes_check_digit

FieldName: TypeAlias = Literal["number", "expiry", "code"]
Problems: TypeAlias = dict[FieldName, str]
"""Codes of words.toml, by the field that they are said beside."""

DIGITS_MIN: Final = 13
DIGITS_MAX: Final = 19
TYPED_MAX: Final = 64
"""Longer than any number with whatever people put between its digits."""

_BETWEEN: Final = re.compile(r"[\s.\-]+")
_NUMBER: Final = re.compile(rf"[0-9]{{{DIGITS_MIN},{DIGITS_MAX}}}")
# 12/30, 12 / 2030, 12-30, 1230, and 2030-12 as some password managers keep it.
_MONTH_FIRST: Final = re.compile(
    r"(0?[1-9]|1[0-2])\s*[/.\-]\s*(?:20)?([0-9]{2})|(0[1-9]|1[0-2])(?:20)?([0-9]{2})"
)
_YEAR_FIRST: Final = re.compile(r"20([0-9]{2})\s*[/.\-]\s*(0[1-9]|1[0-2])")
_CODE: Final = re.compile(r"[0-9]{3}")


class TypedCard:
    """A card in clear: it shows nothing of itself, and leaves this process only sealed."""

    __slots__ = ("expiry", "number", "security_code")

    def __init__(self, *, number: str, expiry: str, security_code: str) -> None:
        self.number = number
        self.expiry = expiry  # YYMM
        self.security_code = security_code

    def __repr__(self) -> str:
        return "TypedCard(***)"


def read_card(form: Mapping[str, str]) -> TypedCard | Problems:
    """Return the card that a form says, or what is wrong with which field."""
    problems: Problems = {}
    number = _BETWEEN.sub("", form.get("number", "")[:TYPED_MAX])
    expiry = _expiry(form.get("expiry", "")[:TYPED_MAX].strip())
    code = form.get("code", "")[:TYPED_MAX].strip()
    if not number:
        problems["number"] = "number.missing"
    elif _NUMBER.fullmatch(number) is None or not passes_check_digit(number.encode()):
        problems["number"] = "number.malformed"
    if not expiry:
        problems["expiry"] = "expiry.missing" if expiry is None else "expiry.malformed"
    if _CODE.fullmatch(code) is None:
        problems["code"] = "code.malformed" if code else "code.missing"
    return problems or TypedCard(number=number, expiry=expiry or "", security_code=code)


def _expiry(text: str) -> str | None:
    """Return YYMM, empty for what is no month, None for nothing."""
    if not text:
        return None
    if (found := _MONTH_FIRST.fullmatch(text)) is not None:
        month, year = (found[1], found[2]) if found[1] else (found[3], found[4])
        return f"{year}{month:0>2}"
    if (found := _YEAR_FIRST.fullmatch(text)) is not None:
        return f"{found[1]}{found[2]}"
    return ""
