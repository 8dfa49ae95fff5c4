"""A realm: people who get in by the same rules, through pages of their own. The code that lets them in is one.

Agents are a realm, customers are the other. What differs is here: whose rows, which rules, what is told of a session.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit

from core.db.rows import Connection
from core.identity.access.rules import WhyRefused
from core.identity.access.seal import FactorSeal
from core.identity.model import Credential, Person
from core.identity.people.store import People
from core.identity.rules import origin_of_caller

Told = TypeVar("Told")
"""What the API tells of a session that was opened: a contract of the realm."""


class Insider(Protocol):
    """Who is signed in, of whichever realm."""

    @property
    def token_hash(self) -> bytes:
        """What is stored of the session's token."""
        ...

    @property
    def principal_id(self) -> bytes:
        """Who."""
        ...

    @property
    def email(self) -> str:
        """Where they are written to."""
        ...

    @property
    def name(self) -> str:
        """What they are called; empty where they never said."""
        ...

    @property
    def enrolling(self) -> bool:
        """Whether the session may only add a second factor."""
        ...

    @property
    def confirmed_at(self) -> datetime:
        """When they last proved in this session who they are."""
        ...


class Record(Protocol):
    """Writes down what somebody of the realm did about their own access, in the caller's transaction."""

    async def __call__(
        self,
        connection: Connection,
        person_id: bytes,
        *,
        now: datetime,
        kind: str,
        facts: dict[str, Any],
        ip: str = "",
    ) -> None:
        """Append it; `ip` is for who has no session yet."""
        ...


class Opened(NamedTuple):
    """A session at the moment in which it is opened: only then is its token in clear."""

    token: str
    token_hash: bytes
    expires_at: datetime
    enrolling: bool
    device: str | None  # the new name of a browser that asked to be remembered

    def __repr__(self) -> str:
        return "Opened(…)"


@dataclass(frozen=True)
class Realm(Generic[Told]):
    """`portal_url` is where the realm's browsers are: links in mail and passkeys are bound to it."""

    people: People
    seal: FactorSeal
    portal_url: str
    needs_second_factor: bool
    session_life: timedelta
    session_idle: timedelta
    remembered_life: timedelta  # of a session in a browser that asked to be remembered
    counted_as: (
        str  # what begins the subjects under which guesses are counted: those of one realm stop nobody else
    )
    find_credential: Callable[[Connection, str], Awaitable[Credential | None]]
    find_person: Callable[[Connection, bytes], Awaitable[Person | None]]
    why_password_refused: WhyRefused
    record: Record
    tell: Callable[[Connection, Opened], Awaitable[Told]]

    @property
    def relying_party(self) -> str:
        """The host that passkeys are bound to."""
        return urlsplit(self.portal_url).hostname or ""

    def subject(self, kind: str, who: str | bytes) -> str:
        """Return the subject under which guesses are counted; kinds that end in `ip` count what one caller has."""
        if kind.endswith("ip") and isinstance(who, str):
            who = origin_of_caller(who)
        return f"{self.counted_as}{kind}:{who if isinstance(who, str) else who.hex()}"
