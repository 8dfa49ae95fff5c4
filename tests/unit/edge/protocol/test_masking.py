"""A described message is named field by field and holds no card number, whatever was sent."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.dialects import DIALECTS
from edge.protocol.field import Message
from edge.protocol.masking import HIDDEN, describe, mask_pan, scrub
from edge.protocol.tlv import encode_tlv
from perf.micro.codec import REQUEST
from tests.unit.edge.protocol.messages import messages

CODEC = DIALECTS["ascii1987"]


def luhn_valid(digits: str) -> bool:
    """The check of ISO/IEC 7812-1, written the textbook way."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def card_numbers(text: str) -> list[str]:
    """Every Luhn-valid stretch of 13 to 19 digits, also across single spaces and hyphens."""
    found: list[str] = []
    for run in re.findall(r"[0-9](?:[ -]?[0-9])*", text):
        digits = re.sub("[ -]", "", run)
        found += [
            digits[start : start + size]
            for size in range(13, 20)
            for start in range(len(digits) - size + 1)
            if luhn_valid(digits[start : start + size])
        ]
    return found


@st.composite
def pans(draw: st.DrawFn) -> str:
    """Draw a card number that passes its check."""
    body = draw(st.text("0123456789", min_size=12, max_size=18))
    return next(body + last for last in "0123456789" if luhn_valid(body + last))


def test_a_request_is_described_in_words() -> None:
    shown = {line["field"]: (line["name"], line["value"]) for line in describe(REQUEST, CODEC.names)}
    assert shown[0] == ("message type", "0200")
    assert shown[2] == ("primary account number", "411111******1111")
    assert shown[4] == ("amount", "000000001250")
    assert shown[35] == ("track 2", HIDDEN)
    assert shown[41] == ("terminal identifier", "TERM0001")
    assert list(shown) == list(REQUEST)


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_no_described_message_holds_a_card_number(dialect: str, data: st.DataObject) -> None:
    codec = DIALECTS[dialect]
    message = data.draw(messages(codec))
    for line in describe(message, codec.names):
        assert card_numbers(line["value"]) == []


@settings(max_examples=120, deadline=None)
@given(
    pan=pans(),
    separator=st.sampled_from(["", " ", "-"]),
    before=st.text(max_size=8),
    after=st.text(max_size=8),
    field=st.sampled_from(
        [34, 35, 36, 43, 44, 45, 46, 47, 48, 54, 56, 60, 61, 62, 63, 90, 95, 98, 101, 102, 103, 104]
    ),
)
def test_a_card_number_in_any_text_field_does_not_get_out(
    pan: str, separator: str, before: str, after: str, field: int
) -> None:
    spaced = separator.join(pan[start : start + 4] for start in range(0, len(pan), 4))
    shown = json.dumps(describe({0: "0200", field: before + spaced + after}, CODEC.names), ensure_ascii=False)
    assert spaced not in shown
    assert [card for card in card_numbers(shown) if card in pan] == []


@given(
    pan=pans(),
    tag=st.sampled_from(["57", "5A", "5F20", "56", "9F6B", "9F1F", "9F20", "99", "DF01", "9F10", "84"]),
)
def test_chip_data_does_not_let_a_card_number_out(pan: str, tag: str) -> None:
    value = bytes.fromhex(pan + "F" * (len(pan) % 2))
    message: Message = {0: "0200", 55: encode_tlv({"9F36": b"\x00\x01", tag: value, "9A": b"\x26\x11\x22"})}
    (_, line) = describe(message, CODEC.names)
    assert card_numbers(line["value"]) == []
    assert pan not in line["value"]
    assert "9F36=0001" in line["value"]
    assert "9A=261122" in line["value"]


def test_sensitive_tags_and_broken_chip_data_are_hidden() -> None:
    raw = encode_tlv({"57": b"\x41\x11", "5A": b"\x41\x11", "9F27": b"\x80"})
    assert describe({0: "0200", 55: raw}, CODEC.names)[1]["value"] == f"57={HIDDEN}; 5A={HIDDEN}; 9F27=80"
    assert describe({0: "0200", 55: b"\x9f"}, CODEC.names)[1]["value"] == f"{HIDDEN} (truncated)"


def test_secrets_leave_nothing_behind() -> None:
    message: Message = {0: "0200", 45: "B4111", 48: "123", 52: b"\x01" * 8, 53: "2001010100000000"}
    assert [line["value"] for line in describe(message, CODEC.names)][1:] == [HIDDEN] * 4


def test_fields_of_parts_stay_readable() -> None:
    message: Message = {
        0: "0420",
        54: "0002978C0000000012500001978D000000000100",
        88: "0000000000125000",
        90: "020000012311221015300000001234500000000000",
        97: "D0000000000122000",
    }
    assert [line["value"] for line in describe(message, CODEC.names)][1:] == [
        "00/02/978/C/000000001250/00/01/978/D/000000000100",
        "125000",
        "0200/000123/1122101530/00000012345/00000000000",
        "D122000",
    ]


@pytest.mark.parametrize(
    ("pan", "shown"),
    [
        ("4111111111111111", "411111******1111"),
        ("411111111111", "************"),
        ("4222222222222", "422222***2222"),
    ],
)
def test_a_masked_card_number_keeps_six_and_four(pan: str, shown: str) -> None:
    assert mask_pan(pan) == shown


def test_scrub_leaves_what_is_no_card_number() -> None:
    assert scrub("order 1234567890123 of 2026-11-22") == "order 1234567890123 of 2026-11-22"
    assert scrub("card 4111 1111 1111 1111 ok") == "card **** **** **** **** ok"


def test_an_undefined_field_is_still_masked() -> None:
    assert describe({0: "0200", 120: "4111111111111111"}, CODEC.names)[1] == {
        "field": 120,
        "name": "",
        "value": "*" * 16,
    }
