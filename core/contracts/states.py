"""Closed tables of the trade as numbers: they are stored, so a number never changes its meaning."""

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What an attempt asks for."""

    AUTHORISATION = 1  # 0100: a hold, captured later by a completion
    PURCHASE = 2  # 0200: hold now, captured at end of day
    VERIFICATION = 3  # 0100, amount 0: is this card good?
    REFUND = 4  # 0200, processing code 20
    ADVICE = 5  # 0120/0220: approved offline by the terminal
    COMPLETION = 6  # 0220 with an original: captures a hold


class State(IntEnum):
    """Where an attempt stands (AUT-2)."""

    RECEIVED = 1
    SENT = 2
    APPROVED = 3
    PARTIALLY_APPROVED = 4
    DECLINED = 5
    UNKNOWN = 6
    REVERSED = 7
    CAPTURED = 8
    REFUNDED = 9
    SETTLED = 10


class Brand(IntEnum):
    """Card scheme, read from the first digits of the card number."""

    OTHER = 0
    CB = 1
    VISA = 2
    MASTERCARD = 3
    AMEX = 4


class EventKind(IntEnum):
    """What happened to an attempt; each row of `event` carries one."""

    REFUSED = 1  # declined by us, before sending
    DECIDED = 2  # the host answered in time
    TIMED_OUT = 3  # no answer by the deadline: unknown, reversal due
    LATE_REPLY = 4  # the host answered after the deadline; changes nothing
    REVERSED = 5  # the terminal or an agent took it back
    REVERSAL_ACCEPTED = 6  # the host accepted the reversal
    BOOKED_OFFLINE = 7  # an advice was booked
    CAPTURED = 8
    REFUNDED = 9
    CANCELLED = 10
    # 11 is free and stays so: what arrives after its own reversal is a repeat, and leaves no event.
    DELIVERED = 12  # the host accepted an advice or a completion
    PARTLY_REVERSED = 13  # the terminal took back a part of what was approved
    REVERSAL_REFUSED = 14  # a reversal named it and describes another message: for a person to look at
    DOUBTED = 15  # booked, and for a person to look at: `cause` says why
    DELIVERY_REFUSED = (
        16  # the host refused a reversal, an advice or a completion for good: for a person to look at
    )
    DELIVERY_CLOSED = 17  # a person ended what the host did not accept


class BlockTarget(IntEnum):
    """What a block stops."""

    STORE = 1
    SERVICE = 2
    TERMINAL = 3


class DeliveryKind(IntEnum):
    """What must reach the host, however often it takes."""

    REVERSAL = 1
    ADVICE = 2
    COMPLETION = 3
    PARTIAL_REVERSAL = 4  # its amount is what stays


class ReversalFinding(IntEnum):
    """What a reversal found under the number that it names; each row of `reversal` carries one."""

    NAMED = 1  # the message that it describes
    NONE_STOOD = 2  # none, on any date
    DISAGREES = 3  # one that it does not describe
    AMBIGUOUS = 4  # several that it describes equally well
    MAY_REPEAT = 5  # none yet: it may repeat another reversal, whose answer it got, or be the first of what still comes


class LedgerOperation(IntEnum):
    """What was done to an attempt in the ledger; with the attempt it is the key that makes a movement happen once."""

    HOLD = 1
    RELEASE = 2
    CAPTURE = 3
    REFUND = 4
    REFUND_RELEASE = 5


class Layer(IntEnum):
    """Pending amounts wait to be posted or voided; posted ones are final."""

    PENDING = 1
    POSTED = 2


class LedgerAccount(IntEnum):
    """Chart of accounts; an entry names one and its owner."""

    ACQUIRER_RECEIVABLE = 1  # the acquirer owes us; owner: acquirer
    MERCHANT_PAYABLE = 2  # we owe the merchant; owner: store


APPROVED_STATES: Final = frozenset(
    {State.APPROVED, State.PARTIALLY_APPROVED, State.CAPTURED, State.REFUNDED, State.SETTLED}
)
"""Something was approved, and stands."""

_GIVEN_BACK: Final = frozenset({State.APPROVED, State.CAPTURED, State.SETTLED})


def net_minor(kind: int, state: int, approved_minor: int) -> int:
    """Return what an attempt adds to the figure *net*; summed over rows it is that figure (view attempt_figure).

    A hold is no money yet: its completion brings it. A refund takes it away again.
    """
    if kind in (Kind.PURCHASE, Kind.ADVICE, Kind.COMPLETION):
        return approved_minor if state in APPROVED_STATES else 0
    return -approved_minor if kind == Kind.REFUND and state in _GIVEN_BACK else 0
