"""A card number in any field of any dialect is stored nowhere: neither in the mask nor behind it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from core.values.card_numbers import holds_card_number
from core.verify.cards import holds_card
from edge.dialects import DIALECTS
from edge.keys import SoftwareSecurityModule
from edge.protocol.field import Field, Message
from edge.protocol.tlv import encode_tlv
from edge.translate.masked import masked_bytes

PAN = "4111111111111111"
SHORT = "675964982648"
KEYS = SoftwareSecurityModule(
    card_keys={1: bytes(32)}, sensitive_keys={1: bytes(range(32))}, fingerprint_key=bytes(32)
)


def grouped(separator: str) -> str:
    """Write the number in fours."""
    return separator.join(PAN[start : start + 4] for start in range(0, 16, 4))


DISGUISES = (
    PAN,
    "378282246310005",
    SHORT,
    grouped(" "),
    grouped("."),
    grouped("  "),
    grouped("/"),
    grouped("-"),
    grouped("_"),
    grouped(", "),
    grouped("x"),
    grouped("%20"),
    f"CARD {grouped('.')}",
    f"PAN{PAN}EXP1229",
    f"0016{PAN}1229",
    f"{PAN}=30121011",
    f"5A08{PAN}5F340101",
    f"1234567{PAN}7654321",
    " ".join(PAN),
)


def filled(field: Field) -> Iterator[str]:
    """Yield what of the disguises the field can carry."""
    for written in DISGUISES:
        if field.kind == "b":
            continue
        value = written if field.kind == "ans" else "".join(sign for sign in written if sign.isalnum())
        if field.kind in {"n", "z", "x+n"}:
            value = "".join(sign for sign in value if sign.isdigit())
        if field.kind == "x+n":
            if len(value) < field.length:
                yield f"C{value.zfill(field.length - 1)}"
            continue
        if written == SHORT and field.length == len(SHORT):
            continue  # An amount, a reference, a time: nothing tells twelve digits there from a card's.
        fill = " " if field.kind in {"an", "ans"} else "0"
        for whole in (value.ljust(field.length, fill), value.rjust(field.length, fill)):
            if len(value) <= field.length:
                yield value if field.prefix else whole


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_field_of_a_dialect_stores_a_card_number(dialect: str) -> None:
    codec = DIALECTS[dialect]
    tried, kept = 0, []
    for number, field in codec.fields.items():
        for value in filled(field):
            sent: Message = {0: "0200", 11: "000001", number: value}
            # As it arrives: only what a terminal can put on the wire counts.
            arrived = codec.decode(codec.encode(dict(sorted(sent.items()))))
            stored = masked_bytes(arrived)
            tried += 1
            shown = msgspec.msgpack.decode(stored).get(number, "")
            if holds_card(stored) or PAN in shown or (holds_card_number(value) and value in shown):
                kept.append((number, value))
    assert tried > 300
    assert kept == []


@pytest.mark.parametrize(
    "tag", ["57", "5A", "9F6B", "9F12", "9F10", "50", "84", "70", "E1", "DF8129", "5F20", "9F1F"]
)
@pytest.mark.parametrize("spelt", ["packed", "characters", "nested"])
def test_no_tag_of_chip_data_stores_a_card_number(tag: str, spelt: str) -> None:
    value = PAN.encode() if spelt == "characters" else bytes.fromhex(PAN)
    if spelt == "nested":
        value = encode_tlv({"5A": value, "57": bytes.fromhex(f"{PAN}D30122010000F"[:24])})
    stored = masked_bytes({0: "0200", 55: encode_tlv({"9F36": b"\x00\x01", tag: value})})
    assert not holds_card(stored)
    assert PAN not in str(stored)
    assert PAN.encode().hex() not in str(stored)
    assert b"9F36=0001" in stored


def test_bytes_of_a_field_that_spell_a_number_are_hidden() -> None:
    stored = msgspec.msgpack.decode(masked_bytes({0: "0200", 64: bytes.fromhex(PAN), 120: PAN.encode()}))
    assert stored["64" if "64" in stored else 64] == "*" * 16
    assert stored[120] == "***"


@pytest.mark.parametrize(("pan", "shown"), [(SHORT, ("", "2648")), (PAN, ("411111", "1111"))])
def test_a_sealed_card_of_twelve_digits_shows_four_and_not_ten(pan: str, shown: tuple[str, str]) -> None:
    card = KEYS.seal_card(pan, "3012")
    assert (card.bin, card.last_four) == shown
