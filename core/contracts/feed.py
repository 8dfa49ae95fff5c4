"""The live feed: what one event says about a transaction, enough to show a row without a query, and the log of events."""

import msgspec

from core.contracts.scope import Scope

EVENTS_PAGE_MAX = 1_000
REPLAY_EVENTS_MAX = 10_000
REPLAY_AGE_S_MAX = 3_600


class Position(msgspec.Struct, frozen=True, order=True):
    """A place in the event log: everything up to here, this included."""

    txid: int
    seq: int


class EventsAfter(msgspec.Struct):
    """Events after a position; `until` bounds it (inclusive). `check_age` is for the first page of a resume."""

    after: Position
    until: Position | None = None
    limit: int = EVENTS_PAGE_MAX
    check_age: bool = False


class EventsPage(msgspec.Struct):
    """`items` are feed.FeedItem in order; `more` when the page was full; `too_old` when the replay is above its bounds."""

    items: list[msgspec.Raw]
    more: bool
    too_old: bool = False


class StreamOpened(msgspec.Struct):
    """What limits this listener."""

    scope: Scope
    session_ends_at_us: int


class TransactionSummary(msgspec.Struct, array_like=True, gc=False):
    """One transaction at one moment. Positional; append at the end only."""

    id: bytes
    kind: int
    state: int
    reason: int
    amount_minor: int
    approved_minor: int
    currency: str
    brand: int
    card_bin: str
    card_last_four: str
    terminal: str  # data element 41
    terminal_id: bytes
    store_id: bytes
    store_name: str
    company_id: bytes
    department: str
    received_at_us: int
    decided_at_us: int
    stan: int
    approval_code: str
    host_code: str
    event: int  # states.EventKind
    entry_mode: str = ""
    service: str = ""  # the kind of service of the terminal; empty where it is not known
    taken_back_minor: int = 0  # by a reversal in part, and off approved_minor already
    time_zone: str = ""  # of the store; empty where it is not known


class FeedItem(msgspec.Struct, array_like=True, gc=False):
    """A position in the event log and the summary that stands there."""

    txid: int
    seq: int
    summary: msgspec.Raw  # msgpack of TransactionSummary


class EventBatch(msgspec.Struct, array_like=True, gc=False):
    """Events in order, chained: `after_*` is the position of the event just before the first one."""

    after_txid: int
    after_seq: int
    items: list[FeedItem]
