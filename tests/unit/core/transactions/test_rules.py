"""What a host's reply decides, and where an attempt may go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.payment import (
    DELIVERY_ACCEPTED,
    DELIVERY_NO_ORIGINAL,
    HOST_NO_REPLY,
    HOST_NOT_SENT,
    HOST_REPLIED,
    HostReply,
)
from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, Kind, State
from core.transactions.rules import TRANSITIONS, outcome_of, stored_answer
from core.transactions.upkeep.deliveries import verdict_of


def reply_of(result: int, reason: int, approved_minor: int = 0) -> HostReply:
    return HostReply(bytes(16), "0200", result, reason, "00", "A1", approved_minor, 1, 2, b"")


REPLIES = st.builds(
    reply_of,
    st.sampled_from([HOST_REPLIED, HOST_NO_REPLY, HOST_NOT_SENT]),
    st.sampled_from([int(reason) for reason in Reason]),
    st.integers(min_value=-1, max_value=10_000),
)
KINDS = st.sampled_from([int(kind) for kind in Kind])


@given(REPLIES, KINDS, st.integers(min_value=0, max_value=10_000), st.booleans())
def test_an_outcome_never_exceeds_what_was_asked_and_follows_the_table(
    reply: HostReply, kind: int, amount_minor: int, partial_ok: bool
) -> None:
    outcome = outcome_of(reply, kind=kind, amount_minor=amount_minor, partial_ok=partial_ok)
    assert outcome.state in TRANSITIONS[State.SENT]
    assert 0 <= outcome.approved_minor <= amount_minor
    approved = outcome.state in (State.APPROVED, State.PARTIALLY_APPROVED)
    assert approved or outcome.approved_minor == 0
    assert not approved or (
        reply.result == HOST_REPLIED and reply.reason in (Reason.APPROVED, Reason.PARTIAL_APPROVAL)
    )


@pytest.mark.parametrize(
    ("reply", "partial_ok", "expected"),
    [
        (reply_of(HOST_REPLIED, Reason.APPROVED), False, (State.APPROVED, Reason.APPROVED, 100)),
        (
            reply_of(HOST_REPLIED, Reason.PARTIAL_APPROVAL, 60),
            True,
            (State.PARTIALLY_APPROVED, Reason.PARTIAL_APPROVAL, 60),
        ),
        (
            reply_of(HOST_REPLIED, Reason.PARTIAL_APPROVAL, 60),
            False,
            (State.UNKNOWN, Reason.PARTIAL_APPROVAL, 0),
        ),
        (
            reply_of(HOST_REPLIED, Reason.PARTIAL_APPROVAL, 0),
            True,
            (State.UNKNOWN, Reason.PARTIAL_APPROVAL, 0),
        ),
        (
            reply_of(HOST_REPLIED, Reason.PARTIAL_APPROVAL, 100),
            True,
            (State.UNKNOWN, Reason.PARTIAL_APPROVAL, 0),
        ),
        (reply_of(HOST_REPLIED, Reason.STOLEN_CARD), True, (State.DECLINED, Reason.STOLEN_CARD, 0)),
        (reply_of(HOST_NO_REPLY, Reason.APPROVED, 100), True, (State.UNKNOWN, Reason.HOST_NO_REPLY, 0)),
        (reply_of(HOST_NOT_SENT, Reason.APPROVED, 100), True, (State.DECLINED, Reason.HOST_UNREACHABLE, 0)),
    ],
)
def test_each_reply_decides_one_thing(
    reply: HostReply, partial_ok: bool, expected: tuple[State, int, int]
) -> None:
    assert outcome_of(reply, kind=Kind.PURCHASE, amount_minor=100, partial_ok=partial_ok) == expected


def test_a_verification_approves_nothing() -> None:
    reply = reply_of(HOST_REPLIED, Reason.APPROVED)
    assert outcome_of(reply, kind=Kind.VERIFICATION, amount_minor=0, partial_ok=False).approved_minor == 0


def test_the_table_of_states_is_closed_and_leads_out_of_whatever_is_open() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(set(ends) <= set(State) for ends in TRANSITIONS.values())
    assert all(state not in ends for state, ends in TRANSITIONS.items())
    assert {state for state, ends in TRANSITIONS.items() if not ends} == {State.DECLINED, State.REVERSED}
    assert State.APPROVED not in TRANSITIONS[State.UNKNOWN]


@pytest.mark.parametrize("state", list(State))
def test_a_repeat_is_told_an_approval_only_of_what_stands_approved(state: State) -> None:
    told = stored_answer(state, Reason.APPROVED)
    if state == State.REVERSED:
        assert told == Reason.ALREADY_REVERSED
    elif state == State.UNKNOWN:
        assert told == Reason.HOST_NO_REPLY
    else:
        assert told == Reason.APPROVED


@pytest.mark.parametrize("approved", [False, True])
@pytest.mark.parametrize("kind", list(DeliveryKind))
def test_a_host_that_knows_no_original_has_taken_back_only_what_it_never_approved(
    kind: DeliveryKind, approved: bool
) -> None:
    def verdict(reason: int = 0, delivery: int = 0) -> str:
        said = HostReply(bytes(16), "0420", HOST_REPLIED, reason, "", "", 0, 0, 0, b"", delivery=delivery)
        return verdict_of(said, kind, approved=approved)

    none_there = "accepted" if kind == DeliveryKind.REVERSAL and not approved else "refused"
    assert verdict(delivery=DELIVERY_NO_ORIGINAL) == none_there
    assert verdict(Reason.ORIGINAL_NOT_FOUND) == none_there.replace("refused", "again")
    assert verdict(delivery=DELIVERY_ACCEPTED) == verdict(Reason.APPROVED) == "accepted"
    assert verdict(Reason.SYSTEM_MALFUNCTION) == "again"
