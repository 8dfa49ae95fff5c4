"""What a dialect is made of. The meaning of a field and the way it is written are separate axes.

A `Field` says what data element it is and how long; an `Encoding` says how digits, lengths and bitmaps become bytes;
a `Dialect` joins a field table with an encoding. All three are data: a new dialect is a table and its vectors.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Message: TypeAlias = dict[int, str | bytes]
"""A decoded message. Key 0 is the message type, four digits; the others are field numbers, never 1 nor 65.

Fields of kind `b` are bytes; all others are str, numeric ones with their leading zeros."""

AS_SENT: Final = 1993
"""Key of what an answer must repeat as it came, where the message was rewritten from another edition. No data element
has this number, no codec writes it and nothing stores it."""

Kind = Literal["n", "an", "ans", "b", "z", "x+n"]
"""What a field holds.

n: digits. an: letters, digits and the space that pads them. ans: printable ASCII, in a FREE_TEXT field also the upper
half of ISO 8859-1. b: bytes. z: track 2, digits and
separators. x+n: the letter C or D (credit, debit) and digits.
"""

Prefix = Literal["", "LL", "LLL"]

FREE_TEXT: Final = frozenset({43, 44, 46, 47, 48, *range(56, 64), 72, 104})
"""Texts of people and makers, which some write in ISO 8859-1: a shop may be named CAFÉ. Nothing is decided by them."""


@dataclass(frozen=True, slots=True)
class Field:
    """One data element.

    `length` counts characters (bytes for kind b): exactly that many without a prefix, from 1 to that many with one.
    For x+n it counts the letter too.
    """

    number: int
    name: str
    kind: Kind
    length: int
    prefix: Prefix = ""

    def __post_init__(self) -> None:
        if not 2 <= self.number <= 128 or self.number == 65:
            raise ValueError(f"no field can have number {self.number}")
        if not 1 <= self.length <= (10 ** len(self.prefix) - 1 if self.prefix else 999):
            raise ValueError(f"field {self.number} cannot have length {self.length}")
        if self.kind == "x+n" and (self.prefix or self.length < 2):
            raise ValueError(f"field {self.number}: a signed amount has a fixed length")
        if self.kind == "z" and not self.prefix:
            raise ValueError(f"field {self.number}: a track has a variable length")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How fields are written.

    digits: `ascii` is one byte a digit. `bcd` packs two to a byte: an odd fixed field gets a leading 0 nibble, an odd
    variable field a trailing F nibble, a track 2 separator is nibble D. The message type and the length prefixes,
    which count digits or bytes as the field does, follow the same axis.
    bitmap: 8 bytes, or 16 hexadecimal characters.
    """

    digits: Literal["ascii", "bcd"]
    bitmap: Literal["binary", "hex"]

    @property
    def packed(self) -> bool:
        """Whether two digits share a byte."""
        return self.digits == "bcd"

    @property
    def mti_bytes(self) -> int:
        """Width of the message type."""
        return 2 if self.packed else 4

    @property
    def bitmap_bytes(self) -> int:
        """Width of one bitmap."""
        return 8 if self.bitmap == "binary" else 16

    def prefix_bytes(self, field: Field) -> int:
        """Width of a field's length prefix: two digits of BCD take one byte, three take two."""
        return (len(field.prefix) + 1) // 2 if self.packed else len(field.prefix)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A field table in an encoding."""

    name: str
    encoding: Encoding
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        numbers = [field.number for field in self.fields]
        if numbers != sorted(set(numbers)):
            raise ValueError(f"dialect {self.name}: fields are listed once each, in order")
