"""The plain reading of a dialect, one field after another: slow, exact, and the judge of every refusal.

The compiled functions of `specialise` are this module's meaning at speed. Whatever they doubt comes back here, and
here it is either read after all or refused by the name of the field.
"""

import string
from collections.abc import Mapping
from typing import Final

from core.values.card_numbers import passes_check_digit
from edge.protocol.errors import BitmapMalformed, FieldMalformed, TrailingBytes
from edge.protocol.field import FREE_TEXT, Dialect, Field, Kind, Message

DIGITS: Final = string.digits
LETTERS_AND_DIGITS: Final = string.ascii_letters + string.digits + " "
PRINTABLE: Final = "".join(map(chr, range(0x20, 0x7F)))
TRACK_2: Final = string.digits + "=D"
UPPER_HALF: Final = "".join(map(chr, range(0xA0, 0x100)))

_CHARSETS: Final[Mapping[Kind, frozenset[str]]] = {
    "n": frozenset(DIGITS),
    "an": frozenset(LETTERS_AND_DIGITS),
    "ans": frozenset(PRINTABLE),
    "z": frozenset(TRACK_2),
}
_FREE_TEXT: Final = frozenset(PRINTABLE + UPPER_HALF)
# The control characters between the halves, among them those of Windows-1252 and the second bytes of UTF-8.
_NO_CONTROLS: Final = dict.fromkeys(range(128, 160), "?")
_HOLD_A_CARD: Final = frozenset({2, 35})
_HEXADECIMAL: Final = frozenset(string.hexdigits)


