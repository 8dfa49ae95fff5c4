"""What a host's answer decides: pure, no input or output.

| the host was asked | it said | outcome | what follows |
|---|---|---|---|
| whether it approves (an attempt) | yes, in part, no | approved, partially approved, declined | nothing |
| | nothing, or neither yes nor no | unknown | a reversal is delivered |
| | nothing has left | declined | nothing |
| to take what has happened (a delivery) | yes, or that it had it already | accepted | nothing |
| | no, for good | refused | a person looks |
| | no message can be made of it | refused | a person looks |
| | not now, nothing, or unclear | again | a retry, ever later |
"""

from typing import Literal, NamedTuple, TypeAlias

from core.contracts.payment import (
    DELIVERY_ACCEPTED,
    DELIVERY_NO_ORIGINAL,
    DELIVERY_REFUSED,
    HOST_NO_REPLY,
    HOST_NOT_SENT,
    HOST_REPLIED,
    HostReply,
)
from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, Kind, State

UNKNOWN_REASONS = frozenset({Reason.HOST_NO_REPLY, Reason.HOST_CODE_UNKNOWN, Reason.HOST_ANSWER_DIFFERS})
"""What leaves the result of a request open: the host may have booked it, so it is reversed."""

DECLINES = frozenset(
    {reason for reason in Reason if reason > Reason.PARTIAL_APPROVAL} | {Reason.ORIGINAL_NOT_FOUND}
)
"""What a host may decline for; a number that is no reason of ours declines nothing."""

Verdict: TypeAlias = Literal["accepted", "refused", "again"]

_ACCEPTED = frozenset({Reason.APPROVED, Reason.DUPLICATE_AT_HOST})
"""The host has it, or had it already."""


class Outcome(NamedTuple):
    """What a host's reply makes of an attempt that is still sent."""

    state: State
    reason: int
    approved_minor: int


def outcome_of(reply: HostReply, *, kind: int, amount_minor: int, partial_ok: bool) -> Outcome:
    """Return what `reply` decides of an attempt.

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


def cause_of_unknown(reply: HostReply) -> str:
    """Return in a word why a reply leaves the result open, for the event."""
    if reply.result != HOST_REPLIED:
        return "no answer by the deadline"
    if reply.differs:
        return f"answer differs: {reply.differs}"
    return f"host {reply.host_code or 'without a code'}"


def verdict_of(reply: HostReply, kind: DeliveryKind, *, approved: bool) -> Verdict:
    """Return what `reply` decides of a delivery; `approved`: the host had approved what is delivered about.

    A reversal of what the host never had is done: there is nothing to undo. From a host that had approved it, the same
    words mean that it cannot find what it holds, and a person must look. To an advice or a completion they are a
    refusal, for there the host must book something; so they are to a partial reversal, whose rest the host must hold.
    """
    if reply.result != HOST_REPLIED:
        # What no message can be made of waits for a person: the next try would end as this one did.
        return "refused" if reply.delivery == DELIVERY_REFUSED else "again"
    if reply.delivery == DELIVERY_NO_ORIGINAL or (
        not reply.delivery and reply.reason == Reason.ORIGINAL_NOT_FOUND
    ):
        if kind == DeliveryKind.REVERSAL and not approved:
            return "accepted"
        return "refused" if reply.delivery else "again"
    if reply.delivery == 0:  # An edge of the version before says only the reason.
        return "accepted" if reply.reason in _ACCEPTED else "again"
    if reply.delivery == DELIVERY_ACCEPTED:
        return "accepted"
    return "refused" if reply.delivery == DELIVERY_REFUSED else "again"
