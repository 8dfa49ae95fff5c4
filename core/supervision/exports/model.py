"""An export as its row says."""

from datetime import datetime

import msgspec

from core.contracts.scope import Scope
from core.contracts.transaction_filter import TransactionFilter


class Job(msgspec.Struct, frozen=True):
    """What is asked for, and how far it is."""

    id: bytes
    agent_id: bytes
    kind: str
    format: str
    compressed: bool
    locale: str
    columns: list[str]
    asked: dict[str, str]
    filter: TransactionFilter
    scope: Scope
    until: datetime
    state: str
    failure: str
    rows_done: int
    rows_total: int | None
    bytes: int | None
    file: str
    runs: int
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
