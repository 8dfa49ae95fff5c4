"""The live feed: what one event says about a transaction, complete enough to show a row without a query."""

import msgspec


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
