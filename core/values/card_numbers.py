"""What looks like a card number, however it is written: the one definition, and what of a number may be shown.

Everything that keeps card numbers out uses this file: masks of messages, guards of what people type, masks of answers,
logs, and the invariant V9. A number stays one with other separators, none, several, invisible ones, escaped ones
(`%20`, `\\n`, `&nbsp;`), between letters, and in the digits of any script. What merchants, banks and telephones are
known by, dates, and identifiers of ours pass the same check digit now and then: they are known by their own shape.

Two answers to one question. `find_card_numbers` finds what a scheme could have given to a card and stands by itself:
a text that people typed is refused for it. `hide_possible_card_numbers` also hides what a longer row of digits could
hold: for messages of machines, where nobody is refused. The second hides all that the first finds.

Source: ISO/IEC 7812-1 (check digit, first digits); PCI DSS 4.0.1, 3.4.1 and the council's FAQ 1091 (what may be shown).
"""

import html
import itertools
import re
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple
from uuid import RFC_4122, UUID

from core.values.ids import IdMalformed, decode_any_id

DIGITS_MIN: Final = 12
"""Of a Maestro card, the shortest that was ever given out."""
DIGITS_MAX: Final = 19

_BIN_SHOWN_DIGITS_MIN: Final = 13
_SIREN_DIGITS: Final = 9
_SIRET_DIGITS: Final = 14
_RIB_DIGITS: Final = 23
_POSSIBLE_DIGITS_MIN: Final = 13
# In so many digits in a row there nearly always is a number that fits.
_CERTAIN_DIGITS: Final = 30
# Twice a digit, and the digits of that added up.
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_LUHN_ODD: Final = bytes((byte - 48) % 10 if 48 <= byte <= 57 else 0 for byte in range(256))
_LUHN_EVEN: Final = bytes(_DOUBLED[byte - 48] if 48 <= byte <= 57 else 0 for byte in range(256))

_NOTHING: Final = "\x7f"
"""Stands in a folded text for what nobody sees: digits on both sides of it touch."""

_LETTER: Final = "x"

# Most texts hold fewer digits than any card number, and this is their whole cost.
_ENOUGH: Final = re.compile(r"(?:[^0-9]*[0-9]){12}")
# Digits with at most ten signs between two of them. Nothing in it can be matched in two ways.
_RUN: Final = re.compile(r"[0-9](?:[^0-9A-Za-z]{0,10}[0-9]){11,}")
_GROUP: Final = re.compile(r"[0-9](?:\x7f*[0-9])*")
_BLANKS: Final = re.compile(r"\s+")
# Four groups of four have letters between them too: "4111x1111x1111x1111".
_LETTERED: Final = re.compile(
    r"(?<![0-9])(?=([0-9]{4})[^0-9]{1,8}([0-9]{4})[^0-9]{1,8}([0-9]{4})[^0-9]{1,8}([0-9]{4})(?![0-9]))"
)
_ESCAPED: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[abfnrtv0/]"
    r"|&(?:#[0-9]{1,6}|#[xX][0-9A-Fa-f]{1,5}|[A-Za-z]{2,8});"
)
# Chip data in hexadecimal: the card number (5A) and the second track (57, 9F6B) under their tags.
_CHIP: Final = re.compile(r"(?i:5A0([6-9A])([0-9]{12,20})F?|(?:57|9F6B)(?:0[7-9A-F]|1[0-3])([0-9]{12,19})D)")

