"""The dialects that terminals and hosts speak, each compiled once at import. A new one is a table and its vectors."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edge.dialects.action_codes1993 import MALFUNCTION as MALFUNCTION_1993
from edge.dialects.ascii1987 import ASCII_1987
from edge.dialects.ascii1993 import ASCII_1993
from edge.dialects.bcd1987 import BCD_1987
from edge.dialects.edition1993 import from_1987, to_1987
from edge.protocol.codec import Codec, TerminalDialect, compile_dialect

DIALECTS: Final[Mapping[str, Codec]] = MappingProxyType(
    {dialect.name: compile_dialect(dialect) for dialect in (ASCII_1987, BCD_1987, ASCII_1993)}
)
"""Codecs by dialect name: `ascii1987`, `bcd1987`, `ascii1993`."""

_ASCII_1987: Final = TerminalDialect(DIALECTS["ascii1987"])
_BCD_1987: Final = TerminalDialect(DIALECTS["bcd1987"])
_ASCII_1993: Final = TerminalDialect(DIALECTS["ascii1993"], to_1987, from_1987, MALFUNCTION_1993)
TERMINAL_DIALECTS: Final[Mapping[int, TerminalDialect]] = {
    ord("0"): _ASCII_1987,
    ord("1"): _ASCII_1993,
    **dict.fromkeys((0x01, 0x02, 0x04, 0x05, 0x08), _BCD_1987),
}
"""By the first byte of a message type, which tells the dialect: a digit in ASCII, or two packed digits."""
