"""Acts that one asks for and another approves, and up to how much one person may act alone."""

from core.contracts import approvals as ask
from core.contracts import limits as asked
from core.roles.doors.door import Doors, Parts, served
from core.transactions.approvals.handlers import ApprovalHandlers
from core.transactions.limits.handlers import LimitHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    approvals = ApprovalHandlers(parts.pool, parts.clock, parts.bus)
    limits = LimitHandlers(parts.pool, parts.clock)
    return served(
        (ask.LIST, approvals.approvals),
        (ask.ONE, approvals.approval),
        (ask.APPROVE, approvals.approve),
        (ask.REFUSE, approvals.refuse),
        (ask.WITHDRAW, approvals.withdraw),
        (asked.LIST, limits.limits),
        (asked.SET, limits.set),
    )
