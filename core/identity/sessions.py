"""Is a session good, and whose is it? Asked at every call, of whichever realm."""

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import asyncpg
import msgspec

from core.contracts.desk import Principal
from core.db.rows import Connection
from core.identity.errors import SessionEnded
from core.identity.origin import CALLED_FROM
from core.identity.people.store import People
from core.identity.rules import SEEN_EVERY, Session, has_ended, must_note_seen
from core.identity.views import hash_of_token
from core.values.clock import Clock


class Caller(Session, Protocol):
    """Somebody signed in, as the functions of their operations are given them; a Struct with `language` and `ip`."""

    @property
    def token_hash(self) -> bytes:
        """What is stored of the token."""
        ...


Who = TypeVar("Who", bound=Caller)


class SessionCheck(Generic[Who]):
    """Finds who calls by what is stored of their token."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        people: People,
        find: Callable[[Connection, bytes], Awaitable[Who | None]],
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._people = people
        self._find = find

    async def check(self, principal: Principal | None) -> Who:
        """Return who asks, and note that the session is in use.

        Raises: SessionEnded.
        """
        if principal is None:
            raise SessionEnded
        now = self._clock.now()
        who = await self._find(self._pool, hash_of_token(principal.token))
        if who is None or has_ended(who, now):
            raise SessionEnded
        if must_note_seen(who, now):
            await self._people.note_seen(self._pool, who.token_hash, now=now, if_before=now - SEEN_EVERY)
        CALLED_FROM.set(principal.ip)
        return msgspec.structs.replace(who, language=principal.locale, ip=principal.ip)  # pyright: ignore[reportArgumentType]
