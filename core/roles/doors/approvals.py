"""Acts that one asks for and another approves."""

from core.contracts import approvals as ask
from core.roles.doors.door import Doors, Parts, served
from core.transactions.approvals.handlers import ApprovalHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    approvals = ApprovalHandlers(parts.pool, parts.clock, parts.bus)
    return served(
        (ask.LIST, approvals.approvals),
        (ask.ONE, approvals.approval),
        (ask.APPROVE, approvals.approve),
        (ask.REFUSE, approvals.refuse),
        (ask.WITHDRAW, approvals.withdraw),
    )
