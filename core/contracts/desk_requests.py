"""Requests and answers of the desk that more than one slice knows, and those of sessions and the event log."""

from typing import Final, Literal

import msgspec

from core.contracts.scope import Scope

FigureName = Literal["payments", "approved", "cancelled", "declined", "unknown", "refunds"]
"""What docs/figures.md defines; the SQL function figure_has says which transactions each counts."""

COUNTED_MINUTES: Final = 15
PAGE_ROWS_MAX = 200
EVENTS_PAGE_MAX = 1_000
REPLAY_EVENTS_MAX = 10_000
REPLAY_AGE_S_MAX = 3_600


class Nothing(msgspec.Struct):
    """An empty body."""


class LogIn(msgspec.Struct):
    """The ip is never taken from a header of strangers. `code` is a TOTP, `device` what an earlier log in left.

    `device` None: nothing is to be remembered; empty: this browser has nothing yet.
    """

    email: str
    password: str
    ip: str
    user_agent: str = ""
    code: str = ""
    device: str | None = None

    def __repr__(self) -> str:
        return f"LogIn(email={self.email!r}, ip={self.ip!r})"


class SessionsEnded(msgspec.Struct):
    """Which of these session hashes are no longer good? Asking does not keep them alive."""

    sessions: list[bytes]


class TransactionFilter(msgspec.Struct, frozen=True):
    """Every field that is not None narrows the list. Closed sets are the stored numbers."""

    received_from_us: int | None = None
    received_to_us: int | None = None  # exclusive
    store_id: bytes | None = None
    terminal_id: bytes | None = None
    terminal: str | None = None  # data element 41
    states: tuple[int, ...] | None = None
    reason: int | None = None
    brand: int | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    last_four: str | None = None
    rrn: str | None = None
    stan: int | None = None
    approval_code: str | None = None
    kind: int | None = None
    figure: FigureName | None = None  # those that a figure counts


class ById(msgspec.Struct):
    """One thing by its id."""

    id: bytes


class Written(msgspec.Struct):
    """What a write made: `body` is the JSON to send, equal at every repeat under one key."""

    body: bytes
    replayed: bool = False


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


class ReasonText(msgspec.Struct):
    """The words for one reason in one language."""

    declined_by: str
    severity: str
    retry: bool
    customer: str
    agent: str
    next_step: str


class ReasonTexts(msgspec.Struct):
    """locale -> number of the reason -> words."""

    by_locale: dict[str, dict[int, ReasonText]]
