"""Customers' passwords, and statements that are read of customers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.db.queries import load
from core.identity.customers.model import REMEMBERED_LIFE, SESSION_ABSOLUTE, SESSION_IDLE, Customer
from core.identity.customers.rules import why_password_refused
from core.identity.rules import has_ended
from core.values.emails import EmailMalformed, email_key

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
EMAIL = "chloe.petit@exemple.example"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Eté-plu8", None),
        ("Ab1!xyz", "password_too_simple length"),
        ("abcdefgh", "password_too_simple upper,digit,special"),
        ("ABCDEFG1", "password_too_simple lower,special"),
        ("", "password_too_simple length,upper,lower,digit,special"),
        ("Aa1! Aa1!", None),
        ("AAaa11!!" * 200, "password_too_long"),
        ("Aa1!" + "x" * 1_020, None),
        ("Chloe.petit-1", "password_common"),
    ],
)
def test_a_password_has_eight_characters_of_four_kinds_and_is_not_ones_address(
    password: str, why: str | None
) -> None:
    assert why_password_refused(password, email=EMAIL, is_common=False) == why


def test_a_letter_before_the_at_is_no_name_that_a_password_must_not_hold() -> None:
    assert why_password_refused("Quartz-8!Bague", email="a@client.example", is_common=False) is None
    assert (
        why_password_refused("Quartz-8!Anna", email="anna@client.example", is_common=False)
        == "password_common"
    )


def test_a_password_that_guessers_try_first_is_refused() -> None:
    assert why_password_refused("Bonjour2024!", email=EMAIL, is_common=True) == "password_common"


@given(st.text(max_size=40))
def test_a_password_that_is_taken_follows_every_rule(password: str) -> None:
    if why_password_refused(password, email=EMAIL, is_common=False) is None:
        assert len(password) >= 8
        assert any(map(str.isupper, password))
        assert any(map(str.islower, password))
        assert any(map(str.isdigit, password))


def _session(*, life: timedelta, unused: timedelta) -> Customer:
    return Customer(
        token_hash=b"",
        customer_id=bytes(16),
        created_at=NOW - timedelta(hours=1),
        last_seen_at=NOW - unused,
        expires_at=NOW - timedelta(hours=1) + life,
        ended_at=None,
        email=EMAIL,
        emails=(EMAIL,),
        name="",
        locale="fr",
        customer_since=NOW,
        disabled_at=None,
        confirmed_at=NOW,
    )


def test_a_session_ends_after_thirty_idle_minutes_but_not_one_that_is_remembered() -> None:
    assert not has_ended(_session(life=SESSION_ABSOLUTE, unused=timedelta(minutes=29)), NOW)
    assert has_ended(_session(life=SESSION_ABSOLUTE, unused=SESSION_IDLE), NOW)
    assert not has_ended(_session(life=REMEMBERED_LIFE, unused=timedelta(minutes=59)), NOW)


@pytest.mark.parametrize("text", [" Chloe.Petit@EXEMPLE.example ", EMAIL])
def test_two_writings_of_one_address_are_one(text: str) -> None:
    assert email_key(text) == EMAIL


@pytest.mark.parametrize(
    "text", ["", "chloe", "a@b", "a b@exemple.example", f"{'a' * 65}@exemple.example", "a\n@exemple.example"]
)
def test_what_no_mail_can_be_sent_to_is_no_address(text: str) -> None:
    with pytest.raises(EmailMalformed):
        email_key(text)


def test_statements_are_read_of_other_tables_by_whole_words(tmp_path: Path) -> None:
    file = tmp_path / "queries.sql"
    file.write_text("-- name: one\nSELECT s.agent_id FROM session s JOIN agent a ON a.id = s.agent_id;\n")
    renamed = load(file).renamed(
        {"agent": "customer", "agent_id": "customer_id", "session": "customer_session"}
    )
    assert renamed.one == (
        "SELECT s.customer_id FROM customer_session s JOIN customer a ON a.id = s.customer_id"
    )
