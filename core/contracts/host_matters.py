"""What a person looks at: what an acquirer does not accept or says on its own, doubts, refused reversals, dead letters."""

from datetime import timedelta
from typing import Final, Literal

import msgspec

from core.contracts.ids import CompanyId, HostMatterId, StoreId, TerminalId
from core.contracts.listing import Paged, Why
from core.contracts.operation import ACT, GET, Operation, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import LocatedStore, Money, Timestamp

HostMatterKind = Literal[
    "reversal_not_accepted",
    "partial_reversal_not_accepted",
    "advice_not_accepted",
    "completion_not_accepted",
    "reversal_by_host",
    "totals_by_host",
    "booked_in_doubt",
    "advice_refused",
    "reversal_disagrees",
    "reversal_ambiguous",
    "reversal_refused",
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

STUCK_AFTER: Final = timedelta(minutes=5)
"""How long after its moment what should have ended by itself is stuck.

The page of a transaction says so, "to check" lists it, and a verification counts it as broken: one figure for all, which
the alert on reversals has too.
"""


class ListHostMatters(Paged, kw_only=True):
    """Which kinds, and of which place; all of them where none is named. A dead letter has no place."""

    kind: list[HostMatterKind] | None = None
    store: StoreId | None = None
    terminal: TerminalId | None = None
    company: CompanyId | None = None


class SettleHostMatter(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    id: HostMatterId
    reason: Why
    idempotency_key: str = ""


class CloseHostMatter(SettleHostMatter, kw_only=True):
    """Why it is over."""


class RetryHostMatter(SettleHostMatter, kw_only=True):
    """Why the host is asked again."""


class SaidByTerminal(msgspec.Struct):
    """How the terminal describes what is in no book of ours; empty for what it does not say.

    `local_time`: MMDDhhmmss of the terminal's own clock, with zeros for what it does not say.
    """

    card_last_four: str
    stan: str
    approval_code: str
    local_time: str


class HostMatter(msgspec.Struct, kw_only=True):
    """One thing for a person to look at.

    `refused`: the host refused for good, and is not asked again by itself. `transaction` and `store` are None for what
    names no payment of ours; `amount` is None where it names none. `gives_back`: that money goes back to the card.
    `causes`: why a payment is in doubt (late, ahead, amount, currency, date, reference, like_one_paid,
    like_one_reversed, unlike_one_reversed, numbered_otherwise, like_one_repeated, repeated_late), why an advice or a
    completion was refused (original_not_found, original_disagrees, original_not_capturable, already_captured), what a
    reversal says otherwise than the payment that it names, whether one that was refused takes back the whole or a part, or what kind of message a dead letter is, and then taken_back
    where its terminal has taken it back. `said`: by what a store finds again what a dead letter is about.
    """

    id: str
    kind: HostMatterKind
    acquirer: str
    since: Timestamp
    transaction: str | None
    reference: str
    terminal: str
    terminal_id: str | None
    store: LocatedStore | None
    amount: Money | None
    gives_back: bool
    tries: int
    last_result: str
    refused: bool
    causes: list[str]
    closed_at: Timestamp | None
    closed_reason: str
    said: SaidByTerminal | None = None


class HostMatterPage(msgspec.Struct):
    """Matters, reversals that no host has accepted first, then newest first; `counts` by kind of all that waits there, whatever the kinds, up to COUNTED_MAX in all."""

    data: list[HostMatter]
    next_cursor: str | None
    counts: dict[HostMatterKind, int]


_LIST: Final = (
    f"Return what a host refused, did not accept for {STUCK_AFTER // timedelta(minutes=1)} minutes or said on its own, and"
    " what could not be believed.\n\nThat is advices booked with an odd date or amount, reversals that describe another"
    " payment, messages that could not\nbe handled. `counts` says how many of each kind wait there, whatever the kinds."
)
_CLOSE: Final = "End it by your word: nothing is sent to the host any more, and a reversal that it owed an answer counts as done."
_TRANSACTIONS_CANCEL: Final = somewhere(Permission.TRANSACTIONS_CANCEL)
LIST = Operation(
    "host_matters.list",
    ListHostMatters,
    HostMatterPage,
    somewhere(Permission.TRANSACTIONS_READ),
    http=GET(
        "/host-matters", "List what waits for a person to look at, what keeps a customer's money first", _LIST
    ),
)
CLOSE = Operation(
    "host_matters.close",
    CloseHostMatter,
    HostMatter,
    _TRANSACTIONS_CANCEL,
    http=ACT("/host-matters/{id}/close", "Close", _CLOSE),
    audit=("host_matter.closed",),
)
RETRY = Operation(
    "host_matters.retry",
    RetryHostMatter,
    HostMatter,
    _TRANSACTIONS_CANCEL,
    http=ACT("/host-matters/{id}/retry", "Ask the host again", "Send once more what the host refused, now."),
    audit=("host_matter.retried",),
)
