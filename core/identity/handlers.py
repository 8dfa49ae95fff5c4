"""Check a session, show it, end it."""

import asyncpg
import msgspec

from core.contracts.access import SessionsEnded, SessionView
from core.contracts.desk import Principal
from core.contracts.feed import StreamOpened
from core.contracts.listing import Nothing
from core.contracts.permissions import Permission
from core.identity import store
from core.identity.errors import SessionEnded
from core.identity.model import SignedIn
from core.identity.origin import CALLED_FROM
from core.identity.rules import SEEN_EVERY, SESSION_IDLE, has_ended, must_note_seen
from core.identity.views import agent_view, hash_of_token
from core.values.clock import Clock, to_unix_us
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SESSIONS_ASKED_MAX = 1_000


class SessionHandlers:
    """Sessions: who asks, and until when."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def check(self, principal: Principal | None) -> SignedIn:
        """Return who asks, and note that the session is in use.

        Raises: SessionEnded.
        """
        if principal is None:
            raise SessionEnded
        now = self._clock.now()
        signed_in = await store.find_signed_in(self._pool, hash_of_token(principal.token))
        if signed_in is None or has_ended(signed_in, now):
            raise SessionEnded
        if must_note_seen(signed_in, now):
            await store.note_seen(self._pool, signed_in.token_hash, now=now, if_before=now - SEEN_EVERY)
        CALLED_FROM.set(principal.ip)
        return msgspec.structs.replace(signed_in, language=principal.locale, ip=principal.ip)

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
            if await store.end_session(connection, caller.token_hash, now):
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
