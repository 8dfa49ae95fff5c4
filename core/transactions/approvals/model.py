"""An act that waits for a second person, as stored."""

from datetime import date, datetime
from typing import Final

import msgspec

from core.contracts.permissions import Permission

REFUND: Final = "transaction.refund"
APPROVED_BY: Final = {REFUND: Permission.TRANSACTIONS_REFUND_APPROVE}
"""Each act that needs two people, and what the second one must hold."""


class RefundPayload(msgspec.Struct, frozen=True):
    """What a refund needs beyond its amount."""

    original_date: date
    label: str  # the original's retrieval reference number


class StoredApproval(msgspec.Struct, frozen=True):
    """One row; `state` is never "expired": that follows from the time."""

    id: bytes
    kind: str
    target_id: bytes
    amount_minor: int
    currency: str
    reason: str
    state: str
    asked_by: bytes
    expires_at: datetime
    decided_by: bytes | None
    result_id: bytes | None
    payload: RefundPayload
    department: str
    store_id: bytes
    company_id: bytes
    service: str
