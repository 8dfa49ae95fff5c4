"""A person's act on money, as stored."""

from datetime import date
from typing import Final, Literal, NamedTuple

from core.contracts.permissions import Permission

ActKind = Literal["transaction.refund", "transaction.cancel"]

REFUND: Final = "transaction.refund"
CANCEL: Final = "transaction.cancel"

CANCELLED: Final = "transaction.cancelled"
"""What the audit calls a cancellation that was carried out: one for each payment that was cancelled."""


class Act(NamedTuple):
    """One row. `outcome` is None until it was carried out, then the reason that was answered (reasons.Reason)."""

    id: bytes
    kind: ActKind
    agent_id: bytes
    target_id: bytes
    target_date: date
    amount_minor: int | None  # None: all of it, as a cancellation takes
    currency: str | None
    reason: str
    approval_id: bytes | None = None
    ip: str = ""
    outcome: int | None = None

    @property
    def permission(self) -> Permission:
        """What whoever acts must hold: a second person acts by the right to approve."""
        if self.kind == CANCEL:
            return Permission.TRANSACTIONS_CANCEL
        if self.approval_id is not None:
            return Permission.TRANSACTIONS_REFUND_APPROVE
        return Permission.TRANSACTIONS_REFUND


class Standing(NamedTuple):
    """What PostgreSQL says of an act at the moment when it is carried out, in minor units."""

    reach_minor: int | None  # up to how much the rights of whoever acts reach at that place; None: not at all
    alone_max_minor: int  # up to how much the institution lets this person act alone
    refunded_minor: int  # what is given back of the original already
    is_approved: bool  # by this person, of this very act, asked by another, and used by nothing yet
