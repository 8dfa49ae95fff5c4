"""What an issuer's word means, who bears fraud, and which word decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.cards.authenticating.model import Standing, Verdict
from core.cards.authenticating.rules import judge, take_return
from core.contracts.states import Brand

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
PROOF = "AAABBJg0VhI0VniQEjRWAAAAAAA="


def verdict(status: Any, **other: Any) -> Verdict | None:
    said: dict[str, Any] = {"eci": "05", "proof": PROOF, "brand": Brand.VISA, "bin_": "411111"}
    return judge(status, **(said | other))


@pytest.mark.parametrize(
    ("brand", "bin_", "authenticated", "attempted"),
    [
        (Brand.VISA, "411111", "05", "06"),
        (Brand.MASTERCARD, "555555", "02", "01"),
        (Brand.CB, "497010", "05", "06"),
        (Brand.CB, "513130", "02", "01"),
    ],
)
def test_an_issuer_that_vouches_bears_fraud(
    brand: Brand, bin_: str, authenticated: str, attempted: str
) -> None:
    for status, state, eci in (("Y", "authenticated", authenticated), ("A", "attempted", attempted)):
        assert verdict(status, brand=brand, bin_=bin_, eci=eci) == Verdict(
            state,  # pyright: ignore[reportArgumentType]
            "issuer",
            eci,
            PROOF,
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"eci": ""},
        {"eci": "07"},
        {"eci": "06"},
        {"eci": "02"},
        {"proof": ""},
        {"proof": "AAABBJg0VhI0VniQEjRW"},
        {"proof": PROOF + "A"},
        {"proof": PROOF.replace("g", "!")},
    ],
)
def test_a_word_that_vouches_and_does_not_agree_with_itself_vouches_for_nothing(
    wrong: dict[str, str],
) -> None:
    assert verdict("Y", **wrong) == Verdict("unavailable", "merchant")


def test_whatever_does_not_vouch_leaves_the_merchant_to_bear_fraud() -> None:
    assert verdict("N") == verdict("R") == Verdict("failed", "merchant")
    assert verdict("N", is_cancelled=True) == Verdict("abandoned", "merchant")
    assert verdict("U") == Verdict("unavailable", "merchant")
    assert verdict("C") is None


def test_the_first_word_in_time_about_this_very_challenge_decides() -> None:
    standing = Standing("challenged", "acs", "directory", NOW)
    before = NOW - timedelta(seconds=1)

    def taken(standing: Standing, now: datetime = before, **other: str) -> str:
        names = {"acs_id": "acs", "directory_id": "directory"} | other
        return take_return(standing, now=now, **names)

    assert taken(standing) == "decides"
    assert taken(standing, NOW) == "stands"
    for state in ("authenticated", "failed", "abandoned", "timed_out", "unavailable"):
        assert taken(Standing(state, "acs", "directory", NOW)) == "stands"
    assert taken(standing, acs_id="other") == "unknown"
    assert taken(standing, directory_id="other") == "unknown"
    assert taken(Standing("asked", "", "", NOW), acs_id="", directory_id="") == "unknown"
