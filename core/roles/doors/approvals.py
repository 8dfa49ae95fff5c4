"""Acts that one asks for and another approves."""

from core.contracts import approvals as ask
from core.contracts.desk_requests import ById
from core.roles.doors.door import Door, Doors, Parts
from core.transactions.approvals.handlers import ApprovalHandlers


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    approvals = ApprovalHandlers(parts.pool, parts.clock, parts.bus)
    return {
        ask.APPROVALS: Door(
            ask.ListApprovals, True, lambda who, body, _locale: approvals.approvals(who, body)
        ),
        ask.APPROVAL: Door(ById, True, lambda who, body, _locale: approvals.approval(who, body)),
        ask.APPROVE: Door(ask.Decide, True, lambda who, body, _locale: approvals.approve(who, body)),
        ask.REFUSE_APPROVAL: Door(ask.Decide, True, lambda who, body, _locale: approvals.refuse(who, body)),
        ask.WITHDRAW_APPROVAL: Door(
            ask.Decide, True, lambda who, body, _locale: approvals.withdraw(who, body)
        ),
    }
