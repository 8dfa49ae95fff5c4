"""Up to how much one person may act alone: requests, and the public shapes of API v1."""

from typing import Literal

import msgspec

from core.contracts.desk_views import Money, PersonRef, Timestamp
from core.contracts.subjects import DESK

APPROVAL_LIMITS = f"{DESK}.approval_limits"  # Nothing -> ApprovalLimits
SET_APPROVAL_LIMIT = f"{DESK}.set_approval_limit"  # SetLimit -> Written (ApprovalLimit)

AMOUNT_MINOR_MAX = 10**9
"""Beyond it a limit would be none."""

LimitKind = Literal["transaction.refund"]


class SetLimit(msgspec.Struct):
    """Above `amount_minor` somebody else must agree; 0: always."""

    kind: LimitKind
    amount_minor: int
    currency: str
    reason: str
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


class ApprovalLimits(msgspec.Struct):
    """One for each kind of act and currency; a currency without one always takes two people."""

    data: list[ApprovalLimit]
    may_change: bool
    next_cursor: str | None = None