# What a scheme could have given out, by length. Alone, or in groups as cards are printed.
_SCHEMES: Final = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{17,18})"  # Visa
    r"|5[0-9]{15}"  # Mastercard
    r"|2[2-7][0-9]{14}|220[0-4][0-9]{13,15}"  # Mastercard, Mir
    r"|(?:50|5[6-8]|6[0-9])[0-9]{10,17}"  # Maestro, Discover, UnionPay, RuPay, Verve
    r"|3[47][0-9]{13}"  # American Express
    r"|35[0-9]{14,17}"  # JCB
    r"|3[0689](?:[0-9]{12}|[0-9]{14})"  # Diners
    r"|8[12][0-9]{14,17}|9792[0-9]{12}"  # UnionPay, RuPay, Troy
)
_LENGTHS: Final[dict[str, tuple[int, ...]]] = {
    f"{first}": tuple(
        length
        for length in range(DIGITS_MIN, DIGITS_MAX + 1)
        if any(_SCHEMES.fullmatch(f"{first}{more}".ljust(length, "0")) for more in ("", "92"))
    )
    for first in range(20, 100)
}
"""How long a number is that begins with two digits, as the table above says."""
# The usual ones, for what is written in no usual way.
_USUAL: Final = re.compile(
    r"[46][0-9]{15}|5[0-9]{15}|2[2-7][0-9]{14}|3[47][0-9]{13}|35[0-9]{14}|3[0689][0-9]{12}"
)
_USUAL_START: Final = re.compile(r"(?:[46]|5[1-5]|2[2-7])[0-9]{14,15}|3[47][0-9]{13}")
_PRINTED: Final = frozenset({(4, 6, 5), (4, 6, 4), (4, 3, 3, 3)})
# A reference (data element 37): last digit of the year, day of the year, hour, number.
_REFERENCE: Final = re.compile(
    r"[0-9](?:00[1-9]|0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])(?:[01][0-9]|2[0-3])[0-9]{6}"
)

_FRENCH_PHONE: Final = r"0[1-9](?:[ .\-/]?[0-9]{2}){4}"
_KNOWN: Final = re.compile(
    r"(?P<uuid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
    r"|(?<![0-9A-Za-z])(?P<typed>[a-z]{2,5}_[0-9a-z]{26})(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?P<hexadecimal>(?=[0-9]*[A-Fa-f])(?:[0-9a-f]{20,}|[0-9A-F]{20,}))(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?P<iban>[A-Za-z]{2}[0-9]{2}(?:[ \-]{0,2}[0-9A-Za-z]){11,30})"
    r"|(?<![0-9])(?P<rib>[0-9]{5}[ \-]?[0-9]{5}[ \-]?[0-9]{11}[ \-]?[0-9]{2})(?![0-9])"
    r"|(?<![0-9])(?P<date>(?:19|20)[0-9]{2}(?P<dash>[-/])(?:0[1-9]|1[0-2])(?P=dash)(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
    r"(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?)(?![0-9])"
    r"|(?P<phone>\+(?:[ .\-()/]{0,3}[0-9]){8,13}(?![ .\-()/]{0,3}[0-9]))"
    rf"|(?<![0-9])(?<![0-9][ .\-/])(?P<phones>{_FRENCH_PHONE}(?:[^0-9A-Za-z]{{1,3}}{_FRENCH_PHONE})*)"
    r"(?![ .\-/]{0,3}[0-9])"
)
_HEXADECIMAL_LETTERS_MIN: Final = 4
_UUID_DIGITS: Final = 32
# Of MD5 and of keys, SHA-1, Tiger, SHA-224, SHA-256, SHA-384 and SHA-512.
_HEXADECIMAL_EDGES: Final = re.compile(r"^[0-9]+|[0-9]+$")
_DIGEST_LENGTHS: Final = frozenset({32, 40, 48, 56, 64, 96, 128})
# Our identifiers are UUIDs of these times (version 7), or of what never changes.
_OWN_FROM_MS: Final = 946_684_800_000
_OWN_TO_MS: Final = 4_102_444_800_000
# A float with more digits before its point is none that a program shows.
_WHOLE_DIGITS_MAX: Final = 5
_EXPONENT: Final = re.compile(r"e[+-][0-9]{2,3}")
# Lengths of accounts by country. Source: SWIFT, IBAN registry.
# fmt: off
_IBAN_LENGTHS: Final = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}
# fmt: on
# Letters of other scripts that show as a blank.
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_FOLDED_MAX: Final = 16_384
_GROUPS_MAX: Final = 1_000
"""More groups of digits in a row are no text of a person's: they count as a card number without being tried."""


