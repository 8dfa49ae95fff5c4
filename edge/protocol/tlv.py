"""BER-TLV as chip cards write it in field 55: tag, length, value, one after another.

Tags are upper-case hexadecimal (`9F26`). Constructed values are kept whole, as bytes: a template's content is another
TLV string, for whoever needs it.

Source: EMV 4.3 book 3, annex B; ISO/IEC 8825-1.
"""

from collections.abc import Mapping

from edge.protocol.errors import TlvMalformed
from edge.protocol.limits import TLV_BYTES_MAX, TLV_ELEMENTS_MAX

_TAG_BYTES_MAX = 3
_LONGER_TAG = 0x1F  # The low five bits of a first byte that more tag bytes follow.


def decode_tlv(raw: bytes) -> dict[str, bytes]:
    """Return values by tag, in the order of the wire. Padding bytes 00 between elements are skipped.

    Raises: TlvMalformed, for a string above the limits, cut short, with a repeated tag, or with a length that does
    not have the definite form of at most two bytes.
    """
    end = len(raw)
    if end > TLV_BYTES_MAX:
        raise TlvMalformed("limit")
    elements: dict[str, bytes] = {}
    position = 0
    while position < end:
        if raw[position] == 0:
            position += 1
            continue
        tag, position = _decode_tag(raw, position)
        length, position = _decode_length(raw, position)
        stop = position + length
        if stop > end:
            raise TlvMalformed("truncated")
        if tag in elements:
            raise TlvMalformed("duplicate")
        if len(elements) == TLV_ELEMENTS_MAX:
            raise TlvMalformed("limit")
        elements[tag] = raw[position:stop]
        position = stop
    return elements


def encode_tlv(elements: Mapping[str, bytes]) -> bytes:
    """Return the elements as one TLV string, in the order given. Raises: TlvMalformed."""
    if len(elements) > TLV_ELEMENTS_MAX:
        raise TlvMalformed("limit")
    pieces: list[bytes] = []
    for tag, value in elements.items():
        try:
            raw_tag = bytes.fromhex(tag)
        except ValueError:
            raise TlvMalformed("tag") from None
        if not raw_tag or _decode_tag(raw_tag, 0) != (tag, len(raw_tag)):
            raise TlvMalformed("tag")
        size = len(value)
        if size < 0x80:
            length = bytes((size,))
        elif size < 0x100:
            length = bytes((0x81, size))
        else:
            length = b"\x82" + min(size, 0xFFFF).to_bytes(2, "big")
        pieces += (raw_tag, length, value)
    raw = b"".join(pieces)
    if len(raw) > TLV_BYTES_MAX:
        raise TlvMalformed("limit")
    return raw


def _decode_tag(raw: bytes, start: int) -> tuple[str, int]:
    if raw[start] == 0:
        raise TlvMalformed("tag")
    stop = start + 1
    if raw[start] & _LONGER_TAG == _LONGER_TAG:
        while True:
            if stop >= len(raw):
                raise TlvMalformed("truncated")
            if stop - start == _TAG_BYTES_MAX:
                raise TlvMalformed("tag")
            stop += 1
            if raw[stop - 1] < 0x80:
                break
    return raw[start:stop].hex().upper(), stop


def _decode_length(raw: bytes, start: int) -> tuple[int, int]:
    if start >= len(raw):
        raise TlvMalformed("truncated")
    first = raw[start]
    if first < 0x80:
        return first, start + 1
    size = first - 0x80
    if size not in {1, 2}:
        raise TlvMalformed("length")
    stop = start + 1 + size
    if stop > len(raw):
        raise TlvMalformed("truncated")
    return int.from_bytes(raw[start + 1 : stop], "big"), stop
