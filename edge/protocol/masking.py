"""A message as people may see it: field by field, named, and without anything that lets a card be used.

Three guards, one behind the other. Fields that are secret by nature are hidden wholly. Fields with parts are shown
part by part, and of chip data only the tags known to be harmless. Whatever free text is left loses every row of
digits in which a valid card number could hide (core.values.card_numbers).
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypedDict

from core.values.card_numbers import DIGITS_MIN, hide_card_numbers
from core.values.card_numbers import hide_possible_card_numbers as scrub
from core.values.card_numbers import mask_card_number as mask_pan
from edge.protocol.errors import TlvMalformed
from edge.protocol.field import Message
from edge.protocol.tlv import decode_tlv


class ShownField(TypedDict):
    """One line of a described message."""

    field: int
    name: str
    value: str


HIDDEN: Final = "***"

_DATE_AND_TIME: Final = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"

# Tags that describe the payment and not the card: amounts, dates, counters, results, cryptograms.
# fmt: off
_HARMLESS_TAGS: Final = frozenset({
    "4F", "50", "82", "84", "8A", "91", "95", "9A", "9B", "9C", "5F24", "5F25", "5F28", "5F2A",
    "5F34", "5F36", "9F02", "9F03", "9F06", "9F07", "9F08", "9F09", "9F0D", "9F0E", "9F0F", "9F10", "9F12", "9F15",
    "9F1A", "9F1C", "9F1E", "9F21", "9F26", "9F27", "9F33", "9F34", "9F35", "9F36", "9F37", "9F39", "9F41", "9F53",
    "9F66", "9F6C", "9F6E",
})
# fmt: on


def describe(message: Message, names: Mapping[int, str]) -> list[ShownField]:
    """Return the fields in the message's order, each with its name (`codec.names`) and its masked value.

    The result is safe to store, log and show. Field 0 is the message type.
    """
    lines: list[ShownField] = []
    for number, value in message.items():
        rule = _RULES.get(number)
        if rule is not None:
            shown = rule(value)
        elif isinstance(value, bytes):
            shown = _show_bytes(value)
        elif len(value) < DIGITS_MIN:
            shown = value
        else:
            shown = scrub(value)
        lines.append(
            {
                "field": number,
                "name": names.get(number, "message type" if number == 0 else ""),
                "value": shown,
            }
        )
    return lines


def _text(value: str | bytes) -> str:
    return value.hex().upper() if isinstance(value, bytes) else value


def _show_pan(value: str | bytes) -> str:
    return mask_pan(_text(value))


def _show_bytes(value: bytes) -> str:
    """Show bytes in hexadecimal; where they spell a card number as characters, not at all."""
    spelt = value.decode("latin-1")
    return HIDDEN if scrub(spelt) != spelt else scrub(value.hex().upper())


def _hide(value: str | bytes) -> str:  # noqa: ARG001  A rule takes the value, and this one must not look.
    return HIDDEN


def _show_total(value: str | bytes) -> str:
    """Sixteen digits of an amount look like a card number until their leading zeros go."""
    digits = _text(value)
    sign = digits[:1] if digits[:1] in {"C", "D"} else ""
    return scrub(f"{sign}{digits[len(sign) :].lstrip('0') or '0'}")


def _show_parts(shape: str, *widths: int) -> Callable[[str | bytes], str]:
    """Show a value of fixed parts with a slash between them: apart, few are as long as a card number.

    What has not the shape of such a value is free text, whatever field it stands in.
    """
    has_shape = re.compile(shape).fullmatch

    def show(value: str | bytes) -> str:
        text, parts, start = _text(value), [], 0
        if has_shape(text) is None:
            return scrub(text)
        for width in widths:
            parts.append(text[start : start + width])
            start += width
        # A number may also stand across two parts.
        return hide_card_numbers("/".join(scrub(part) for part in (*parts, text[start:]) if part))

    return show


def _show_chip(value: str | bytes) -> str:
    """Show `tag=value` in hexadecimal, hiding the value of every tag that is not known to be harmless."""
    if isinstance(value, str):
        return HIDDEN
    try:
        elements = decode_tlv(value)
    except TlvMalformed as error:
        return f"{HIDDEN} ({error.problem})"
    return "; ".join(
        f"{tag}={_show_bytes(content) if tag in _HARMLESS_TAGS else HIDDEN}"
        for tag, content in elements.items()
    )


_RULES: Final[Mapping[int, Callable[[str | bytes], str]]] = {
    2: _show_pan,
    34: _hide,
    35: _hide,
    36: _hide,
    45: _hide,
    # Private additional data carries the card verification value where a terminal was given one.
    48: _hide,
    52: _hide,
    53: _hide,
    # Type of account, type of amount, currency, sign, amount: at most six times.
    54: _show_parts(r"(?:[0-9]{7}[CD][0-9]{12}){1,6}", *(2, 2, 3, 1, 12) * 6),
    55: _show_chip,
    **dict.fromkeys((86, 87, 88, 89, 97), _show_total),
    # Message type, trace number, transmission time, acquirer, forwarder.
    90: _show_parts(rf"0[0-9]{{9}}(?:{_DATE_AND_TIME}|0{{10}})[0-9]{{22}}", 4, 6, 10, 11),
    # Transaction, settlement, and the two fees.
    95: _show_parts(r"(?:000[0-9]{9}){2}(?:[CD0][0-9]{8}){2}", 12, 12, 9),
}
