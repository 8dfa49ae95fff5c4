"""Rows of two-person acts as their public shapes."""

from datetime import datetime
from typing import Any

import asyncpg

from core.contracts.approvals import Approval, ApprovalTarget
from core.contracts.references import Money, PersonRef, StoreRef
from core.identity.api import SignedIn
from core.transactions.approvals.model import APPROVED_BY
from core.transactions.approvals.rules import acts_of, state_at
from core.transactions.approvals.store import payload_of
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none


def approval_of(row: asyncpg.Record, caller: SignedIn, now: datetime) -> Approval:
    """Return one as this caller sees it."""
    permission = APPROVED_BY[row["kind"]]
    kind: Any = row["kind"]
    state = state_at(row["state"], row["expires_at"], now)
    place = (row["department"], row["store_id"].bytes, row["company_id"].bytes, row["service"])
    free_reach_minor: int | None = row["free_reach_minor"]
    return Approval(
        id=encode_id("approval", row["id"].bytes),
        kind=kind,
        state=state,
        target=ApprovalTarget(
            "transaction",
            encode_id("transaction", row["target_id"].bytes),
            payload_of(row).label,
            known=row["target_known"],
        ),
        store=StoreRef(encode_id("store", row["store_id"].bytes), row["store_name"], row["department"]),
        amount=Money(row["amount_minor"], row["currency"]),
        reason=row["reason"],
        asked_by=PersonRef(encode_id("agent", row["asked_by"].bytes), row["asked_by_name"]),
        asked_at=timestamp(row["asked_at"]),
        expires_at=timestamp(row["expires_at"]),
        decided_by=None
        if row["decided_by"] is None
        else PersonRef(encode_id("agent", row["decided_by"].bytes), row["decided_by_name"]),
        decided_at=timestamp_or_none(row["decided_at"]),
        decision_reason=row["decision_reason"] or None,
        # Its own page exists from the moment that the engine has it.
        result=encode_id("transaction", row["result_id"].bytes) if row["state"] == "done" else None,
        result_code=row["result_code"] or None,
        may=acts_of(
            state=state,
            asked_by_caller=row["asked_by"].bytes == caller.agent_id,
            in_scope=caller.scope_of(permission).sees(*place),
            amount_minor=row["amount_minor"],
            amount_max_minor=caller.within(*place).amount_max_of(permission),
            is_independent=free_reach_minor is not None and free_reach_minor >= row["amount_minor"],
        ),
    )