class Span(NamedTuple):
    """Where a card number stands in a text."""

    start: int
    end: int


def bin_shown(pan: str) -> str:
    """Return the first six digits, which may be shown beside the last four; none of a number of twelve digits.

    Ten digits of twelve leave ten numbers to try, for the check digit is known: such a card shows its last four only.
    """
    return pan[:6] if len(pan) >= _BIN_SHOWN_DIGITS_MIN else ""


def mask_card_number(pan: str) -> str:
    """Return the first six digits and the last four with asterisks between; one of twelve or less is hidden wholly."""
    if len(pan) < _BIN_SHOWN_DIGITS_MIN:
        return "*" * len(pan)
    return f"{pan[:6]}{'*' * (len(pan) - 10)}{pan[-4:]}"


def holds_card_number(text: str) -> bool:
    """Whether somewhere in a text stand digits that a scheme could have given to a card."""
    return any(True for _ in _find(text))


def find_card_numbers(text: str, *, typed: bool = True) -> list[Span]:
    """Return where they stand, in order; spans do not overlap.

    What nobody typed, as the inside of a PDF, has rows of numbers: there a card number is one only in groups as cards
    are printed.
    """
    return _joined(_find(text, typed=typed))


def hide_card_numbers(text: str) -> str:
    """Return a text for people: of each card number in it asterisks and the last four digits."""
    for reading in _readings(text):
        spans = _joined(_find_in(reading, typed=True))
        text = _hide(text, reading, spans, kept=4) if spans else text
    return text


def hide_possible_card_numbers(text: str) -> str:
    """Return a text without any row of digits in which a valid card number could hide, whatever stands between them."""
    if len(text) < DIGITS_MIN:
        return text
    shown = text
    for reading in _readings(text):
        if _ENOUGH.match(reading) is None:
            continue
        spans: list[Span] = []
        for run in _RUN.finditer(reading):
            digits = [ord(sign) - 48 for sign in run.group() if sign.isdecimal()]
            if _could_hold(digits):
                spans.append(Span(*run.span()))
        shown = _hide(shown, reading, spans, kept=0) if spans else shown
        if _LETTERED.search(reading) is not None:  # What has letters between its groups is no row.
            shown = hide_card_numbers(shown)
    return shown


def passes_check_digit(digits: bytes) -> bool:
    """Whether the last of some ASCII digits is the check digit of the others.

    Source: ISO/IEC 7812-1, annex B. By a table: logs are read for cards by the gigabyte, and python-stdnum takes three
    times as long for a number.
    """
    return (sum(digits[-1::-2].translate(_LUHN_ODD)) + sum(digits[-2::-2].translate(_LUHN_EVEN))) % 10 == 0


def is_siret(digits: bytes) -> bool:
    """Whether digits that pass the check digit are a merchant's SIRET: their SIREN passes it by itself.

    Merchants whose SIREN begins with 30, 36, 38 or 39 have a SIRET that looks like a Diners card.
    """
    return len(digits) == _SIRET_DIGITS and passes_check_digit(digits[:_SIREN_DIGITS])


# Finding


def _find(text: str, *, typed: bool = True) -> Iterator[Span]:
    if len(text) >= DIGITS_MIN:
        for reading in _readings(text):
            yield from _find_in(reading, typed=typed)


