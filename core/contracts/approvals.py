"""Acts that one person asks for and another approves: requests, and the public shapes of API v1."""

from typing import Literal

import msgspec

from core.contracts.desk_views import Money, PersonRef, StoreRef, Timestamp
from core.contracts.subjects import DESK

APPROVALS = f"{DESK}.approvals"  # ListApprovals -> ApprovalPage
APPROVAL = f"{DESK}.approval"  # desk_requests.ById -> Approval
APPROVE = f"{DESK}.approve"  # Decide -> Written (Approval)
REFUSE_APPROVAL = f"{DESK}.refuse_approval"  # Decide -> Written (Approval)
WITHDRAW_APPROVAL = f"{DESK}.withdraw_approval"  # Decide -> Written (Approval)

ApprovalState = Literal["waiting", "approved", "done", "failed", "refused", "withdrawn", "expired"]
ApprovalsView = Literal["to_decide", "asked", "decided", "all"]
ApprovalWhy = Literal["own", "not_permitted", "above_limit", "not_independent", "ended"]


class ListApprovals(msgspec.Struct):
    """Newest first; `target_id` takes those about one thing, and then the view is `all`."""

    view: ApprovalsView = "to_decide"
    target_id: bytes | None = None
    limit: int = 50
    before: bytes | None = None


class Decide(msgspec.Struct):
    """Approve, refuse or withdraw; only an approval may leave the reason out."""

    id: bytes
    reason: str = ""
    idempotency_key: str = ""


class ApprovalTarget(msgspec.Struct, frozen=True):
    """What the act is about; the label is for people."""

    kind: Literal["transaction"]
    id: str
    label: str


class ApprovalActs(msgspec.Struct, frozen=True):
    """What this agent may do with it now; `why` says why it may not be approved."""

    approve: bool
    refuse: bool
    withdraw: bool
    why: ApprovalWhy | None = None


class Approval(msgspec.Struct, kw_only=True):
    """An act asked for by one person. `approved` is under way; `done` names what it made in `result`."""

    id: str
    kind: Literal["transaction.refund"]
    state: ApprovalState
    target: ApprovalTarget
    store: StoreRef
    amount: Money
    reason: str
    asked_by: PersonRef
    asked_at: Timestamp
    expires_at: Timestamp
    decided_by: PersonRef | None
    decided_at: Timestamp | None
    decision_reason: str | None
    result: str | None
    result_code: str | None
    may: ApprovalActs


class ApprovalPage(msgspec.Struct):
    """Newest first; no cursor on the last page."""

    data: list[Approval]
    next_cursor: str | None = None
