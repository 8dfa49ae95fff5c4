"""What stock packagers of others write otherwise than we do, read where it can mean one thing only."""

from __future__ import annotations

from typing import Any

import iso8583
import pytest

from edge.dialects import DIALECTS
from edge.protocol.codec import compile_dialect
from edge.protocol.errors import FieldMalformed, TrailingBytes
from edge.protocol.field import Message
from edge.translate.masked import masked
from perf.micro.codec import oracle_specification

REPEATS = 20  # Past the compiling of a shape.
PURCHASE: dict[str, str] = {
    "t": "0200", "2": "4970101000000007", "3": "000000", "4": "000000001250", "7": "1128101500", "11": "000001",
    "41": "T0000001", "49": "978",
}  # fmt: skip
CAFE = "CAFÉ À LA CRÈME".ljust(38) + "FR"


def foreign(dialect: str, fields: dict[str, str], **encodings: dict[str, Any]) -> bytes:
    """Return a message by pyiso8583, some fields of it encoded otherwise."""
    specification = oracle_specification(DIALECTS[dialect].dialect)
    for number, changes in encodings.items():
        specification[number.lstrip("_")] = {**specification[number.lstrip("_")], **changes}
    raw, _ = iso8583.encode(dict(fields), specification)
    return bytes(raw)


def read(dialect: str, raw: bytes) -> Message:
    """Return the message, the same at every sighting."""
    codec = compile_dialect(DIALECTS[dialect].dialect)
    first = codec.decode(raw)
    assert all(codec.decode(raw) == first for _ in range(REPEATS))
    return first


@pytest.mark.parametrize("dialect", ["ascii1987", "bcd1987"])
def test_a_shop_may_be_named_with_its_accents(dialect: str) -> None:
    raw = foreign(dialect, {**PURCHASE, "43": CAFE}, _43={"data_enc": "latin-1"})
    message = read(dialect, raw)
    assert message[43] == CAFE
    assert DIALECTS[dialect].encode(message) == raw
    assert masked(message)[43] == CAFE


@pytest.mark.parametrize("number", ["48", "60", "63"])
def test_free_texts_take_the_upper_half_and_a_card_number_in_them_stays_hidden(number: str) -> None:
    text = "réf. 4111\xa01111\xa01111\xa01111"
    message = read(
        "ascii1987",
        foreign("ascii1987", {**PURCHASE, number: text}, **{f"_{number}": {"data_enc": "latin-1"}}),
    )
    assert message[int(number)] == text
    assert "1111" not in masked(message)[int(number)]


def test_control_characters_of_other_code_pages_become_question_marks_and_others_are_refused() -> None:
    raw = foreign("ascii1987", {**PURCHASE, "43": "CAFE" + " " * 36})
    assert read("ascii1987", raw.replace(b"CAFE ", "CAFÉ".encode()))[43] == "CAF\xc3?" + " " * 35
    with pytest.raises(FieldMalformed):
        DIALECTS["ascii1987"].decode(raw.replace(b"CAFE", b"CAF\x00"))


@pytest.mark.parametrize("number", ["41", "42", "2", "37"])
def test_what_decides_something_takes_no_accents(number: str) -> None:
    fields = {**PURCHASE, "37": "R00000000001", "42": "GCT000000000001"}
    raw = foreign(
        "ascii1987", {**fields, number: fields[number][:-1] + "é"}, **{f"_{number}": {"data_enc": "latin-1"}}
    )
    with pytest.raises(FieldMalformed) as caught:
        DIALECTS["ascii1987"].decode(raw)
    assert caught.value.field == int(number)


@pytest.mark.parametrize("blocks", [{"52"}, {"64"}, {"52", "64"}, {"52", "128"}, {"128"}])
@pytest.mark.parametrize("block", ["0123456789ABCDEF", "1234567890123456", "fedcba9876543210"])
def test_a_pin_block_and_an_authentication_code_may_come_as_hexadecimal_characters(
    blocks: set[str], block: str
) -> None:
    fields = {**PURCHASE, "60": "PA", **dict.fromkeys(blocks, block)}
    in_characters: dict[str, Any] = {"data_enc": "ascii", "max_len": 16}
    message = read("ascii1987", foreign("ascii1987", fields, **{f"_{n}": in_characters for n in blocks}))
    assert {message[int(number)] for number in blocks} == {bytes.fromhex(block)}
    assert message == read("ascii1987", foreign("ascii1987", fields)), "as bytes it is the same message"


def test_what_can_be_read_as_bytes_is_never_read_as_characters() -> None:
    message = read("ascii1987", foreign("ascii1987", {**PURCHASE, "64": b"01234567".hex()}))
    assert message[64] == b"01234567"
    with pytest.raises(TrailingBytes):
        DIALECTS["ascii1987"].decode(foreign("ascii1987", {**PURCHASE, "64": "00" * 8}) + b"00000000")


def packed(number: int, digits: str, nibbles: str) -> bytes:
    """Return a packed purchase whose field of an odd number of digits is filled as `nibbles` says."""
    message: Message = {0: PURCHASE["t"]}
    for key in ("3", "4", "7", "11", "41", "49"):
        message[int(key)] = PURCHASE[key]
    message[number] = digits
    raw = DIALECTS["bcd1987"].encode(message)
    ours = bytes.fromhex(digits.replace("=", "d") + "f")
    assert raw.count(ours) == 1
    return raw.replace(ours, bytes.fromhex(nibbles))


AMEX = "371449635398431"
TRACK = AMEX + "=30121010000012345"


@pytest.mark.parametrize(("number", "digits"), [(2, AMEX), (35, TRACK), (32, "12345678901"), (32, "971")])
def test_an_odd_number_filled_with_a_zero_is_read_by_its_check_digit(number: int, digits: str) -> None:
    nibbles = digits.replace("=", "d")
    for filled in (f"0{nibbles}", f"{nibbles}0", f"{nibbles}f"):
        assert read("bcd1987", packed(number, digits, filled))[number] == digits


@pytest.mark.parametrize(
    ("number", "digits", "nibbles"),
    [
        (2, AMEX, "0371449635398432"),  # The check digit is wrong.
        (2, AMEX, "0000000000000000"),  # Both readings pass.
        (2, AMEX, "1371449635398431"),  # Not filled with a zero.
        (32, "12345678901", "012345678900"),  # Either end, and no check digit to decide.
    ],
)
def test_what_could_be_either_or_is_no_card_is_refused(number: int, digits: str, nibbles: str) -> None:
    with pytest.raises(FieldMalformed) as caught:
        DIALECTS["bcd1987"].decode(packed(number, digits, nibbles))
    assert (caught.value.field, caught.value.problem) == (number, "padding")
