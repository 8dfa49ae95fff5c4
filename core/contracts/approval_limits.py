"""Up to how much one person may act alone: requests, and the public shapes of API v1."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.listing import Nothing, Revision, Why
from core.contracts.operation import ACT, GET, Operation, everywhere, unplaced
from core.contracts.permissions import Permission
from core.contracts.references import Money, PersonRef, Timestamp

AMOUNT_MINOR_MAX = 10**9
"""Beyond it a limit would be none."""

LimitKind = Literal["transaction.refund"]


class LimitAmount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """0 to 1,000,000,000 minor units."""

    amount: Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MINOR_MAX)]
    currency: Literal["EUR"]


class SetLimit(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Above this amount somebody else must agree; an amount of 0: always. A revision of 0: there was no limit."""

    amount: LimitAmount
    reason: Why
    revision: Revision
    kind: LimitKind = "transaction.refund"
    idempotency_key: str = ""


class ApprovalLimit(msgspec.Struct, kw_only=True):
    """Up to `alone_max` one person is enough. `yours` is what counts for the caller.

    A limit does not count for the person who raised it: for them the one before stands until somebody else sets it.
    And no limit widens what a grant allows.
    """

    kind: LimitKind
    alone_max: Money
    yours: Money
    set_by: PersonRef | None
    set_at: Timestamp | None
    revision: int  # moves with each change


class ApprovalLimits(msgspec.Struct):
    """One for each kind of act and currency; a currency without one always takes two people."""

    data: list[ApprovalLimit]
    may_change: bool
    next_cursor: str | None = None


_LIST: Final = "Return up to which amount one person is enough, who set it, and what counts for the caller."
_SET: Final = "Set the limit for everybody but its author, for whom a lower one before it stays until somebody else sets it."
LIST = Operation(
    "approval_limits.list",
    Nothing,
    ApprovalLimits,
    unplaced(Permission.TRANSACTIONS_REFUND_APPROVE),
    http=GET("/approval-limits", "What one person may do alone", _LIST),
)
SET = Operation(
    "approval_limits.set",
    SetLimit,
    ApprovalLimit,
    everywhere(Permission.GRANTS_WRITE),
    http=ACT("/approval-limits", "Set what one person may do alone", _SET),
    audit=("limit.changed",),
)