def _joined(found: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that overlap as one."""
    joined: list[Span] = []
    for span in sorted(found):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return joined


def _find_in(folded: str, *, typed: bool) -> Iterator[Span]:
    if _ENOUGH.match(folded) is None or (_RUN.search(folded) is None and _LETTERED.search(folded) is None):
        return
    for chip in _CHIP.finditer(folded):
        number = chip[3] or chip[2][: 2 * int(chip[1], 16)]
        if passes_check_digit(number.encode()):
            yield Span(*chip.span())
    # What is known by its own shape takes long to look for, and seldom looks like a card at all.
    if any(True for _ in _find_unjudged(folded, typed=typed)):
        yield from _find_unjudged(_KNOWN.sub(_without, folded), typed=typed)


def _find_unjudged(text: str, *, typed: bool) -> Iterator[Span]:
    for run in _RUN.finditer(text):
        yield from _find_in_run(text, run.start(), run.end(), typed=typed)
    if not typed:
        return
    for match in _LETTERED.finditer(text):
        if _is_card("".join(match.groups()), _USUAL):
            yield Span(match.start(1), match.end(4))


def _find_in_run(text: str, start: int, end: int, *, typed: bool) -> Iterator[Span]:
    """Yield what neighbouring groups of digits say together: an expiry may stand behind the number."""
    groups: list[tuple[int, int]] = []
    starts: list[int] = []
    parts: list[str] = []
    group_ending: dict[int, int] = {}
    length = 0
    for number, match in enumerate(_GROUP.finditer(text, start, end)):
        if number == _GROUPS_MAX and typed:
            yield Span(start, end)
            return
        groups.append(match.span())
        starts.append(length)
        parts.append(match.group().replace(_NOTHING, ""))
        length += len(parts[-1])
        group_ending[length] = number
    digits = "".join(parts)
    sums = _check_sums(digits)
    for first, begin in enumerate(starts):
        finish = begin + len(parts[first])
        decimals = (
            first > 0
            and text[groups[first - 1][1] : groups[first][0]] == "."
            and _is_float(text, groups[first - 1][0], groups[first][1])
        )
        for skipped in _glued(text, groups[first], parts[first]) if typed and not decimals else ():
            if finish - begin - skipped >= _POSSIBLE_DIGITS_MIN and _is_card(
                parts[first][skipped:], _SCHEMES
            ):
                yield Span(*groups[first])
        if finish - begin > 16 and not decimals:
            # A number, and without a blank its expiry.
            usual = _USUAL_START.match(digits, begin)
            if usual is not None and _fits(sums, begin, usual.end()):
                yield Span(*groups[first])
        for length in _LENGTHS.get(digits[begin : begin + 2], ()):
            last = group_ending.get(begin + length)
            if last is None or not _fits(sums, begin, begin + length):
                continue
            if last == first and decimals:
                continue
            schemes = _schemes_of(text, groups[first : last + 1], starts[first : last + 1], begin + length)
            if schemes is None or (schemes is _USUAL and not typed):
                continue
            if _is_card(digits[begin : begin + length], schemes):
                yield Span(groups[first][0], groups[last][1])


def _is_float(text: str, start: int, end: int) -> bool:
    """Whether a decimal number is written as programs write them: with no digit more than it takes."""
    exponent = _EXPONENT.match(text, end)
    written = text[start : exponent.end() if exponent else end]
    whole, _, _ = written.partition(".")
    return len(whole) <= _WHOLE_DIGITS_MAX and _NOTHING not in written and repr(float(written)) == written


def _glued(text: str, group: tuple[int, int], digits: str) -> Iterator[int]:
    """Yield how many digits before a number may belong to something else: zeros that fill it up, a day, a second."""
    if digits[0] == "0":
        yield len(digits) - len(digits.lstrip("0"))
    if group[0] > 1 and text[group[0] - 1] in "-/:" and text[group[0] - 2].isdecimal():
        yield 2


def _check_sums(digits: str) -> tuple[list[int], list[int]]:
    """Return running sums for the check digit: every second digit doubled, counted from an odd end and from an even one."""
    odd, even = [0], [0]
    for place, sign in enumerate(digits):
        digit = ord(sign) - 48
        odd.append(odd[-1] + (_DOUBLED[digit] if place & 1 else digit))
        even.append(even[-1] + (digit if place & 1 else _DOUBLED[digit]))
    return odd, even


def _fits(sums: tuple[list[int], list[int]], begin: int, finish: int) -> bool:
    """Whether the digits from `begin` to before `finish` pass the check."""
    counted = sums[0] if finish & 1 else sums[1]
    return (counted[finish] - counted[begin]) % 10 == 0


def _schemes_of(
    text: str, groups: list[tuple[int, int]], starts: list[int], finish: int
) -> re.Pattern[str] | None:
    """Return what digits in these groups may be: a list of numbers is no card for being one after another."""
    if len(groups) == 1:
        return _SCHEMES
    sizes = tuple(other - one for one, other in zip(starts, [*starts[1:], finish], strict=True))
    size = sizes[0]
    if (4 <= size <= 8 or size == 1) and set(sizes[:-1]) == {size} and sizes[-1] <= size:
        return _SCHEMES
    if sizes in _PRINTED:
        return _SCHEMES
    between = {
        _BLANKS.sub(" ", text[one[1] : other[0]].replace(_NOTHING, ""))
        for one, other in itertools.pairwise(groups)
    }
    separator = between.pop()
    if between or any(sign in separator for sign in ",;:"):
        return None
    if text[max(0, groups[0][0] - 1)].isalpha() or text[groups[-1][1] : groups[-1][1] + 1].isalpha():
        return None  # Part of a word, such as a VAT number with a postcode behind it.
    if separator == "." and len(groups) == 2 and _is_float(text, groups[0][0], groups[1][1]):
        return None
    if "/" in separator and text[max(0, groups[0][0] - 1)] == "/":
        return None  # Parts of a longer row, as data element 90 is shown.
    return _USUAL


def _is_card(digits: str, schemes: re.Pattern[str]) -> bool:
    if schemes.fullmatch(digits) is None:
        return False
    written = digits.encode()
    if not passes_check_digit(written) or is_siret(written):
        return False
    return len(digits) > DIGITS_MIN or _REFERENCE.fullmatch(digits) is None


def _could_hold(digits: list[int]) -> bool:
    """Whether any 13 to 19 neighbouring digits pass the check, or 12 that do not begin with a zero."""
    if len(digits) >= _CERTAIN_DIGITS and any(digits):
        return True
    for end in range(DIGITS_MIN, len(digits) + 1):
        total = 0
        for back in range(min(end, DIGITS_MAX)):
            digit = digits[end - 1 - back]
            total += _DOUBLED[digit] if back % 2 else digit
            if total % 10 == 0 and (
                back + 1 >= _POSSIBLE_DIGITS_MIN or (back + 1 == DIGITS_MIN and digit != 0)
            ):
                return True
    return False


# What is known by its own shape


def _without(match: re.Match[str]) -> str:
    """Return letters for what is no card by its shape, so that the digits around it do not touch; else what stood there."""
    kind, text = match.lastgroup, match.group()
    assert kind is not None
    judge = _JUDGES.get(kind)
    length = len(text) if judge is None else judge(text)
    return _LETTER * length + text[length:]


def _if_a_letter(text: str) -> int:
    return len(text) if any(sign.isalpha() for sign in text) else 0


def _if_letters_enough(text: str) -> int:
    letters = sum(sign.isalpha() for sign in text)
    if letters < _HEXADECIMAL_LETTERS_MIN:
        # An identifier of ours has few letters now and then.
        return len(text) if len(text) == _UUID_DIGITS and _is_of_our_times(UUID(text)) else 0
    # Of another length than digests have it may be a number with letters behind it.
    edges = () if len(text) in _DIGEST_LENGTHS else _HEXADECIMAL_EDGES.findall(text)
    return 0 if any(_is_card(edge, _SCHEMES) for edge in edges) else len(text)


def _if_ours(text: str) -> int:
    """Return the length of an identifier that we could have made, 0 for another.

    Whatever its three letters: anybody can write ours, and some processes that write logs do not know them.
    """
    try:
        made = UUID(bytes=decode_any_id(text))
    except IdMalformed:
        return 0
    if made.variant != RFC_4122:
        return 0
    if _is_of_our_times(made):
        return len(text)
    # What never changes is made of a digest: it does not begin with a card number.
    digits = re.match("[0-9]*", text.partition("_")[2])
    assert digits is not None
    begins = any(
        _is_card(digits[0][:length], _SCHEMES) for length in range(_POSSIBLE_DIGITS_MIN, len(digits[0]) + 1)
    )
    return 0 if begins else len(text)


def _is_of_our_times(made: UUID) -> bool:
    return made.variant == RFC_4122 and made.version == 7 and _OWN_FROM_MS <= made.int >> 80 <= _OWN_TO_MS


def _iban_length(text: str) -> int:
    """Return how many signs an account takes that passes its check (ISO 13616), 0 for none."""
    length = _IBAN_LENGTHS.get(text[:2].upper(), 0)
    compact, end = "", 0
    for end, sign in enumerate(text, start=1):  # noqa: B007 -- Where it ends is what is asked.
        if sign.isalnum():
            compact += sign
            if len(compact) == length:
                break
    if not length or len(compact) != length:
        return 0
    moved = compact[4:] + compact[:4]
    return end if int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1 else 0


def _rib_length(text: str) -> int:
    """Return how many signs a French account takes that passes its key (bank, branch, account, key), 0 for none."""
    digits = re.sub("[^0-9]", "", text)
    bank, branch, account, key = digits[:5], digits[5:10], digits[10:21], digits[21:]
    fits = (89 * int(bank) + 15 * int(branch) + 3 * int(account) + int(key)) % 97 == 0
    return len(text) if len(digits) == _RIB_DIGITS and fits else 0


_JUDGES: Final[dict[str, Callable[[str], int]]] = {
    "uuid": _if_a_letter,
    "typed": _if_ours,
    "hexadecimal": _if_letters_enough,
    "iban": _iban_length,
    "rib": _rib_length,
}


# Folding: a text of the same length with ASCII digits, one letter, blanks and signs, and a mark for what is not seen


class _Folding(dict[int, str]):
    """How each character folds, found when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if len(self) < _FOLDED_MAX:
            self[code] = folded
        return folded


def _folded(sign: str) -> str:
    if sign.isascii():
        return sign
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(sign)
    if category in {"Cf", "Mn", "Me", "Cc"} or sign in _BLANK_LETTERS:
        return _NOTHING
    if sign.isspace():
        return " "
    if sign.isalnum() or category == "Cs":
        return _LETTER
    return "-" if category == "Pd" else "."


_FOLDING: Final = _Folding()


def _readings(text: str) -> tuple[str, ...]:
    """Return the folded text, and another one where it may hold escapes: `%41` is a letter or the start of a number."""
    folded = text if text.isascii() else text.translate(_FOLDING)
    if "%" in folded or "\\" in folded or "&" in folded:
        meant = _ESCAPED.sub(_unescaped, folded)
        if meant != folded:
            return folded, meant
    return (folded,)


def _unescaped(match: re.Match[str]) -> str:
    text = match.group()
    if text[0] == "%":
        meant = urllib.parse.unquote(text, errors="replace")
    elif text[0] == "&":
        meant = html.unescape(text)
    else:
        meant = chr(int(text[2:].upper(), 16)) if text[1] in "ux" else " "
    return meant.translate(_FOLDING)[: len(text)].rjust(len(text), _NOTHING)


def _hide(text: str, folded: str, spans: list[Span], *, kept: int) -> str:
    """Return the text with asterisks for the digits that a reading of it has in each span, but the last `kept`."""
    signs = list(text)
    for start, end in spans:
        left = kept
        for place in range(end - 1, start - 1, -1):
            if folded[place].isdecimal() and left:
                left -= 1
            elif folded[place] == _NOTHING or folded[place].isdecimal():
                signs[place] = "*"
    return "".join(signs)
