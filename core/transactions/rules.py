"""Decisions on a transaction: pure, no input or output."""

from typing import Final, NamedTuple

from core.contracts.payment import HOST_NO_REPLY, HOST_NOT_SENT, HOST_REPLIED, HostReply
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

REPEAT_DAYS = (-2, 1)
"""Business dates of what a repeat repeats, in days around its own: its date may be that of the repeat itself, and UTC's."""

REPEAT_WITHIN_S = 12 * 3600
"""How long after a message its repeat, by another time, is still its repeat under another date.

A counter that starts anew with the day comes back to the number a day later: then nobody knows which of the two it is.
"""

UNKNOWN_REASONS = frozenset({Reason.HOST_NO_REPLY, Reason.HOST_CODE_UNKNOWN, Reason.HOST_ANSWER_DIFFERS})
"""What leaves the result of a request open: the host may have booked it, so it is reversed."""

DECLINES = frozenset(
    {reason for reason in Reason if reason > Reason.PARTIAL_APPROVAL} | {Reason.ORIGINAL_NOT_FOUND}
)
"""What a host may decline for; a number that is no reason of ours declines nothing."""

HELD_KINDS = frozenset({Kind.AUTHORISATION, Kind.PURCHASE, Kind.ADVICE})
"""Kinds whose approval holds an amount in the pending layer."""


SWEPT: Final = "sweeper"
"""Cause of an outcome that no reply awaited: whoever had asked was told nothing."""


class Outcome(NamedTuple):
    """What a host's reply makes of an attempt that is still sent."""

    state: State
    reason: int
    approved_minor: int


def outcome_of(reply: HostReply, *, kind: int, amount_minor: int, partial_ok: bool) -> Outcome:
    """Return what `reply` decides.

    UNKNOWN means: reverse it. A partial approval that the terminal cannot handle is one, since the host holds
    an amount that nobody will take; so is a partial approval of nothing, or of more than was asked, an approval of
    another amount, and whatever says neither yes nor no.
    """
    if reply.result == HOST_NO_REPLY:
        return Outcome(State.UNKNOWN, Reason.HOST_NO_REPLY, 0)
    if reply.result == HOST_NOT_SENT:
        return Outcome(State.DECLINED, Reason.HOST_UNREACHABLE, 0)
    if reply.reason == Reason.APPROVED:
        if reply.approved_minor not in (0, amount_minor):
            return Outcome(State.UNKNOWN, Reason.HOST_ANSWER_DIFFERS, 0)
        return Outcome(State.APPROVED, Reason.APPROVED, 0 if kind == Kind.VERIFICATION else amount_minor)
    if reply.reason == Reason.PARTIAL_APPROVAL:
        if partial_ok and 0 < reply.approved_minor < amount_minor:
            return Outcome(State.PARTIALLY_APPROVED, Reason.PARTIAL_APPROVAL, reply.approved_minor)
        return Outcome(State.UNKNOWN, Reason.PARTIAL_APPROVAL, 0)
    if reply.reason in DECLINES:
        return Outcome(State.DECLINED, reply.reason, 0)
    if reply.reason in UNKNOWN_REASONS:
        return Outcome(State.UNKNOWN, reply.reason, 0)
    return Outcome(State.UNKNOWN, Reason.HOST_CODE_UNKNOWN, 0)


def is_said_again(*, repeat: bool, body_hash: int, local_time: str, first_hash: int, first_time: str) -> bool:
    """Whether a message under a number that is taken is the one that took it, said again.

    Its message type says so, or it is the same by the terminal's own time. Else the terminal has counted anew, and
    what it asks is another payment, however alike.
    """
    return body_hash == first_hash and (repeat or local_time == first_time)


def cause_of_unknown(reply: HostReply) -> str:
    """Return in a word why a reply leaves the result open, for the event."""
    if reply.result != HOST_REPLIED:
        return "no answer by the deadline"
    if reply.differs:
        return f"answer differs: {reply.differs}"
    return f"host {reply.host_code or 'without a code'}"


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
