"""A card number is known however it is written, and nothing that merchants are known by is taken for one."""

from __future__ import annotations

import random
import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from core.values.card_numbers import (
    bin_shown,
    find_card_numbers,
    hide_card_numbers,
    hide_possible_card_numbers,
    holds_card_number,
    mask_card_number,
    passes_check_digit,
)


@pytest.mark.parametrize(
    "text",
    [
        "4970101234567893",
        "Carte 4970 1012 3456 7893 refusée",
        "4970-1012-3456-7893.",
        "n°4970.1012.3456.7893 exp 12/29",
        "4970\u202f1012\u202f3456\u202f7893 1229",
        "5555 5555 5555 4444",
        "378282246310005",
        "3782 822463 10005",
        "30569309025904 de passage",
        "2223003122003222",
        "06 12 34 56 78 puis 4111 1111 1111 1111",
        "A4111111111111111Z",
        "N4111111111111111",
        "x4111111111111111",
        "carte c4111111111111111 exp 12/29",
        "4111111111111111abcd",
        "4111111111111111deadbeef",
        "411111.1111111111",
        "12.4111111111111111",
        "pan_00000000004111111111111111",
        "txn_00000000004111111111111111",
        "txn_4111111111111111aaaaaaaaaa",
        "2026-11-284111111111111111",
        "à 10:10:104111111111111111",
        "0004111111111111111",
    ],
)
def test_a_card_number_is_found(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4970101234567894",
        "·· 7893",
        "497010 ****** 7893",
        "SIRET 380 129 866 00014",
        "38012986600014",
        "FR76 4255 9100 0008 0123 4567 890",
        "DE89 3704 0044 0532 0130 00",
        "txn_01m81fbzfqe90rcgwqmv3s356j",
        "2026-11-22T11:15:45.334123Z",
        "+33 1 42 68 53 00, +33 6 12 34 56 78",
        "0.4111111111111111",
        "trace=4111111111111111abcdef0123456789",
        "transition sas 900000019 fr25900000019 75012 paris",
        "512345675 75002",
        "refund 01a22398305272138220527ee0823301 given back",  # an identifier of ours, in hexadecimal
        "agent 01a223a64616721381738759e3443439",
    ],
)
def test_what_is_no_card_passes(text: str) -> None:
    assert not holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "a4111111111111111b12",
        "01a12a4111111111111111b123456789",  # as long as an identifier, and of another version than ours
    ],
)
def test_other_hexadecimal_digits_with_few_letters_do_not_hide_a_card_number(text: str) -> None:
    assert holds_card_number(text)


def test_the_check_digit_agrees_with_another_implementation() -> None:
    for number in range(0, 10_000_000, 991):
        digits = f"{number:07d}"
        assert passes_check_digit(digits.encode()) == luhn.is_valid(digits)


def grouped(separator: str, pan: str = "4111111111111111") -> str:
    """Write a card number in fours."""
    return separator.join(pan[start : start + 4] for start in range(0, len(pan), 4))


def in_digits_from(zero: str, pan: str = "4111111111111111") -> str:
    """Write a card number in the digits of another script."""
    return "".join(chr(ord(zero) + int(digit)) for digit in pan)


DISGUISES = {
    "two blanks": grouped("  "),
    "points": grouped("."),
    "slashes": grouped("/"),
    "underscores": grouped("_"),
    "dashes of a typesetter": grouped(" – "),
    "commas": grouped(", "),
    "non-breaking blanks": grouped("\u00a0"),
    "narrow blanks": grouped("\u202f"),
    "invisible marks": grouped("\u200b"),
    "marks inside groups": "\u2060".join("4111111111111111"),
    "soft hyphens": grouped("\u00ad"),
    "lines": grouped("\n"),
    "lines of Windows": grouped("\r\n"),
    "tabs": grouped("\t"),
    "blanks that count as letters": grouped("\u3164"),
    "mixed signs": "4111 1111-1111.1111",
    "letters": grouped("x"),
    "pairs": "41 11 11 11 11 11 11 11",
    "one by one": " ".join("4111111111111111"),
    "BIN apart": "411111 1111111111",
    "uneven slashes": "41/1111/111111/1111",
    "wide digits": in_digits_from("０"),
    "Arabic digits": in_digits_from("٠"),
    "bold digits": in_digits_from("𝟎"),
    "digits with keycaps": "".join(f"{digit}\ufe0f\u20e3" for digit in "4111111111111111"),
    "as in an address": grouped("%20"),
    "behind a percent sign": "100%" + grouped(""),
    "behind a backslash": "\\" + grouped(""),
    "digits escaped": "".join(f"%3{digit}" for digit in "4111111111111111"),
    "as in JSON": grouped("\\n"),
    "as in JSON, any sign": grouped("\\u202f"),
    "as in HTML": grouped("&nbsp;"),
    "words around": "CARD4111111111111111EXP1229",
    "expiry behind": "41111111111111111229",
    "track 1": "B4111111111111111^DUPONT/ANNE^3012101",
    "track 2": "4111111111111111D30121011234567890",
    "chip data": "5F2A0209785A0841111111111111115F3401019F2608AABBCCDDEEFF0011",
    "chip data, track": "9F3602001F57134111111111111111D30121011234567890FAABBCCDD",
    "Maestro of twelve": "6759 6498 2648",
    "Visa of thirteen": "4222 222 222 222",
    "Diners": "3056-930902-5904",
    "UnionPay of nineteen": "6221 2612 3456 7890 129",
    "an account that is none": f"FR76 {grouped(' ')}",
    "a telephone that is none": f"+{grouped(' ')}",
    "behind a date": f"2026-11-28 {grouped(' ')}",
}


