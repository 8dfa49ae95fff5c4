"""One transaction as the desk reads it, for pure rules to decide on."""

from datetime import date, datetime
from typing import Literal

import msgspec

from core.contracts.states import DeliveryKind, Kind, State


class DeskTransaction(msgspec.Struct, frozen=True):
    """What the rules need of an attempt's row."""

    id: bytes
    business_date: date
    kind: Kind
    state: State
    reason: int
    amount_minor: int
    approved_minor: int
    captured_minor: int
    reserved_minor: int  # by refunds: given back, or still asked of the host
    refund_pending_minor: int  # of that, still asked of the host
    currency: str
    received_at: datetime
    sent_at: datetime | None
    decided_at: datetime | None
    host_sent_us: int | None
    host_replied_us: int | None
    host_code: str
    is_of_order: bool = False  # a debit by a kept card: what is given back of it, its order gives back


class DeskDelivery(msgspec.Struct, frozen=True):
    """Something that must reach the host."""

    kind: DeliveryKind
    since: datetime  # when it fell due first
    tries: int
    due_at: datetime
    accepted_at: datetime | None
    last_result: str
    refused_at: datetime | None = None
    closed: bool = False

    @property
    def state(self) -> Literal["due", "refused", "accepted", "withdrawn", "closed"]:
        """Where it stands."""
        if self.accepted_at is None:
            return "due" if self.refused_at is None else "refused"
        if self.closed:
            return "closed"
        return "withdrawn" if self.last_result == "reversed" else "accepted"
