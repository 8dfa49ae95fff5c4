"""What a browser keeps for us is sealed; forms are ours; addresses stay here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portals.agent.session import AgentSession
from portals.kit import csrf
from portals.kit.legible import local_path
from portals.kit.sealing import Sealer
from portals.kit.session import COOKIE_BYTES_MAX, seal_session, unseal_session

SEALER, OTHER = Sealer(b"a" * 32), Sealer(b"b" * 32)
SESSION = AgentSession(
    "token-of-this-session",
    "agt_1",
    "Amélie",
    "a@guichet.example",
    "hotline",
    "fr",
    ["75"],
    "2026-11-22T20:00:00.000Z",
)


def test_a_session_comes_back_and_shows_nothing() -> None:
    value = seal_session(SEALER, SESSION)
    assert unseal_session(SEALER, value, AgentSession) == SESSION
    assert "token-of-this-session" not in value
    assert "token-of-this-session" not in repr(SESSION)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v[:-2] + ("BB" if v.endswith("AA") else "AA"),
        lambda v: ("B" if v.startswith("A") else "A") + v[1:],
        lambda v: "",
        lambda v: "é",
        lambda v: v * 20,
    ],
)
def test_an_altered_session_is_none(spoil: Callable[[str], str]) -> None:
    assert unseal_session(SEALER, spoil(seal_session(SEALER, SESSION)), AgentSession) is None


def test_a_session_of_another_secret_or_purpose_is_none() -> None:
    assert unseal_session(OTHER, seal_session(SEALER, SESSION), AgentSession) is None
    assert SEALER.unseal("session", SEALER.seal("other", b"x")) is None


def test_a_session_with_many_departments_still_fits_a_cookie() -> None:
    many = AgentSession("t" * 64, "a", "n", "e", "r", "fr", [f"{n:03d}" for n in range(900)], "")
    assert len(seal_session(SEALER, many)) <= COOKIE_BYTES_MAX


def test_a_form_is_genuine_only_with_our_token_and_our_origin() -> None:
    token = csrf.form_token(SEALER, "cookie")
    asked = {"cookie": "cookie", "field": token, "origin": "http://desk:1", "host": "desk:1"}
    assert csrf.is_genuine(SEALER, **asked)
    assert csrf.is_genuine(SEALER, **{**asked, "origin": None})
    for wrong in (
        {"cookie": None},
        {"field": "é"},
        {"field": ""},
        {"origin": "http://evil"},
        {"origin": "null"},
        {"cookie": "other"},
    ):
        assert not csrf.is_genuine(SEALER, **{**asked, **wrong})


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil", "https://evil", "", None, "/login?next=/", "/a\r\nb"]
)
def test_only_an_address_of_ours_is_returned_to(address: str | None) -> None:
    assert local_path(address, "/login") == "/"
