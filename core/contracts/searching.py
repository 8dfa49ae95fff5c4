"""One search over everything, and journals: operations, requests, and the public shapes of API v1."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from core.contracts.ids import JournalId
from core.contracts.listing import Closed, Cursor, Limit
from core.contracts.operation import BY_RECORD, GET, Operation, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import Money, PersonRef, StateName, Timestamp

QUERY_CHARACTERS_MAX = 100
HITS_PER_GROUP = 8

SearchKind = Literal[
    "account", "company", "store", "terminal", "contract", "request", "transaction", "contact", "agent"
]
SearchMatch = Literal[
    "identifier", "words", "similar", "reference", "last_four", "stan", "approval_code", "amount"
]
JournalKind = Literal["terminal", "store", "contract", "person"]
JournalEntryKind = Literal["presence", "block", "payment", "change", "action"]
ENTRY_KINDS: tuple[JournalEntryKind, ...] = ("presence", "block", "payment", "change", "action")


_QUERY: Final = msgspec.Meta(
    min_length=1,
    max_length=QUERY_CHARACTERS_MAX,
    description="Part of a name, mistakes allowed, or any identifier: SIREN, SIRET, terminal, reference, last four, "
    "STAN, authorisation number, amount, telephone",
)


class SearchEverything(msgspec.Struct, kw_only=True):
    """The best of every kind that you may see, at most eight of each, an exact identifier first."""

    query: Annotated[str, _QUERY] = msgspec.field(name="q")


class SearchHit(msgspec.Struct):
    """Something found. `amount`, `state` and `at` are those of a transaction, `within` is where a contact belongs.

    `gives_back`: a refund, whose amount goes back to the card. `time_zone`: of the transaction's store.
    """

    kind: SearchKind
    id: str
    title: str
    detail: str
    match: SearchMatch
    amount: Money | None = None
    gives_back: bool = False
    state: StateName | None = None
    at: Timestamp | None = None
    within: Annotated[str | None, msgspec.Meta(description="Id of a store or a company")] = None
    time_zone: str = ""


class SearchGroup(msgspec.Struct):
    """The best of one kind; `partial` when the time for it ran out."""

    kind: SearchKind
    data: list[SearchHit]
    more: bool = False
    partial: bool = False


class SearchResults(msgspec.Struct):
    """Groups with something in them, an exact identifier's first; `partial` when any group, even an empty one, is."""

    query: str
    groups: list[SearchGroup]
    partial: bool = False


_FROM: Final = msgspec.Meta(description="At or after")
_TO: Final = msgspec.Meta(description="Before")


class FilterJournal(msgspec.Struct, kw_only=True):
    """Every entry of the filter, newest first, page after page."""

    subject: JournalId
    kinds: list[JournalEntryKind] | None = None
    from_: Annotated[datetime, _FROM] | None = msgspec.field(default=None, name="from")
    to: Annotated[datetime, _TO] | None = None


class ReadJournal(FilterJournal, kw_only=True):
    """Entries, newest first; the last 30 days unless a period is given."""

    limit: Limit = 50
    cursor: Cursor | None = None


class JournalEntry(msgspec.Struct):
    """Something that happened. `code` is a word of ours, such as `signed_on` or `block.made`; `what` is about what."""

    id: str
    at: Timestamp
    kind: JournalEntryKind
    code: str
    what: str
    target: Annotated[
        str | None, msgspec.Meta(description="Id of the terminal, store, service or transaction")
    ]
    by: PersonRef | None
    facts: dict[str, str]


class JournalSubject(msgspec.Struct):
    """Whose journal it is; a terminal and a store have the time zone of their place."""

    kind: JournalKind
    id: str
    title: str
    time_zone: str = ""


class JournalPage(msgspec.Struct):
    """Newest first."""

    subject: JournalSubject
    data: list[JournalEntry]
    next_cursor: str | None = None
    closed: Closed = []


SEARCH = Operation(
    "search.everything", SearchEverything, SearchResults, BY_RECORD, http=GET("/search", "Search everything")
)
JOURNAL = Operation(
    "journals.read",
    ReadJournal,
    JournalPage,
    somewhere(Permission.JOURNALS_READ),
    http=GET("/journals/{subject}", "The journal of a terminal, a store, a contract or a person"),
    example={"subject": "{terminal}"},
)
