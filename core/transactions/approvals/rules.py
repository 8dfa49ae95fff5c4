"""Pure decisions on two-person acts."""

from datetime import datetime, timedelta
from typing import Final, cast

from core.contracts.approvals import ApprovalActs, ApprovalState
from core.contracts.refusals import Facts
from core.transactions.approvals.errors import AboveYourLimit, AlreadyDecided, Expired, OwnApproval
from core.transactions.approvals.model import StoredApproval

WAITS: Final = timedelta(days=7)


def alone_max_minor(institution_minor: int | None, grant_minor: int | None) -> int:
    """Return up to how much one person may act alone: the institution's limit, and never above the grant's own.

    No limit of the institution means that the currency always takes two people.
    """
    institution = institution_minor or 0
    return institution if grant_minor is None else min(institution, grant_minor)


def state_at(state: str, expires_at: datetime, now: datetime) -> ApprovalState:
    """Return the state as it is shown: what waited too long has expired."""
    if state == "waiting" and now >= expires_at:
        return "expired"
    return cast("ApprovalState", state)


def check_decision(
    approval: StoredApproval,
    *,
    agent_id: bytes,
    amount_max_minor: int | None,
    now: datetime,
    decided_by: Facts,
) -> None:
    """Let a second person decide what waits; `decided_by` tells who did before, and when.

    Raises: OwnApproval, Expired, AlreadyDecided, AboveYourLimit.
    """
    if approval.asked_by == agent_id:
        raise OwnApproval
    match state_at(approval.state, approval.expires_at, now):
        case "expired":
            raise Expired
        case "waiting":
            if amount_max_minor is not None and approval.amount_minor > amount_max_minor:
                raise AboveYourLimit(amount_max_minor=amount_max_minor, currency=approval.currency)
        case decided:
            raise AlreadyDecided(decided, decided_by)


def is_repeat(approval: StoredApproval, *, agent_id: bytes) -> bool:
    """Return whether this person approved it before: then a repeat takes the act up again, or finds it done."""
    return approval.decided_by == agent_id and approval.state in {"approved", "done", "failed"}


def acts_of(
    *,
    state: ApprovalState,
    asked_by_caller: bool,
    in_scope: bool,
    amount_minor: int,
    amount_max_minor: int | None,
    is_independent: bool,
) -> ApprovalActs:
    """Return what the caller may do with it now."""
    if state != "waiting":
        return ApprovalActs(approve=False, refuse=False, withdraw=False, why="ended")
    if asked_by_caller:
        return ApprovalActs(approve=False, refuse=False, withdraw=True, why="own")
    if not in_scope:
        return ApprovalActs(approve=False, refuse=False, withdraw=False, why="not_permitted")
    if amount_max_minor is not None and amount_minor > amount_max_minor:
        return ApprovalActs(approve=False, refuse=True, withdraw=False, why="above_limit")
    if not is_independent:
        return ApprovalActs(approve=False, refuse=True, withdraw=False, why="not_independent")
    return ApprovalActs(approve=True, refuse=True, withdraw=False)
