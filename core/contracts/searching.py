"""One search over everything, and journals: bodies of `core.desk.search` and `core.desk.journal`, and the answers."""

from typing import Annotated, Literal

import msgspec

from core.contracts.desk_views import Money, PersonRef, StateName, Timestamp
from core.contracts.subjects import DESK

SEARCH = f"{DESK}.search"  # SearchEverything -> SearchResults
JOURNAL = f"{DESK}.journal"  # ReadJournal -> JournalPage

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


class SearchEverything(msgspec.Struct):
    """Whatever is at hand: part of a name, with mistakes, or any identifier."""

    query: str


class SearchHit(msgspec.Struct):
    """Something found. `amount`, `state` and `at` are those of a transaction, `within` is where a contact belongs.

    `gives_back`: a refund, whose amount goes back to the card.
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


class ReadJournal(msgspec.Struct):
    """Newest first; `before` is where the page before ended: microseconds and a reference."""

    kind: JournalKind
    id: bytes
    kinds: tuple[JournalEntryKind, ...] = ENTRY_KINDS
    from_us: int | None = None
    to_us: int | None = None  # exclusive
    limit: int = 50
    before: tuple[int, str] | None = None


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
    """Whose journal it is."""

    kind: JournalKind
    id: str
    title: str


class JournalPage(msgspec.Struct):
    """Newest first."""

    subject: JournalSubject
    data: list[JournalEntry]
    next_cursor: str | None = None
