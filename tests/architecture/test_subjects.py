"""The bus's allow-lists let through every subject of the contracts for those who use it, and nothing for the others."""

from __future__ import annotations

from typing import Any, cast

import pytest

from core.contracts import cards, subjects
from core.contracts.cards import FRAME_REQUESTS
from core.contracts.engine_requests import ENGINE_REQUESTS
from core.contracts.host_messages import HOST_SAYS
from core.contracts.payment import AUTHORISE, TERMINAL_REQUESTS
from core.contracts.payment_acts import CARRY_OUT, PAY_FIRST, VERIFY_CARD
from core.runtime.manifest import Parts
from core.slices import SLICES
from core.transactions.bookings.serving import REFUSED, WORK
from deploy.local.subjects import ALLOWANCES
from tests.support.bus_subjects import covers

BY_USER = {allowance.user: allowance for allowance in ALLOWANCES}
ASKED_BY_EDGE = tuple(each.subject for each in (*TERMINAL_REQUESTS, HOST_SAYS))
ASKED_BY_FRAME = tuple(each.subject for each in FRAME_REQUESTS)
SAID_BY_EDGE = (subjects.SIGN_ON, subjects.PRESENCE)

PUBLISHED = {
    "edge": (
        *ASKED_BY_EDGE,
        *SAID_BY_EDGE,
        subjects.core_inbox("one", "engine"),
        subjects.core_inbox("one", "worker"),
        subjects.core_inbox_of_batch(subjects.core_inbox("one", "engine"), 7),
    ),
    "engine": (subjects.host("primary"), subjects.edge_inbox("one"), subjects.LIVE),
    "desk": (CARRY_OUT.subject, cards.AUTHENTICATE, cards.code_subject("one"), subjects.TALKS),
    "worker": (subjects.host("primary"),),
    "cards": ASKED_BY_FRAME,
    "gateway": (f"{subjects.DESK}.search",),
}
SUBSCRIBED = {
    "edge": (subjects.host("primary"), subjects.edge_inbox("one")),
    "engine": (
        *ASKED_BY_EDGE,
        CARRY_OUT.subject,
        subjects.core_inbox("one", "engine"),
        subjects.core_inbox_of_batch(subjects.core_inbox("one", "engine"), 7),
    ),
    "cards": (cards.AUTHENTICATE, cards.code_subject("one")),
    "desk": (*SAID_BY_EDGE, *ASKED_BY_FRAME, f"{subjects.DESK}.search"),
    "worker": (
        subjects.core_inbox("one", "worker"),
        subjects.core_inbox_of_batch(subjects.core_inbox("one", "worker"), 7),
    ),
    "gateway": (subjects.LIVE, subjects.TALKS),
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
    assert [user for user in BY_USER if covers(BY_USER[user].publish, CARRY_OUT.subject)] == ["desk"]
    assert [user for user in BY_USER if covers(BY_USER[user].subscribe, CARRY_OUT.subject)] == ["engine"]


def test_cards_that_are_typed_are_the_frames_alone_to_say() -> None:
    for subject in ASKED_BY_FRAME:
        assert [user for user in BY_USER if covers(BY_USER[user].publish, subject)] == ["cards"]
        assert [user for user in BY_USER if covers(BY_USER[user].subscribe, subject)] == ["desk"]
    # No pattern but the desk's inbox: neither payments nor what screens ask.
    assert BY_USER["cards"].publish == (*ASKED_BY_FRAME, "_INBOX.desk.>")


def test_all_that_the_frame_asks_has_a_handler() -> None:
    none = cast("Any", None)
    parts = Parts(none, none, none, {}, none, none)
    heard = [one.request for each in SLICES for one in each.frame(parts)]
    assert sorted(each.subject for each in heard) == sorted(ASKED_BY_FRAME)


def test_the_answers_to_a_batch_go_to_the_inbox_of_who_asked() -> None:
    for role in ("engine", "worker"):
        inbox = subjects.core_inbox("one", role)
        batch = subjects.core_inbox_of_batch(inbox, 7)
        assert subjects.is_core_inbox(batch)
        assert subjects.answers_of(batch) == subjects.answers_of(inbox) == inbox


def test_all_that_the_engine_is_asked_one_by_one_has_a_handler() -> None:
    assert {*WORK, AUTHORISE, CARRY_OUT, PAY_FIRST, VERIFY_CARD} == set(ENGINE_REQUESTS)
    assert len({each.subject for each in ENGINE_REQUESTS}) == len(ENGINE_REQUESTS)


def test_all_that_the_engine_is_asked_one_by_one_can_be_refused() -> None:
    assert {each.reply for each in (*WORK, CARRY_OUT)} == set(REFUSED)