class Fieldwise:
    """Decode and encode one dialect by walking its table."""

    __slots__ = ("_encoding", "_fields")

    def __init__(self, dialect: Dialect) -> None:
        self._encoding = dialect.encoding
        self._fields = {field.number: field for field in dialect.fields}

    def decode(self, raw: bytes) -> Message:
        """Return the message. Raises: MessageMalformed, naming the first field that is wrong."""
        width = self._encoding.mti_bytes
        if len(raw) < width:
            raise FieldMalformed(0, "truncated")
        mti = raw[:width].hex() if self._encoding.packed else raw[:width].decode("latin-1")
        if not _CHARSETS["n"].issuperset(mti):
            raise FieldMalformed(0, "charset")
        numbers, start = self._decode_bitmaps(raw, width)
        try:
            return self._decode_fields({0: mti}, numbers, raw, start)
        except (FieldMalformed, TrailingBytes):
            if self._encoding.packed or not any(self._is_block(number) for number in numbers):
                raise
            try:
                return self._decode_fields({0: mti}, numbers, raw, start, hexadecimal=True)
            except (FieldMalformed, TrailingBytes):
                pass
            raise

    def _is_block(self, number: int) -> bool:
        field = self._fields.get(number)
        return field is not None and field.kind == "b" and not field.prefix

    def _decode_fields(
        self, message: Message, numbers: list[int], raw: bytes, position: int, *, hexadecimal: bool = False
    ) -> Message:
        """Return the message with its fields.

        Stock packagers write PIN blocks and authentication codes as hexadecimal characters where all else is
        characters. A message is read so only where it cannot be read otherwise, and then to its last byte.
        """
        for number in numbers:
            field = self._fields.get(number)
            if field is None:
                raise FieldMalformed(number, "undefined")
            if hexadecimal and self._is_block(number):
                text = raw[position : position + 2 * field.length].decode("latin-1")
                if len(text) != 2 * field.length or not _HEXADECIMAL.issuperset(text):
                    raise FieldMalformed(number, "charset")
                message[number] = bytes.fromhex(text)
                position += len(text)
            else:
                message[number], position = self._decode_field(field, raw, position)
        if position != len(raw):
            raise TrailingBytes(len(raw) - position)
        return message

    def salvage(self, raw: bytes) -> Message:
        """Return what can be read of a malformed message: enough to answer it. Never raises.

        A field of wrong characters is left out and its width passed over; after a wrong length nothing can be found.
        """
        message: Message = {}
        try:
            width = self._encoding.mti_bytes
            mti = raw[:width].hex() if self._encoding.packed else raw[:width].decode("latin-1")
            if len(raw) < width or not _CHARSETS["n"].issuperset(mti):
                return message
            message[0] = mti
            numbers, position = self._decode_bitmaps(raw, width)
            for number in numbers:
                field = self._fields[number]
                try:
                    message[number], position = self._decode_field(field, raw, position)
                except FieldMalformed as error:
                    if error.problem not in {"charset", "padding"}:
                        break
                    position += self._width(field, raw, position)
        except (BitmapMalformed, KeyError):
            pass
        return message

    def encode(self, message: Message) -> bytes:
        """Return the bytes, fields in order, a secondary bitmap only where needed.

        Raises: FieldMalformed, naming the first field that is wrong.
        """
        mti = message.get(0)
        if mti is None:
            raise FieldMalformed(0, "absent")
        if not isinstance(mti, str):
            raise FieldMalformed(0, "type")
        if len(mti) != 4:
            raise FieldMalformed(0, "length")
        if not _CHARSETS["n"].issuperset(mti):
            raise FieldMalformed(0, "charset")
        numbers = sorted(number for number in message if number != 0)
        pieces: list[bytes] = []
        for number in numbers:
            field = self._fields.get(number)
            if field is None:
                raise FieldMalformed(number, "undefined")
            pieces.append(self._encode_field(field, message[number]))
        head = bytes.fromhex(mti) if self._encoding.packed else mti.encode("ascii")
        return b"".join((head, self.encode_bitmaps(numbers), *pieces))

    def encode_bitmaps(self, numbers: list[int]) -> bytes:
        """Return the bitmaps that announce these fields. Bit 1 is set exactly when there is a second one."""
        wide = any(number > 64 for number in numbers)
        bits = sum(1 << (128 - number) for number in numbers) | (wide << 127)
        bitmaps = bits.to_bytes(16, "big")[: 16 if wide else 8]
        return bitmaps if self._encoding.bitmap == "binary" else bitmaps.hex().upper().encode("ascii")

    def _decode_bitmaps(self, raw: bytes, position: int) -> tuple[list[int], int]:
        primary, position = self._decode_bitmap(raw, position)
        bits = primary << 64
        if primary >> 63:
            secondary, position = self._decode_bitmap(raw, position)
            bits |= secondary
        if bits >> 63 & 1:
            raise BitmapMalformed("tertiary")
        return [number for number in range(2, 129) if bits >> (128 - number) & 1], position

    def _decode_bitmap(self, raw: bytes, position: int) -> tuple[int, int]:
        end = position + self._encoding.bitmap_bytes
        bitmap = raw[position:end]
        if end > len(raw):
            raise BitmapMalformed("truncated")
        if self._encoding.bitmap == "binary":
            return int.from_bytes(bitmap, "big"), end
        text = bitmap.decode("latin-1")
        if not _HEXADECIMAL.issuperset(text):
            raise BitmapMalformed("charset")
        return int(text, 16), end

    def _decode_field(self, field: Field, raw: bytes, position: int) -> tuple[str | bytes, int]:
        length = field.length
        if field.prefix:
            length, position = self._decode_prefix(field, raw, position)
        if self._encoding.packed and field.kind in {"n", "z", "x+n"}:
            return _decode_packed(field, length, raw, position)
        end = position + length
        if end > len(raw):
            raise FieldMalformed(field.number, "truncated")
        if field.kind == "b":
            return raw[position:end], end
        text = raw[position:end].decode("latin-1")
        if field.number in FREE_TEXT:
            text = text.translate(_NO_CONTROLS)
        _check_charset(field, text)
        return text, end

    def _width(self, field: Field, raw: bytes, position: int) -> int:
        """Return the bytes of a field with its prefix. Raises: FieldMalformed for a prefix that is none."""
        length, start = field.length, position
        if field.prefix:
            length, start = self._decode_prefix(field, raw, position)
        if self._encoding.packed and field.kind in {"n", "z"}:
            length = (length + 1) // 2
        elif self._encoding.packed and field.kind == "x+n":
            length = 1 + length // 2
        return start - position + length

    def _decode_prefix(self, field: Field, raw: bytes, position: int) -> tuple[int, int]:
        end = position + self._encoding.prefix_bytes(field)
        if end > len(raw):
            raise FieldMalformed(field.number, "truncated")
        prefix = raw[position:end]
        digits = prefix.hex() if self._encoding.packed else prefix.decode("latin-1")
        if not _CHARSETS["n"].issuperset(digits) or not 1 <= int(digits) <= field.length:
            raise FieldMalformed(field.number, "length")
        return int(digits), end

    def _encode_field(self, field: Field, value: str | bytes) -> bytes:
        if not isinstance(value, bytes if field.kind == "b" else str):
            raise FieldMalformed(field.number, "type")
        length = len(value)
        if length > field.length or length == 0 or (not field.prefix and length != field.length):
            raise FieldMalformed(field.number, "length")
        if isinstance(value, str):
            _check_charset(field, value)
        prefix = b""
        if field.prefix and self._encoding.packed:
            prefix = bytes.fromhex(f"{length:0{2 * self._encoding.prefix_bytes(field)}}")
        elif field.prefix:
            prefix = f"{length:0{len(field.prefix)}}".encode("ascii")
        if isinstance(value, bytes):
            return prefix + value
        if self._encoding.packed and field.kind in {"n", "z", "x+n"}:
            return prefix + _encode_packed(field, value)
        return prefix + value.encode("latin-1")