@pytest.mark.parametrize("written", DISGUISES.values(), ids=DISGUISES.keys())
def test_no_disguise_hides_a_card_number(written: str) -> None:
    for text in (written, f"Carte {written}, le client attend"):
        assert holds_card_number(text)
        for hidden in (hide_card_numbers(text), hide_possible_card_numbers(text)):
            assert not holds_card_number(hidden)
            assert len(hidden) == len(text)


def siret(r: random.Random) -> str:
    """Draw the number of a shop, as people group it."""
    body = f"{r.randint(10_000_000, 99_999_999)}"
    body += luhn.calc_check_digit(body) + f"{r.randint(1, 9999):04d}"
    whole = body + luhn.calc_check_digit(body)
    return f"SIRET {whole[:3]} {whole[3:6]} {whole[6:9]} {whole[9:]}"


def iban(r: random.Random) -> str:
    """Draw a French account, as people group it."""
    bank, branch, account = r.randint(10_000, 99_999), r.randint(0, 99_999), r.randint(0, 99_999_999_999)
    key = 97 - (89 * bank + 15 * branch + 3 * account) % 97
    rib = f"{bank}{branch:05d}{account:011d}{key:02d}"
    check = 98 - int(f"{rib}152700") % 97
    return f"Virement sur {grouped(' ', f'FR{check:02d}{rib}')} merci"


PLAIN = {
    "identifiers": lambda r: str(uuid.UUID(int=r.getrandbits(128), version=4)),
    "trace": lambda r: f"{r.getrandbits(256):064x}",
    "references": lambda r: (
        f"{r.randint(0, 9)}{r.randint(1, 366):03d}{r.randint(0, 23):02d}{r.randint(0, 999999):06d}"
    ),
    "times": lambda r: (
        f"2026-{r.randint(1, 12):02d}-27 1{r.randint(0, 9)}:15:45.{r.randint(0, 999999):06d}+00:00"
    ),
    "microseconds": lambda r: str(r.randint(1_600_000_000_000_000, 1_999_999_999_999_999)),
    "telephones": lambda r: f"06 {' '.join(f'{r.randint(0, 99):02d}' for _ in range(4))} / 01 42 68 53 00",
    "German telephones": lambda r: f"+49 15{r.randint(0, 9)} {r.randint(1_000_000, 99_999_999)}",
    "decimals": lambda r: repr(r.random() * 10),
    "SIRET": siret,
    "IBAN": iban,
    "amounts": lambda r: " ".join(
        f"{r.randint(1, 999)} {r.randint(0, 999):03d},{r.randint(0, 99):02d} €" for _ in range(5)
    ),
    "quantities": lambda r: ", ".join(str(r.randint(1, 999)) for _ in range(8)),
    "field 90": lambda r: (
        f"0200/{r.randint(0, 999999):06d}/1127{r.randint(0, 235959):06d}/00000012345/00000000000"
    ),
}


@pytest.mark.parametrize("kind", PLAIN)
def test_numbers_that_are_known_by_their_shape_are_no_cards(kind: str) -> None:
    draw = random.Random(8)
    taken = [text for text in (PLAIN[kind](draw) for _ in range(5_000)) if holds_card_number(text)]
    assert taken == []


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(
        alphabet=st.sampled_from("0123456789012345678901234567890123456789 -./x\u200b,٤"), max_size=60
    )
)
def test_what_is_hidden_for_machines_holds_nothing_that_people_are_refused_for(text: str) -> None:
    assert not holds_card_number(hide_possible_card_numbers(text))
    assert not holds_card_number(hide_card_numbers(text))


def test_a_text_of_digits_costs_no_more_than_its_length() -> None:
    for text in ("5 " * 32_000, "5" * 64_000, "4111x" * 12_000, "%34" * 20_000, "6 66 " * 12_000):
        started = time.process_time()
        find_card_numbers(text)
        hide_possible_card_numbers(text)
        assert time.process_time() - started < 2.0


@pytest.mark.parametrize(
    ("pan", "first", "masked"),
    [
        ("675964982648", "", "************"),
        ("4222222222222", "422222", "422222***2222"),
        ("378282246310005", "378282", "378282*****0005"),
        ("4111111111111111", "411111", "411111******1111"),
        ("6221261234567890129", "622126", "622126*********0129"),
    ],
)
def test_at_most_six_digits_and_four_are_shown_and_of_twelve_none_but_the_last(
    pan: str, first: str, masked: str
) -> None:
    assert (bin_shown(pan), mask_card_number(pan)) == (first, masked)


def test_people_see_the_last_four_of_what_was_hidden() -> None:
    assert hide_card_numbers("Carte 4111.1111.1111.1111, vue") == "Carte ****.****.****.1111, vue"
