"""What looks like a card number is found, and what only looks a little like one is not."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from core.contracts.payment import Authorise, Book, Reverse, SealedCard
from core.values.card_numbers import holds_card_number
from core.verify import cards
from core.verify.cards import card_numbers, holds_card, scan_files


@pytest.mark.parametrize(
    "text",
    [
        b"4111111111111111",
        b"pan=5555555555554444;",
        b"\xb04970101234567893\xa2",
        b"378282246310005",
        b"2223003122003222",
        b"track2 4111111111111111=30121011",
        b"track2 4111111111111111D30121011",
    ],
)
def test_a_card_number_is_found(text: bytes) -> None:
    assert len(list(card_numbers(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        b"4111111111111112",  # another check digit
        b"670063\t1128124742",  # two columns of a file
        b"670063\n1128124742",  # two lines
        b"1795323456789016",  # microseconds
        b"94111111111111111",  # longer
        b"0200000123112205020000000000000000000000042",  # data element 90
        b"019a4111111111111111abcd",  # an identifier in hexadecimal
        b"90000001700015",  # a SIRET
    ],
)
def test_other_digits_are_not(text: bytes) -> None:
    assert list(card_numbers(text)) == []


def test_a_number_across_two_reads_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "_CHUNK_BYTES", 64)
    for before in range(30, 140):
        (tmp_path / "log").write_bytes(b" " * before + b"4111111111111111" + b" " * 100)
        finding = scan_files([tmp_path])
        assert (finding.checked, finding.breaches) == (1, 1), before
        assert finding.examples[0].endswith(f"at byte {before}")


def test_a_large_file_is_read_at_both_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "FILE_BYTES_MAX", 400)
    number = b" 4111111111111111 "
    (tmp_path / "log").write_bytes(number + b" " * 1_000 + number + b" " * 1_000 + number)
    finding = scan_files([tmp_path / "log"])
    assert finding.breaches == 2
    assert finding.note == "1 files read at both ends only"


def test_a_siret_that_begins_like_a_card_is_none_and_a_card_of_its_length_is_one() -> None:
    assert not list(card_numbers(b"siret 30123456300015"))
    assert list(card_numbers(b"card 30123456789019")) == [5]


@pytest.mark.parametrize(
    "written",
    [
        b'{"event":"x","text":"4111\\n1111\\n1111\\n1111"}',
        '{"text":"4111\u202f1111\u202f1111\u202f1111"}'.encode(),
        b'{"text":"4111\\u202f1111\\u202f1111\\u202f1111"}',
        b"GET /v1/search?q=4111%201111%201111%201111",
        b"\xff\xfe 4111\xc2\xa01111\xc2\xa01111\xc2\xa01111 \xff",
        b"stream \x00\x02 4111.1111.1111.1111 \x93\xff",
    ],
)
def test_a_card_number_in_a_file_is_found_however_it_is_written(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "log").write_bytes(b"before " + written + b" behind")
    assert scan_files([tmp_path]).breaches == 1


_ID = bytes(range(16))


def _message(**changes: object) -> bytes:
    """Return a payment as a dead letter keeps it, in a list of one."""
    card = SealedCard(b"\x01" * 45, 0, "497010", "7893", "3012", 1)
    fields: dict[str, object] = dict.fromkeys(Authorise.__struct_fields__, "")
    fields |= {"id": _ID, "terminal_id": _ID, "card": card, "body_hash": 0} | changes
    return msgspec.msgpack.encode([[fields[name] for name in Authorise.__struct_fields__]])


def test_keyed_hashes_of_a_message_that_was_kept_are_no_card_numbers() -> None:
    draw = random.Random(8)
    hashes = [draw.getrandbits(64) - 2**63 for _ in range(2_000)]
    alike = [value for value in hashes if holds_card_number(str(value))]
    assert len(alike) > 50
    assert Book.__struct_fields__.index("body_hash") == Authorise.__struct_fields__.index("body_hash")
    for value in alike:
        card = SealedCard(b"\x01" * 45, value, "497010", "7893", "3012", 1)
        assert not holds_card(_message(body_hash=value, card=card))


@pytest.mark.parametrize("field", ["stan", "amount_minor", "entry_mode", "original_rrn", "body_hash"])
def test_a_card_number_in_any_other_place_of_a_message_is_found(field: str) -> None:
    assert holds_card(_message(**{field: 4_970_101_234_567_893}))
    assert holds_card(_message(**{field: "4970101234567893"}))


def test_a_terminals_own_reference_is_no_card_number_where_a_message_has_its_reference() -> None:
    alike = "675964982648"
    assert holds_card(alike)
    assert not holds_card(_message(original_rrn=alike))
    assert holds_card(_message(entry_mode=alike))
    for struct in (Book, Reverse):
        fields: dict[str, object] = dict.fromkeys(struct.__struct_fields__, "")
        fields |= {"id": _ID, "terminal_id": _ID, "original_rrn": alike}
        assert not holds_card(msgspec.msgpack.encode([fields[name] for name in struct.__struct_fields__]))
