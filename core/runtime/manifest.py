"""What a slice brings to the processes, in one place: its manifest (`core/<slice>/slice.py`).

`core/contracts/operations.py` names the slices, and the processes go through that list. Nothing is found by itself.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import asyncpg

from core.bus import Bus
from core.contracts.listing import Written
from core.contracts.notifications import HomeSection, HomeSectionName
from core.contracts.operation import Answered, Asked, Operation
from core.contracts.scope import Scope
from core.contracts.subjects import FrameRequest
from core.db.rows import Connection
from core.runtime.calendar import Calendar
from core.runtime.jobs import Job
from core.runtime.retention import RetentionRule
from core.values.clock import Clock


class QueueMail(Protocol):
    """Writes a mail in the caller's transaction, for slices below notifications: core.notifications.queue_mail."""

    async def __call__(
        self,
        connection: Connection,
        *,
        template: str,
        to: str,
        locale: str,
        facts: dict[str, str],
        about_kind: str = "",
        about_id: bytes | None = None,
        once_key: str = "",
    ) -> None:
        """Write it, once under its key."""
        ...


class Names(NamedTuple):
    """How a slice's records are called, for who has only their identifiers.

    `statement` takes kinds and identifiers side by side, then what `read_by` makes of who reads and of their scope. It
    gives kind, id and name, which may have a `name_en` beside it; and, where not everybody who is told the name may open
    the record, whether they have it `seen`.
    """

    kinds: frozenset[str]
    statement: str
    read_by: Callable[[Any, Scope], tuple[Any, ...]] = lambda _caller, _scope: ()


def placed(_caller: Any, scope: Scope) -> tuple[Any, ...]:
    """Name records within the reader's scope: whether they see everything, and where."""
    return scope.is_everything, scope.parameter()


class Expected(NamedTuple):
    """Somebody whom a slice knows by an e-mail that nobody has proved yet."""

    name: str
    language: str


ExpectedBy = Callable[[Connection, str], Awaitable[Expected | None]]
"""Finds who is expected by an e-mail, as `core.values.emails.email_key` gives it."""


class FollowJoin(Protocol):
    """Gives what a slice keeps for one customer to another one, who is the same person."""

    async def __call__(
        self, connection: Connection, *, joined: bytes, customer_id: bytes, now: datetime
    ) -> None:
        """Give it, in the transaction that lets nobody in by the first from now on."""
        ...


class ContactLines(Protocol):
    """Says how customers reach us, a line for each way, for the foot of a mail."""

    async def __call__(
        self, connection: Connection, now: datetime, locale: str, *, about_debt: bool = False
    ) -> list[str]:
        """Return the lines of a language; about a debt, those of who settles debts."""
        ...


class Parts(NamedTuple):
    """What every slice is made with; `environment` holds the settings of the process.

    `calendar` is the clock of schedules, which can be moved in a sandbox.
    """

    pool: asyncpg.Pool
    clock: Clock
    bus: Bus
    environment: Mapping[str, str]
    queue_mail: QueueMail
    calendar: Calendar
    names: tuple[Names, ...] = ()
    expected_by: tuple[ExpectedBy, ...] = ()
    follow_joins: tuple[FollowJoin, ...] = ()
    contact_lines: ContactLines | None = None


class Served(NamedTuple):
    """An operation and the function that carries it out, called with the caller unless no session is asked for."""

    operation: Operation[Any, Any]
    handle: Callable[..., Awaitable[Any]]


def serves(
    operation: Operation[Asked, Answered], handle: Callable[[Any, Asked], Awaitable[Answered | Written]]
) -> Served:
    """Bind an operation to `handle(caller, request)`; one under a key answers with the bytes that it keeps."""
    return Served(operation, handle)


def serves_without_session(
    operation: Operation[Asked, Answered], handle: Callable[[Asked], Awaitable[Answered]]
) -> Served:
    """Bind an operation of Reach.NO_SESSION to `handle(request)`."""
    return Served(operation, handle)


class HeardFrame(NamedTuple):
    """A question of the card frame, and the function of the desk that answers it."""

    request: FrameRequest
    handle: Callable[[Any], Awaitable[Any]]


HomeProvider = Callable[[Parts, Any], Awaitable[HomeSection | None]]
"""Gives a section of the home page to a caller; None to whoever may not see it."""


class Slice(NamedTuple):
    """`operations` and answers to the card `frame` are the desk's, `jobs` the worker's; `home` is what waits for a caller,
    by section; `retention` says which rows go, and when; `names` says what its records are called; `expected_by` finds
    whoever something is kept for that they may see once they prove their e-mail; `follow_join` gives what it keeps for a
    customer to the access that theirs was joined into; `contact_lines` says how customers reach us.
    """

    name: str
    operations: Callable[[Parts], list[Served]] = lambda _: []
    jobs: Callable[[Parts], list[Job]] = lambda _: []
    frame: Callable[[Parts], list[HeardFrame]] = lambda _: []
    home: Mapping[HomeSectionName, HomeProvider] = {}
    retention: tuple[RetentionRule, ...] = ()
    names: Names | None = None
    expected_by: ExpectedBy | None = None
    follow_join: FollowJoin | None = None
    contact_lines: ContactLines | None = None
