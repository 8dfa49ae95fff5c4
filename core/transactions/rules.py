"""Decisions on a transaction: pure, no input or output."""

from typing import NamedTuple

from core.contracts.payment import HOST_NO_REPLY, HOST_NOT_SENT, HostReply
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State

TRANSITIONS: dict[State, frozenset[State]] = {
    # Straight to reversed: a reversal that came before its authorisation.
    State.RECEIVED: frozenset({State.SENT, State.DECLINED, State.APPROVED, State.REVERSED}),
    State.SENT: frozenset({State.APPROVED, State.PARTIALLY_APPROVED, State.DECLINED, State.UNKNOWN}),
    State.APPROVED: frozenset({State.REVERSED, State.CAPTURED}),
    State.PARTIALLY_APPROVED: frozenset({State.REVERSED, State.CAPTURED}),
    State.DECLINED: frozenset(),
    State.UNKNOWN: frozenset({State.REVERSED}),
    State.REVERSED: frozenset(),
    State.CAPTURED: frozenset({State.REFUNDED, State.SETTLED}),
    # Back to captured: a refund that the terminal takes back.
    State.REFUNDED: frozenset({State.CAPTURED, State.SETTLED}),
    State.SETTLED: frozenset({State.REFUNDED}),
}
"""AUT-2: from each state, where an attempt may go. A statement that moves a row names the states it moves from."""

HELD_KINDS = frozenset({Kind.AUTHORISATION, Kind.PURCHASE, Kind.ADVICE})
"""Kinds whose approval holds an amount in the pending layer."""


class Outcome(NamedTuple):
    """What a host's reply makes of an attempt that is still sent."""

    state: State
    reason: int
    approved_minor: int


def outcome_of(reply: HostReply, *, kind: int, amount_minor: int, partial_ok: bool) -> Outcome:
    """Return what `reply` decides.

    UNKNOWN means: reverse it. A partial approval that the terminal cannot handle is one, since the host holds
    an amount that nobody will take; so is a partial approval of nothing, or of more than was asked.
    """
    if reply.result == HOST_NO_REPLY:
        return Outcome(State.UNKNOWN, Reason.HOST_NO_REPLY, 0)
    if reply.result == HOST_NOT_SENT:
        return Outcome(State.DECLINED, Reason.HOST_UNREACHABLE, 0)
    if reply.reason == Reason.APPROVED:
        return Outcome(State.APPROVED, Reason.APPROVED, 0 if kind == Kind.VERIFICATION else amount_minor)
    if reply.reason == Reason.PARTIAL_APPROVAL:
        if partial_ok and 0 < reply.approved_minor < amount_minor:
            return Outcome(State.PARTIALLY_APPROVED, Reason.PARTIAL_APPROVAL, reply.approved_minor)
        return Outcome(State.UNKNOWN, Reason.PARTIAL_APPROVAL, 0)
    return Outcome(State.DECLINED, reply.reason or Reason.OTHER_DECLINE, 0)


def stored_answer(state: int, reason: int) -> int:
    """Return the reason that a repeat is told, from where its attempt stands now.

    What is unknown is told as the first asker was told it, whatever made it so: a partial approval that is being
    reversed must not look like an approval to whoever asks again.
    """
    if state == State.REVERSED:
        return Reason.ALREADY_REVERSED
    if state == State.UNKNOWN:
        return Reason.HOST_NO_REPLY
    return reason
