"""What a grant may say, and over which of one's own areas it may be given."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.contracts.administration import GiveGrant
from core.contracts.ids import AgentId
from core.contracts.permissions import Permission
from core.contracts.references import Money
from core.contracts.scope import Area
from core.identity.administration.rules import (
    administers_everything,
    problems_of_grant,
    problems_of_role,
    scope_to_give,
)
from core.identity.api import Grant
from tests.support.callers import signed_in

NOW = datetime(2026, 11, 22, tzinfo=UTC)
READ = Permission.DIRECTORY_READ


def grant(
    role: str = "hotline", *, departments: tuple[str, ...] | None = None, amount: int | None = None
) -> Grant:
    return Grant(role, frozenset({READ.value}), Area(departments), amount)


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({}, {}),
        ({"regions": ["84"], "departments": ["75"], "services": ["pax"]}, {}),
        ({"regions": ["00"]}, {"regions": "unknown_value"}),
        ({"departments": []}, {"departments": "empty"}),
        ({"departments": ["75", "75"]}, {"departments": "repeated"}),
        ({"stores": [number.to_bytes(16, "big") for number in range(201)]}, {"stores": "too_many"}),
        ({"services": ["fax"]}, {"services": "unknown_value"}),
        ({"amount_max": Money(0, "EUR")}, {"amount_max": "out_of_range"}),
        ({"amount_max": Money(1, "USD")}, {"amount_max.currency": "unknown_value"}),
        ({"amount_max": Money(10**12 + 1, "EUR")}, {"amount_max": "out_of_range"}),
    ],
)
def test_each_field_of_a_grant_is_judged(fields: dict[str, object], problems: dict[str, str]) -> None:
    request = GiveGrant(id=AgentId(bytes(16)), role="hotline", **fields)  # pyright: ignore[reportArgumentType]
    assert {problem.field: problem.code for problem in problems_of_grant(request)} == problems


@pytest.mark.parametrize("code", ["", "a", "Role", "with space", "r" * 41, "1st"])
def test_a_roles_code_is_lower_case_letters(code: str) -> None:
    assert [problem.field for problem in problems_of_role(code, "Nom", "Name")] == ["code"]


def test_a_grant_with_an_amount_gives_up_to_that_amount_and_never_without_one() -> None:
    giver = signed_in(grant(departments=("69",), amount=500), grant(departments=("13",)))
    assert scope_to_give(giver, READ, 500).areas == (Area(("69",)), Area(("13",)))
    assert scope_to_give(giver, READ, 501).areas == (Area(("13",)),)
    assert scope_to_give(giver, READ, None).areas == (Area(("13",)),)
    assert scope_to_give(giver, Permission.GRANTS_WRITE, 1).areas == ()


def test_only_an_administrator_of_the_whole_may_give_what_they_do_not_hold() -> None:
    assert administers_everything(signed_in(grant("administrator")))
    assert not administers_everything(signed_in(grant("administrator", departments=("75",))))
    assert not administers_everything(signed_in(grant("administrator", amount=1)))
    assert not administers_everything(signed_in(grant("supervisor")))
