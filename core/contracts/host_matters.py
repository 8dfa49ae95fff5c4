"""What a person settles with an acquirer: what it does not accept, and what it says on its own."""

from typing import Literal

import msgspec

from core.contracts.desk_views import Money, StoreRef, Timestamp
from core.contracts.subjects import DESK

HOST_MATTERS = f"{DESK}.host_matters"  # ListHostMatters -> HostMatterPage
CLOSE_HOST_MATTER = f"{DESK}.close_host_matter"  # SettleHostMatter -> Written (HostMatter)
RETRY_HOST_MATTER = f"{DESK}.retry_host_matter"  # SettleHostMatter -> Written (HostMatter)

HostMatterKind = Literal[
    "reversal_not_accepted",
    "partial_reversal_not_accepted",
    "advice_not_accepted",
    "completion_not_accepted",
    "reversal_by_host",
    "totals_by_host",
]


class ListHostMatters(msgspec.Struct):
    """What waits for a person, newest first."""

    limit: int = 50
    before: bytes | None = None


class SettleHostMatter(msgspec.Struct):
    """Close it, or let the host be asked again; with a reason, which stays."""

    id: bytes
    reason: str
    idempotency_key: str = ""


class HostMatter(msgspec.Struct, kw_only=True):
    """One thing to settle with an acquirer.

    `refused`: the host refused for good, and is not asked again by itself. `transaction` and `store` are None for a
    message of the host that names no payment of ours; `amount` is None where it names none.
    """

    id: str
    kind: HostMatterKind
    acquirer: str
    since: Timestamp
    transaction: str | None
    reference: str
    terminal: str
    store: StoreRef | None
    amount: Money | None
    tries: int
    last_result: str
    refused: bool
    closed_at: Timestamp | None
    closed_reason: str


class HostMatterPage(msgspec.Struct):
    """Matters, newest first."""

    data: list[HostMatter]
    next_cursor: str | None
