"""Acts that one person asks for and another approves: requests, and the public shapes of API v1."""

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import ApprovalId, TransactionId
from core.contracts.listing import Paged, Remark, Why
from core.contracts.operation import ACT, BY_RECORD, GET, Operation, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import Money, PersonRef, StoreRef, Timestamp

ApprovalState = Literal["waiting", "approved", "done", "failed", "refused", "withdrawn", "expired"]
ApprovalsView = Literal["to_decide", "asked", "decided", "all"]
ApprovalWhy = Literal["own", "not_permitted", "above_limit", "not_independent", "ended"]


_ABOUT: Final = msgspec.Meta(description="Those about one transaction")


class ListApprovals(Paged, kw_only=True):
    """Newest first; `target` takes those about one thing, and then the view is `all`."""

    view: ApprovalsView = "to_decide"
    target: Annotated[TransactionId, _ABOUT] | None = None


class OneApproval(msgspec.Struct, kw_only=True):
    """Who asked for what, who decided, and what became of it."""

    id: ApprovalId


class Approve(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Approve what another person asked for: it is carried out at once, and once. A remark, if there is one to make."""

    id: ApprovalId
    reason: Remark = ""
    idempotency_key: str = ""


class Withdraw(Approve, kw_only=True, forbid_unknown_fields=True):
    """Take back what the caller asked for. A remark, if there is one to make."""


class Refuse(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Refuse what another person asked for, and say why."""

    id: ApprovalId
    reason: Why
    idempotency_key: str = ""


class ApprovalTarget(msgspec.Struct, frozen=True):
    """What the act is about; the label is for people, and `known` whether it can still be opened."""

    kind: Literal["transaction"]
    id: str
    label: str
    known: bool = True


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


_LIST: Final = "What waits for the caller, what the caller asked for or decided, or all that may be seen."
_TRANSACTIONS_READ: Final = somewhere(Permission.TRANSACTIONS_READ)
LIST = Operation(
    "approvals.list",
    ListApprovals,
    ApprovalPage,
    _TRANSACTIONS_READ,
    http=GET("/approvals", "List two-person acts, newest first", _LIST),
)
ONE = Operation(
    "approvals.one",
    OneApproval,
    Approval,
    _TRANSACTIONS_READ,
    http=GET("/approvals/{id}", "One two-person act"),
)
APPROVE = Operation(
    "approvals.approve",
    Approve,
    Approval,
    BY_RECORD,
    http=ACT("/approvals/{id}/approve", "Approve"),
    audit=("approval.approved", "approval.failed"),
)
REFUSE = Operation(
    "approvals.refuse",
    Refuse,
    Approval,
    BY_RECORD,
    http=ACT("/approvals/{id}/refuse", "Refuse"),
    audit=("approval.refused",),
)
WITHDRAW = Operation(
    "approvals.withdraw",
    Withdraw,
    Approval,
    _TRANSACTIONS_READ,
    http=ACT("/approvals/{id}/withdraw", "Withdraw"),
    audit=("approval.withdrawn",),
)
