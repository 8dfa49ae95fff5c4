"""Decisions on a transaction: pure, no input or output."""

from typing import Final

from core.contracts.reasons import Reason
from core.contracts.states import State

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


SWEPT: Final = "sweeper"
"""Cause of an outcome that no reply awaited: whoever had asked was told nothing."""


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
