"""What a person looks at: what an acquirer does not accept or says on its own, doubts, refused reversals, dead letters."""

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
    "booked_in_doubt",
    "reversal_disagrees",
    "reversal_ambiguous",
    "dead_letter",
]
RETRIED_KINDS: tuple[HostMatterKind, ...] = (
    "reversal_not_accepted",
    "partial_reversal_not_accepted",
    "advice_not_accepted",
    "completion_not_accepted",
)
"""What can be sent once more; the others are looked at and closed."""

COUNTED_MAX = 1_000
"""Beyond so many the counts stop."""


class ListHostMatters(msgspec.Struct):
    """What waits for a person, newest first; `kinds` None: all of it."""

    limit: int = 50
    before: bytes | None = None
    kinds: list[HostMatterKind] | None = None


class SettleHostMatter(msgspec.Struct):
    """Close it, or let the host be asked again; with a reason, which stays."""

    id: bytes
    reason: str
    idempotency_key: str = ""


class HostMatter(msgspec.Struct, kw_only=True):
    """One thing for a person to look at.

    `refused`: the host refused for good, and is not asked again by itself. `transaction` and `store` are None for what
    names no payment of ours; `amount` is None where it names none. `gives_back`: that money goes back to the card.
    `causes`: why a payment is in doubt (late, ahead, amount, currency, date, like_one_reversed, like_one_repeated), what
    a reversal says otherwise than the payment that it names, or what kind of message a dead letter is.
    """

    id: str
    kind: HostMatterKind
    acquirer: str
    since: Timestamp
    transaction: str | None
    reference: str
    terminal: str
    terminal_id: str | None
    store: StoreRef | None
    amount: Money | None
    gives_back: bool
    tries: int
    last_result: str
    refused: bool
    causes: list[str]
    closed_at: Timestamp | None
    closed_reason: str


class HostMatterPage(msgspec.Struct):
    """Matters, newest first; `counts` by kind of all that waits, whatever the filter, up to COUNTED_MAX in all."""

    data: list[HostMatter]
    next_cursor: str | None
    counts: dict[HostMatterKind, int]