def _check_charset(field: Field, text: str) -> None:
    if field.kind == "x+n":
        valid = text[0] in "CD" and _CHARSETS["n"].issuperset(text[1:])
    elif field.number in FREE_TEXT and field.kind == "ans":
        valid = _FREE_TEXT.issuperset(text)
    else:
        valid = _CHARSETS[field.kind].issuperset(text)
    if not valid:
        raise FieldMalformed(field.number, "charset")


def _decode_packed(field: Field, length: int, raw: bytes, position: int) -> tuple[str, int]:
    sign = ""
    if field.kind == "x+n":
        sign = raw[position : position + 1].decode("latin-1")
        position += 1
        length -= 1
    end = position + (length + 1) // 2
    if end > len(raw):
        raise FieldMalformed(field.number, "truncated")
    nibbles = raw[position:end].hex()
    if length % 2 and field.prefix:
        digits = nibbles[:-1] if nibbles[-1] == "f" else _without_zero(field, nibbles)
        filled = bool(digits)
        digits = digits or nibbles[:-1]
    elif length % 2:
        digits, filled = nibbles[1:], nibbles[0] == "0"
    else:
        digits, filled = nibbles, True
    if field.kind == "z":
        digits = digits.replace("d", "=")
    _check_charset(field, sign + digits)
    if not filled:
        raise FieldMalformed(field.number, "padding")
    return sign + digits, end


def _without_zero(field: Field, nibbles: str) -> str:
    """Return the digits of an odd number that a stock packager filled with a 0, left or right; empty in doubt.

    Where both ends could be the filling, the check digit of the card number decides, or nothing does.
    """
    readings = [
        digits
        for digits, filling in ((nibbles[1:], nibbles[0]), (nibbles[:-1], nibbles[-1]))
        if filling == "0"
    ]
    if field.number in _HOLD_A_CARD:
        readings = [digits for digits in readings if _is_card(digits.partition("d")[0])]
    return readings[0] if len(readings) == 1 else ""


def _is_card(digits: str) -> bool:
    return digits.isdecimal() and passes_check_digit(digits.encode("ascii"))


def _encode_packed(field: Field, value: str) -> bytes:
    sign = b""
    if field.kind == "x+n":
        sign, value = value[:1].encode("ascii"), value[1:]
    nibbles = value.replace("=", "D")
    if len(nibbles) % 2:
        nibbles = f"{nibbles}F" if field.prefix else f"0{nibbles}"
    return sign + bytes.fromhex(nibbles)
