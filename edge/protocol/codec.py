"""Messages to bytes and back, every field checked, at the speed of code written for the one message at hand.

Terminals send few shapes of message (sets of fields), again and again. A shape that has been read field by field a
few times gets a function of its own, compiled once; everything else, and every message that such a function doubts,
goes field by field. Both ways give the same answer, which a property test holds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from core.values.edition1987 import MALFUNCTION
from edge.protocol.field import Dialect, Field, Message
from edge.protocol.fieldwise import Fieldwise
from edge.protocol.limits import SHAPE_CANDIDATES_MAX, SHAPES_MAX
from edge.protocol.specialise import ShapeDecoder, ShapeEncoder, compile_decoder, compile_encoder

# Compiling costs as much as reading about fifty messages, so a peer must send a valid shape a few times to get one.
_SIGHTINGS_BEFORE_COMPILING: Final = 16

_Key = TypeVar("_Key", bytes, tuple[int, ...])
_Shape = TypeVar("_Shape")


class Codec:
    """The compiled form of a dialect.

    `decode(raw)` returns the message: key 0 the message type, four digits; str for text and digits, leading zeros
    kept; bytes for binary fields; keys in ascending order. Raises: MessageMalformed and its kinds.

    `encode(message)` returns the bytes; keys may come in any order and the bitmaps are made from them. Raises:
    FieldMalformed.

    `salvage(raw)` returns what can be read of a malformed message. Never raises.

    Source: ISO 8583:1987, clauses 4.2 (bitmaps) and 4.4 (data elements).
    """

    __slots__ = ("decode", "dialect", "encode", "fields", "names", "salvage")

    decode: Callable[[bytes], Message]
    encode: Callable[[Message], bytes]
    salvage: Callable[[bytes], Message]

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.fields: Mapping[int, Field] = {field.number: field for field in dialect.fields}
        self.names: Mapping[int, str] = {field.number: field.name for field in dialect.fields}
        self.decode = _decode_by_shape(dialect)
        self.encode = _encode_by_shape(dialect)
        self.salvage = Fieldwise(dialect).salvage


@dataclass(frozen=True, slots=True)
class TerminalDialect:
    """A dialect as terminals use it. Of another edition than 1987, messages are handled as those of 1987."""

    codec: Codec
    to_1987: Callable[[Message], Message] | None = None
    from_1987: Callable[[Message], Message] | None = None
    malfunction: str = MALFUNCTION  # Data element 39 of an answer that cannot be written whole.


def compile_dialect(dialect: Dialect) -> Codec:
    """Return the dialect's codec. Call it once, at import."""
    return Codec(dialect)


def _decode_by_shape(dialect: Dialect) -> Callable[[bytes], Message]:
    fieldwise = Fieldwise(dialect)
    start = dialect.encoding.mti_bytes
    end = start + dialect.encoding.bitmap_bytes
    wide_end = end + dialect.encoding.bitmap_bytes
    shapes: dict[bytes, ShapeDecoder] = {}
    # Apart, so that a message cut short inside its second bitmap cannot be taken for its own first one.
    wide_shapes: dict[bytes, ShapeDecoder] = {}
    sightings: dict[bytes, int] = {}

    def decode_wide(raw: bytes) -> Message | None:
        return wide_shapes[raw[:wide_end]](raw)

    def decode(raw: bytes) -> Message:
        try:
            message = shapes[raw[:end]](raw)
        except (KeyError, AttributeError):
            # A shape without its function yet, or a field that is not what it should be.
            message = None
        return message or decode_slowly(raw)

    def decode_slowly(raw: bytes) -> Message:
        message = fieldwise.decode(raw)
        primary, wide = raw[:end], raw[:wide_end]
        is_wide = raw[start] >= (0x80 if dialect.encoding.bitmap == "binary" else ord("8"))
        if wide in wide_shapes or (not is_wide and primary in shapes):
            return message  # Read so because its function doubted it.
        if _is_due(sightings, wide if is_wide else primary):
            _, *numbers = message
            shape = compile_decoder(dialect, str(message[0]), numbers, (wide_end if is_wide else end) - start)
            if is_wide:
                _keep(wide_shapes, wide, shape)
                shape = decode_wide
            _keep(shapes, primary, shape)
        return message

    return decode


def _encode_by_shape(dialect: Dialect) -> Callable[[Message], bytes]:
    fieldwise = Fieldwise(dialect)
    shapes: dict[tuple[int, ...], ShapeEncoder] = {}
    sightings: dict[tuple[int, ...], int] = {}

    def encode(message: Message) -> bytes:
        try:
            raw = shapes[tuple(message)](message.values())
        except (KeyError, TypeError, AttributeError, ValueError):
            # A shape without its function yet, or a value that cannot be what its field holds.
            raw = None
        return raw or encode_slowly(message)

    def encode_slowly(message: Message) -> bytes:
        raw = fieldwise.encode(message)
        keys = tuple(message)
        if _is_due(sightings, keys):
            _keep(shapes, keys, compile_encoder(dialect, keys))
        return raw

    return encode


def _is_due(sightings: dict[_Key, int], key: _Key) -> bool:
    """Count one sighting of a shape, and say whether it has earned its function."""
    seen = sightings.pop(key, 0) + 1
    if seen >= _SIGHTINGS_BEFORE_COMPILING:
        return True
    if len(sightings) >= SHAPE_CANDIDATES_MAX:
        sightings.clear()
    sightings[key] = seen
    return False


def _keep(shapes: dict[_Key, _Shape], key: _Key, shape: _Shape) -> None:
    """Keep a function, at the price of the oldest one where the cache is full."""
    shapes.pop(key, None)
    if len(shapes) >= SHAPES_MAX:
        del shapes[next(iter(shapes))]
    shapes[key] = shape
