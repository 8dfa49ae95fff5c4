"""ISO 8583:1987 in characters: one byte a digit, length prefixes in digits, hexadecimal bitmaps."""

from typing import Final

from edge.dialects.fields1987 import FIELDS_1987
from edge.protocol.field import Dialect, Encoding

ASCII_1987: Final = Dialect("ascii1987", Encoding(digits="ascii", bitmap="hex"), FIELDS_1987)
