"""The dialects that terminals and hosts speak, each compiled once at import. A new one is a table and its vectors."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edge.dialects.ascii1987 import ASCII_1987
from edge.dialects.ascii1993 import ASCII_1993
from edge.dialects.bcd1987 import BCD_1987
from edge.protocol.codec import Codec, compile_dialect

DIALECTS: Final[Mapping[str, Codec]] = MappingProxyType(
    {dialect.name: compile_dialect(dialect) for dialect in (ASCII_1987, BCD_1987, ASCII_1993)}
)
"""Codecs by dialect name: `ascii1987`, `bcd1987`, `ascii1993`."""
