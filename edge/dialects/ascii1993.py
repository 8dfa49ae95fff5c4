"""The 1993 field set in characters. It is the 1987 table but for the elements that the 1993 edition redefines.

Source: ISO 8583:1993, clause 4.4: dates gain their century or their time, the point of service data code has twelve
positions, the action code three digits, and security data becomes binary.
"""

from typing import Final

from edge.dialects.fields1987 import FIELDS_1987
from edge.protocol.field import Dialect, Encoding, Field

_REDEFINED: Final = (
    Field(12, "local date and time", "n", 12),
    Field(13, "effective date", "n", 4),
    Field(15, "settlement date", "n", 6),
    Field(22, "point of service data code", "an", 12),
    Field(24, "function code", "n", 3),
    Field(25, "message reason code", "n", 4),
    Field(26, "merchant category", "n", 4),
    Field(28, "reconciliation date", "n", 6),
    Field(29, "reconciliation indicator", "n", 3),
    Field(30, "original amounts", "n", 24),
    Field(39, "action code", "n", 3),
    Field(43, "card acceptor name and location", "ans", 99, "LL"),
    Field(44, "additional response data", "ans", 99, "LL"),
    Field(53, "security related control information", "b", 48, "LL"),
    Field(56, "original data elements", "n", 35, "LL"),
)
# Elements that the 1987 table defines otherwise and that 1993 moves, drops, or gives to national use.
_DROPPED: Final = frozenset({18, 27, 31, 66, 67, 70, 90, 95})


def _fields() -> tuple[Field, ...]:
    table = {field.number: field for field in FIELDS_1987 if field.number not in _DROPPED}
    table |= {field.number: field for field in _REDEFINED}
    return tuple(table[number] for number in sorted(table))


ASCII_1993: Final = Dialect("ascii1993", Encoding(digits="ascii", bitmap="hex"), _fields())
