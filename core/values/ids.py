"""Identifiers: UUID version 7 inside, a prefix and Crockford base32 outside (``txn_01j…``).

Source: RFC 9562 section 5.7 for UUIDv7; Crockford's base32 alphabet for the public form.
"""

import struct
from collections.abc import Callable
from typing import Final

PREFIXES: Final[dict[str, str]] = {}
"""Kind of thing -> prefix of its identifiers: each is declared once, by its class (`core/contracts/ids.py`)."""
_ALL_OTHERS: Final[list[Callable[[], object]]] = []

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
_UPPER_PAIRS = [pair.upper() for pair in _PAIRS]
# The lower 40 of the 48 bits of milliseconds, then version with sequence, then variant with randomness.
_RRN_PARTS = struct.Struct(">xBIHH").unpack_from
PREFIX_LETTERS: Final = 3
_UUID_DIGITS = 26
_PACK = struct.Struct(">QQ").pack
_RANDOM_MASK = (1 << 54) - 1
_STEP = 0x2545F4914F6CDD | 1
_RRN_BITS = 60
_RRN_DIGITS = 12


class IdMalformed(ValueError):
    """A public identifier that is not `prefix_` and 26 base32 digits of the expected prefix."""

    def __init__(self, *, expected_prefix: str) -> None:
        super().__init__(f"expected an identifier that looks like {expected_prefix}_01j…")
        self.expected_prefix = expected_prefix


class KindUnknown(LookupError):
    """A kind of thing whose identifiers nothing declares: a mistake of ours, never of whoever sent one."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no class of core/contracts declares the identifiers of {kind!r}")
        self.kind = kind


def declare_kind(kind: str, prefix: str) -> None:
    """Add a kind of thing. Raises: ValueError, when the kind or its prefix is another's already."""
    if kind in PREFIXES or prefix in PREFIXES.values() or len(prefix) != PREFIX_LETTERS:
        raise ValueError(f"the identifiers of {kind} cannot begin with {prefix}")
    PREFIXES[kind] = prefix


def declare_others_by(all_others: Callable[[], object]) -> None:
    """Have the kinds that are not declared yet declared when one of them is first asked for."""
    _ALL_OTHERS.append(all_others)


def uuid7(*, unix_ms: int, sequence: int, randomness: int) -> bytes:
    """Return 16 bytes: 48 bits of milliseconds, 12 bits of sequence, 62 bits of randomness.

    The first 8 bits of randomness also enter the retrieval reference number, see `rrn_of`.
    """
    value = (
        (unix_ms & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (sequence & 0xFFF) << 64
        | 0b10 << 62
        | (randomness & 0x3FFF_FFFF_FFFF_FFFF)
    )
    return value.to_bytes(16, "big")


class AttemptIds:
    """Identifiers of attempts, made one after the other by a process: UUIDv7 in the layout of `uuid7`, at a third of its cost.

    The reference number of an attempt holds its millisecond, its sequence and 8 bits of this process: 4096 ids a
    millisecond differ by sequence. The rest starts at random (`seed`, 62 bits) and steps: unique, and no secret.
    """

    __slots__ = ("_instance", "_random", "_sequence")

    def __init__(self, seed: int) -> None:
        self._instance = 0b10 << 62 | (seed >> 54 & 0xFF) << 54
        self._random = seed & _RANDOM_MASK
        self._sequence = 0

    def next(self, unix_us: int) -> bytes:
        """Return 16 bytes that sort by time."""
        self._sequence = sequence = (self._sequence + 1) & 0xFFF
        self._random = randomness = (self._random + _STEP) & _RANDOM_MASK
        return _PACK(unix_us // 1000 << 16 | 0x7000 | sequence, self._instance | randomness)


def lowest_id(unix_us: int) -> bytes:
    """Return the id below all others of the millisecond in which a moment falls; before 1970 there are none."""
    return uuid7(unix_ms=max(unix_us // 1000, 0), sequence=0, randomness=0)


def encode_id(kind: str, raw: bytes) -> str:
    """Return the public form of a 16-byte identifier, 26 base32 digits after the kind's prefix.

    Raises: KindUnknown.
    """
    prefix = PREFIXES.get(kind) or _find_prefix(kind)
    return f"{prefix}_{_encode_base32(int.from_bytes(raw, 'big'), _UUID_DIGITS)}"


def decode_id(kind: str, text: str) -> bytes:
    """Return the 16 bytes behind a public identifier of a kind.

    Raises: IdMalformed, KindUnknown.
    """
    prefix = PREFIXES.get(kind) or _find_prefix(kind)
    if text.partition("_")[0] != prefix:
        raise IdMalformed(expected_prefix=prefix)
    return decode_any_id(text)


def decode_any_id(text: str) -> bytes:
    """Return the 16 bytes behind a public identifier, whatever it is of.

    Raises: IdMalformed.
    """
    head, separator, digits = text.partition("_")
    if len(head) != PREFIX_LETTERS or not separator or len(digits) != _UUID_DIGITS:
        raise IdMalformed(expected_prefix=head)
    value = 0
    for digit in digits.lower():
        part = _VALUES.get(digit)
        if part is None:
            raise IdMalformed(expected_prefix=head)
        value = value << 5 | part
    if value >> 128:
        raise IdMalformed(expected_prefix=head)
    return value.to_bytes(16, "big")


def rrn_of(raw: bytes) -> str:
    """Return the 12-character retrieval reference number of an attempt.

    Shape: upper-case base32 of 40 bits of milliseconds, 12 bits of sequence and 8 bits of randomness, so that
    the reference finds its attempt by a range of the primary key and needs no index of its own.
    Source: ISO 8583:1987, data element 37 (an12).
    """
    high, low, sequence, instance = _RRN_PARTS(raw)
    # Ten bits a pair of digits: a payment makes one, and a loop over them takes three times as long.
    return (
        _UPPER_PAIRS[high << 2 | low >> 30]
        + _UPPER_PAIRS[low >> 20 & 0x3FF]
        + _UPPER_PAIRS[low >> 10 & 0x3FF]
        + _UPPER_PAIRS[low & 0x3FF]
        + _UPPER_PAIRS[sequence >> 2 & 0x3FF]
        + _UPPER_PAIRS[(sequence & 3) << 8 | instance >> 6 & 0xFF]
    )


def id_range_of_rrn(rrn: str, *, near_unix_ms: int) -> tuple[bytes, bytes] | None:
    """Return the lowest and highest identifier whose reference is `rrn`, or None if it is not one of ours.

    The reference holds 40 of 48 bits of the time; `near_unix_ms` supplies the rest (it wraps every 34 years).
    """
    if len(rrn) != _RRN_DIGITS:
        return None
    value = 0
    for digit in rrn.lower():
        part = _VALUES.get(digit)
        if part is None:
            return None
        value = value << 5 | part
    unix_ms = near_unix_ms & ~0xFF_FFFF_FFFF | value >> 20
    low = unix_ms << 80 | 0x7 << 76 | (value >> 8 & 0xFFF) << 64 | 0b10 << 62 | (value & 0xFF) << 54
    return low.to_bytes(16, "big"), (low | (1 << 54) - 1).to_bytes(16, "big")


def _find_prefix(kind: str) -> str:
    for all_others in _ALL_OTHERS:
        all_others()
    if kind not in PREFIXES:
        raise KindUnknown(kind)
    return PREFIXES[kind]


def _encode_base32(value: int, digits: int) -> str:
    parts = [""] * (digits // 2)
    for place in range(len(parts) - 1, -1, -1):
        parts[place] = _PAIRS[value & 0x3FF]
        value >>= 10
    return "".join(parts)
