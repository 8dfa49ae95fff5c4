"""Check a session, show it, end it."""

import asyncpg

from core.contracts.access import SessionsEnded, SessionView
from core.contracts.desk import Principal
from core.contracts.feed import StreamOpened
from core.contracts.listing import Nothing
from core.contracts.permissions import Permission
from core.identity import store
from core.identity.model import SESSION_IDLE, SignedIn
from core.identity.people.store import AGENTS
from core.identity.rules import has_ended
from core.identity.sessions import SessionCheck
from core.identity.views import agent_view
from core.values.clock import Clock, to_unix_us
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SESSIONS_ASKED_MAX = 1_000


class SessionHandlers:
    """Sessions: who asks, and until when."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._check = SessionCheck(pool, clock, AGENTS, store.find_signed_in)

    async def check(self, principal: Principal | None) -> SignedIn:
        """Return who asks, and note that the session is in use.

        Raises: SessionEnded.
        """
        return await self._check.check(principal)

    async def session(self, caller: SignedIn, _request: Nothing) -> SessionView:
        """Return the caller's own session."""
        return SessionView(
            agent=agent_view(caller),
            created_at=timestamp(caller.created_at),
            last_seen_at=timestamp(caller.last_seen_at),
            expires_at=timestamp(min(caller.expires_at, caller.last_seen_at + SESSION_IDLE)),
        )

    async def log_out(self, caller: SignedIn, _request: Nothing) -> Nothing:
        """End the caller's session."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if await AGENTS.end_session(connection, caller.token_hash, now):
                await store.record_action(
                    connection,
                    agent_id=caller.agent_id,
                    at=now,
                    kind="session.ended",
                    target_kind="agent",
                    target_id=caller.agent_id,
                    # A session is named by the first half of its hash.
                    facts={"session": encode_id("session", caller.token_hash[:16])},
                )
        return Nothing()

    async def sessions_ended(self, request: SessionsEnded) -> list[bytes]:
        """Return those sessions that are no longer good."""
        asked = request.sessions[:_SESSIONS_ASKED_MAX]
        now = self._clock.now()
        good = {
            session.token_hash
            for session in await store.list_signed_in(self._pool, asked)
            if not has_ended(session, now)
        }
        return [session for session in asked if session not in good]

    async def stream_opened(self, caller: SignedIn, _request: Nothing) -> StreamOpened:
        """Return what limits a listener of the live feed."""
        scope = caller.scope_of(Permission.TRANSACTIONS_READ)
        return StreamOpened(scope=scope, session_ends_at_us=to_unix_us(caller.expires_at))
