"""What a query may mean: pure readings of what somebody typed."""

import re
from typing import Final

import msgspec

from core.contracts.ids import kind_of_prefix
from core.values.ids import IdMalformed, decode_id

_TERMINAL_CHARACTERS: Final = 8
_RRN_CHARACTERS: Final = 12
_STAN_DIGITS_MAX: Final = 6
_APPROVAL_CHARACTERS: Final = 6
_AMOUNT: Final = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")
_TRUNK_PREFIX: Final = re.compile(r"^(?:\+|00)33(?:\(0\)|0)?")
_PHONE_DIGITS: Final = range(9, 16)
WORDS_MAX: Final = 4
SIMILAR_LETTERS_MIN: Final = 4
CODE_DIGITS_MIN: Final = 2


class Reading(msgspec.Struct, frozen=True):
    """Every way to take a query at once; what it cannot be is None or empty."""

    identifiers: list[str] = []
    direct: tuple[str, bytes] | None = None  # kind and id, of a public identifier
    rrn: str | None = None
    last_four: str | None = None
    stan: int | None = None
    approval_code: str | None = None
    amount_minor: int | None = None
    terminal_and_stan: tuple[str, int] | None = None

    @property
    def is_about_transactions(self) -> bool:
        """Whether anything in it could be a key of a transaction."""
        return any(
            key is not None
            for key in (
                self.rrn,
                self.last_four,
                self.stan,
                self.approval_code,
                self.amount_minor,
                self.terminal_and_stan,
            )
        ) or (self.direct is not None and self.direct[0] == "transaction")


def read_query(query: str) -> Reading:
    """Return what a query may mean."""
    compact = re.sub(r"[^0-9A-Za-z]", "", query).upper()
    if not compact:
        return Reading()
    bare = re.sub(r"[\s.\-]", "", query)
    digits = compact if compact.isascii() and compact.isdigit() else None
    return Reading(
        identifiers=_identifiers(query, compact),
        direct=_direct(query.strip()),
        rrn=compact if len(compact) == _RRN_CHARACTERS and len(bare) == _RRN_CHARACTERS else None,
        last_four=digits if digits and len(digits) == 4 else None,
        stan=int(digits) if digits and len(digits) <= _STAN_DIGITS_MAX else None,
        approval_code=compact if len(compact) == _APPROVAL_CHARACTERS and bare.isalnum() else None,
        amount_minor=_amount(query),
        terminal_and_stan=_terminal_and_stan(query),
    )


def patterns_of(words: str) -> list[str]:
    """Return LIKE patterns for plain words (letters and digits only), all of which must be found.

    A word is looked for where one begins, which the trigram index answers even for two letters; what holds a digit
    is looked for anywhere, since people read out the end of a number as often as its beginning.
    """
    patterns = [
        f"%{word}%" if len(word) > 3 and any(letter.isdigit() for letter in word) else f"% {word}%"
        for word in words.split()[:WORDS_MAX]
    ]
    return patterns + ["%"] * (WORDS_MAX - len(patterns))


def may_be_misspelt(words: str) -> bool:
    """Return whether likeness means anything: enough letters, and not those of a number, which is right or wrong."""
    names = [word for word in words.split() if sum(letter.isdigit() for letter in word) < CODE_DIGITS_MIN]
    return sum(letter.isalpha() for name in names for letter in name) >= SIMILAR_LETTERS_MIN


def _identifiers(query: str, compact: str) -> list[str]:
    keys = [compact]
    phone = _TRUNK_PREFIX.sub("0", re.sub(r"[^0-9+()]", "", query)).replace("(", "").replace(")", "")
    if phone != compact and phone.isdigit() and len(phone) in _PHONE_DIGITS:
        keys.append(phone)
    # A telephone that leaves the plus sign out.
    if compact.isdigit() and compact.startswith("33") and len(compact) == 11:
        keys.append(f"0{compact[2:]}")
    return keys


def _direct(text: str) -> tuple[str, bytes] | None:
    kind = kind_of_prefix(text.partition("_")[0].lower())
    try:
        return None if kind is None else (kind, decode_id(kind, text.lower()))
    except IdMalformed:
        return None


def _amount(query: str) -> int | None:
    text = re.sub(r"\s|\u202f|€|\beur\b", "", query, flags=re.IGNORECASE)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    # Without a decimal part, a long number is some identifier rather than a sum.
    if found[2] is None and len(found[1]) > 5:
        return None
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _terminal_and_stan(query: str) -> tuple[str, int] | None:
    parts = query.upper().split()
    if len(parts) != 2:
        return None
    for number, stan in (parts, parts[::-1]):
        if (
            len(number) == _TERMINAL_CHARACTERS
            and number.isalnum()
            and stan.isascii()
            and stan.isdigit()
            and len(stan) <= _STAN_DIGITS_MAX
        ):
            return number, int(stan)
    return None
