"""Cards are sealed so that only edge opens them."""

import hmac
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.states import Brand
from deploy.sandbox.simulators.cards import CARDS
from edge.keys import KeysRefused, SealBroken, SoftwareSecurityModule
from edge.keys.brands import brand_of

PAN = CARDS["approve-visa"].pan


@pytest.fixture
def module(tmp_path: Path) -> SoftwareSecurityModule:
    return SoftwareSecurityModule.open_folder(tmp_path / "keys")


def test_a_sealed_card_opens_and_shows_only_what_may_be_shown(module: SoftwareSecurityModule) -> None:
    card = module.seal_card(PAN, "3012")
    assert module.open_card(card.ciphertext) == PAN
    assert PAN.encode() not in card.ciphertext
    assert (card.bin, card.last_four, card.expiry, card.brand) == (PAN[:6], PAN[-4:], "3012", Brand.VISA)
    assert -(2**63) <= card.fingerprint < 2**63


def test_equal_cards_have_equal_fingerprints_and_different_ciphertexts(
    module: SoftwareSecurityModule,
) -> None:
    first, second = module.seal_card(PAN, ""), module.seal_card(PAN, "3012")
    other = module.seal_card(CARDS["approve-amex"].pan, "")
    assert first.fingerprint == second.fingerprint != other.fingerprint
    assert first.ciphertext != second.ciphertext


def test_the_fingerprint_is_the_first_half_of_an_hmac() -> None:
    key = bytes(range(32))
    module = SoftwareSecurityModule(
        card_keys={1: bytes(32)}, sensitive_keys={1: bytes(32)}, fingerprint_key=key
    )
    expected = hmac.digest(key, PAN.encode(), "sha256")[:8]
    assert module.seal_card(PAN, "").fingerprint == int.from_bytes(expected, "big", signed=True)


def test_another_installation_has_other_fingerprints_and_opens_nothing(
    module: SoftwareSecurityModule, tmp_path: Path
) -> None:
    other = SoftwareSecurityModule.open_folder(tmp_path / "other")
    assert other.seal_card(PAN, "").fingerprint != module.seal_card(PAN, "").fingerprint
    with pytest.raises(SealBroken):
        other.open_card(module.seal_card(PAN, "").ciphertext)


def test_keys_outlive_a_restart(module: SoftwareSecurityModule, tmp_path: Path) -> None:
    card = module.seal_card(PAN, "")
    again = SoftwareSecurityModule.open_folder(tmp_path / "keys")
    assert again.open_card(card.ciphertext) == PAN
    assert again.seal_card(PAN, "").fingerprint == card.fingerprint


def test_a_second_key_version_seals_and_the_first_still_opens(
    module: SoftwareSecurityModule, tmp_path: Path
) -> None:
    old = module.seal_card(PAN, "")
    for name in ("card-2.key", "sensitive-2.key"):
        path = tmp_path / "keys" / name
        path.touch(mode=0o600)
        path.write_text(os.urandom(32).hex())
    newer = SoftwareSecurityModule.open_folder(tmp_path / "keys")
    sealed = newer.seal_card(PAN, "")
    assert (old.ciphertext[0], sealed.ciphertext[0]) == (1, 2)
    assert newer.open_card(old.ciphertext) == newer.open_card(sealed.ciphertext) == PAN


@given(place=st.integers(min_value=0, max_value=44), bit=st.integers(min_value=0, max_value=7))
def test_one_altered_bit_breaks_the_seal(place: int, bit: int) -> None:
    module = SoftwareSecurityModule(
        card_keys={1: bytes(32)}, sensitive_keys={1: bytes(range(32))}, fingerprint_key=bytes(32)
    )
    sealed = bytearray(module.seal_card(PAN, "").ciphertext)
    sealed[place] ^= 1 << bit
    with pytest.raises(SealBroken):
        module.open_card(bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + bytes(12), bytes(60)])
def test_what_was_never_sealed_does_not_open(module: SoftwareSecurityModule, sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        module.open_card(sealed)


def test_sensitive_fields_come_back_as_they_were(module: SoftwareSecurityModule) -> None:
    fields: dict[int, str | bytes] = {35: f"{PAN}=3012201", 52: bytes(8), 55: b"\x9f\x02"}
    sealed = module.seal_sensitive(fields)
    assert module.open_sensitive(sealed) == fields
    assert PAN.encode() not in sealed
    assert module.seal_sensitive({}) == b""
    assert module.open_sensitive(b"") == {}
    with pytest.raises(SealBroken):
        module.open_card(sealed)


def test_the_nonce_never_repeats_over_the_end_of_its_counter(module: SoftwareSecurityModule) -> None:
    module._counter = 0xFFFF_FFFE
    nonces = {module.seal_card(PAN, "").ciphertext[1:13] for _ in range(4)}
    assert len(nonces) == 4


def test_key_files_that_others_may_read_are_refused(module: SoftwareSecurityModule, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (folder / "card-1.key").chmod(0o640)
    with pytest.raises(KeysRefused, match=r"card-1\.key"):
        SoftwareSecurityModule.open_folder(folder)


@pytest.mark.parametrize("content", ["", "zz" * 32, "00" * 31])
def test_a_key_file_that_is_no_key_is_refused(
    module: SoftwareSecurityModule, tmp_path: Path, content: str
) -> None:
    (tmp_path / "keys" / "fingerprint.key").write_text(content)
    with pytest.raises(KeysRefused, match=r"fingerprint\.key"):
        SoftwareSecurityModule.open_folder(tmp_path / "keys")


@pytest.mark.parametrize(
    ("pan", "brand"),
    [
        ("4111111111111111", Brand.VISA),
        ("4970101234567890", Brand.CB),
        ("5555555555554444", Brand.MASTERCARD),
        ("2221000000000009", Brand.MASTERCARD),
        ("2720990000000000", Brand.MASTERCARD),
        ("2721000000000000", Brand.OTHER),
        ("378282246310005", Brand.AMEX),
        ("6011000000000004", Brand.OTHER),
        ("0000000000000000", Brand.OTHER),
    ],
)
def test_the_brand_is_read_from_the_first_digits(pan: str, brand: Brand) -> None:
    assert brand_of(pan) == brand
