"""The bus's allow-lists let through every subject of the contracts for those who use it, and nothing for the others."""

from __future__ import annotations

import pytest

from core.contracts import subjects
from deploy.local.subjects import ALLOWANCES
from tests.support.bus_subjects import covers

BY_USER = {allowance.user: allowance for allowance in ALLOWANCES}
ENGINE_REQUESTS = (
    subjects.AUTHORISE,
    subjects.REVERSE,
    subjects.BOOK,
    subjects.TOTALS,
    subjects.REFUSED_FACT,
    subjects.HOST_SAYS,
)
TERMINAL_REQUESTS = (subjects.SIGN_ON, subjects.PRESENCE)

PUBLISHED = {
    "edge": (
        *ENGINE_REQUESTS,
        *TERMINAL_REQUESTS,
        subjects.core_inbox("one", "engine"),
        subjects.core_inbox("one", "worker"),
        subjects.core_inbox_of_batch(subjects.core_inbox("one", "engine"), 7),
    ),
    "engine": (subjects.host("primary"), subjects.edge_inbox("one"), subjects.LIVE),
    "desk": (subjects.CARRY_OUT,),
    "worker": (subjects.host("primary"),),
    "gateway": (f"{subjects.DESK}.search",),
}
SUBSCRIBED = {
    "edge": (subjects.host("primary"), subjects.edge_inbox("one")),
    "engine": (
        *ENGINE_REQUESTS,
        subjects.CARRY_OUT,
        subjects.core_inbox("one", "engine"),
        subjects.core_inbox_of_batch(subjects.core_inbox("one", "engine"), 7),
    ),
    "desk": (*TERMINAL_REQUESTS, f"{subjects.DESK}.search"),
    "worker": (subjects.core_inbox("one", "worker"),),
    "gateway": (subjects.LIVE,),
}
HEARD_ONCE = {subject for user in SUBSCRIBED for subject in SUBSCRIBED[user]}
"""Each of these has one kind of process that serves it."""


@pytest.mark.parametrize("user", sorted(BY_USER))
def test_what_the_contracts_need_is_allowed(user: str) -> None:
    for subject in PUBLISHED[user]:
        assert covers(BY_USER[user].publish, subject), subject
    for subject in SUBSCRIBED[user]:
        assert covers(BY_USER[user].subscribe, subject), subject


@pytest.mark.parametrize("user", sorted(BY_USER))
def test_nobody_says_or_hears_what_is_anothers(user: str) -> None:
    said = {subject for other in PUBLISHED for subject in PUBLISHED[other]} - set(PUBLISHED[user])
    for subject in said:
        assert not covers(BY_USER[user].publish, subject), subject
    for subject in HEARD_ONCE - set(SUBSCRIBED[user]):
        assert not covers(BY_USER[user].subscribe, subject), subject


def test_acts_of_people_are_the_desks_to_say() -> None:
    assert [user for user in BY_USER if covers(BY_USER[user].publish, subjects.CARRY_OUT)] == ["desk"]
    assert [user for user in BY_USER if covers(BY_USER[user].subscribe, subjects.CARRY_OUT)] == ["engine"]


def test_the_answers_to_a_batch_go_to_the_inbox_of_who_asked() -> None:
    for role in ("engine", "worker"):
        inbox = subjects.core_inbox("one", role)
        batch = subjects.core_inbox_of_batch(inbox, 7)
        assert subjects.is_core_inbox(batch)
        assert subjects.answers_of(batch) == subjects.answers_of(inbox) == inbox
