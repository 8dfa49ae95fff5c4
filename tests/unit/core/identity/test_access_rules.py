"""Codes, passwords and browsers are judged without a clock or a network of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyotp.totp import TOTP

from core.identity.access import common_passwords
from core.identity.access.passwords import Passwords, common_hash
from core.identity.access.rules import (
    browser_and_system,
    recovery_code_typed,
    step_of,
    why_password_refused,
)
from core.identity.access.seal import FactorSeal, load_or_make_key
from core.identity.access.settings import access_settings
from observability.process import SettingRefused
from observability.secret_files import SecretUnusable

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime(2026, 11, 22, 10, 0, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


def test_a_code_is_good_for_its_step_and_its_neighbours_and_never_twice() -> None:
    for around, found in ((-2, None), (-1, STEP - 1), (0, STEP), (1, STEP + 1), (2, None)):
        code = TOTP(SECRET).at(NOW + timedelta(seconds=30 * around))
        assert step_of(SECRET, code, now=NOW, last_step=0) == found
    code = TOTP(SECRET).at(NOW)
    assert step_of(SECRET, f"{code[:3]} {code[3:]}", now=NOW, last_step=STEP - 1) == STEP
    assert step_of(SECRET, code, now=NOW, last_step=STEP) is None


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34 5"])
def test_what_is_not_six_digits_is_no_code(text: str) -> None:
    assert step_of(SECRET, text, now=NOW, last_step=0) is None


def test_a_recovery_code_may_be_typed_as_people_type() -> None:
    assert recovery_code_typed(" 7sbf-j4x5 k7so") == recovery_code_typed("7SBFJ4X5K7S0")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("onze lettre", "password_too_short"),
        ("sept girafes rangent la neige", None),
        ("é" * 3 + "ü" * 3 + "日本語です🦒", None),
        ("x y z " * 170 + "abcd", None),
        ("xyza" * 257, "password_too_long"),
        ("abababababababab", "password_common"),
        ("Ines@guichet.example", "password_common"),
    ],
)
def test_length_counts_and_composition_does_not(password: str, why: str | None) -> None:
    assert why_password_refused(password, email="ines@guichet.example", is_common=False) == why


@pytest.mark.parametrize(
    "password",
    ["motdepasse2026", "MotDePasse2026!", "password1234", "123456789012", "azertyuiop123", "administrateur1"],
)
def test_what_guessers_try_first_is_listed(password: str) -> None:
    assert common_hash(password) in Passwords().common


def test_the_shipped_list_is_the_one_that_the_rules_make() -> None:
    shipped = Path(common_passwords.__file__).with_name("common_passwords.bin").read_bytes()
    assert shipped == common_passwords.as_bytes()
    assert len(shipped) // 6 > 10_000


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0",
            ("Edge", "Windows"),
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        ("", ("", "")),
    ],
)
def test_a_browser_is_named_in_plain_words(agent: str, named: tuple[str, str]) -> None:
    assert browser_and_system(agent) == named


def test_a_sealed_secret_opens_for_its_agent_and_its_key_only() -> None:
    seal = FactorSeal(bytes(32))
    sealed = seal.seal(b"a" * 16, b"secret")
    assert b"secret" not in sealed
    assert seal.unseal(b"a" * 16, sealed) == b"secret"
    assert seal.unseal(b"b" * 16, sealed) is None
    assert FactorSeal(b"1" * 32).unseal(b"a" * 16, sealed) is None
    assert seal.unseal(b"a" * 16, b"short") is None


def test_the_key_is_made_once_for_its_owner_only_and_refused_when_others_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "factor-key"
    key = load_or_make_key(file)
    assert load_or_make_key(file) == key
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(SecretUnusable):
        load_or_make_key(file)


@pytest.mark.parametrize(
    "bad",
    [
        {"GUICHET_PORTAL_URL": "agents.example"},
        {"GUICHET_OIDC_ISSUER": "http://idp.example"},
        {"GUICHET_OIDC_ISSUER": "https://idp.example", "GUICHET_OIDC_CLIENT_ID": "guichet"},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_refused(tmp_path: Path, bad: dict[str, str]) -> None:
    with pytest.raises(SettingRefused):
        access_settings({"GUICHET_DATA": str(tmp_path), **bad})
