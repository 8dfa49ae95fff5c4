"""ISO 8583:1987 packed: two digits a byte, packed length prefixes, binary bitmaps. What most PAX estates speak."""

from typing import Final

from edge.dialects.fields1987 import FIELDS_1987
from edge.protocol.field import Dialect, Encoding

BCD_1987: Final = Dialect("bcd1987", Encoding(digits="bcd", bitmap="binary"), FIELDS_1987)
