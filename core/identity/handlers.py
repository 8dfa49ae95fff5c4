"""Log in, check a session, log out."""

import asyncio
import hashlib
import secrets
from typing import Final

import asyncpg
import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.contracts.desk import Principal
from core.contracts.desk_requests import LogIn, Nothing, SessionsEnded, StreamOpened
from core.contracts.desk_views import Agent, SessionOpened, SessionView
from core.contracts.permissions import Permission
from core.identity import store
from core.identity.errors import InvalidCredentials, SessionEnded, TooManyAttempts
from core.identity.model import Credential, SignedIn
from core.identity.permits import require
from core.identity.rules import (
    FAILURE_WINDOW,
    FAILURES_PER_EMAIL_MAX,
    FAILURES_PER_IP_MAX,
    SEEN_EVERY,
    SESSION_ABSOLUTE,
    SESSION_IDLE,
    has_ended,
    must_note_seen,
    wait_after,
)
from core.values.clock import Clock, to_unix_us
from core.values.ids import encode_id
from core.values.timestamps import timestamp

# OWASP's second choice of parameters: 19 MiB each, so that two at a time stay small beside the rest of the stack.
PASSWORDS: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
HASHES_AT_ONCE_MAX: Final = 2
_HASHES_WAITING_MAX: Final = 32
_TOKEN_BYTES: Final = 32
_SESSIONS_ASKED_MAX: Final = 1_000

_log = structlog.get_logger("core.identity")


class IdentityHandlers:
    """The door to sessions."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE_MAX)
        self._waiting = 0
        # An unknown e-mail costs the same time as a known one.
        self._nobody = PASSWORDS.hash(secrets.token_urlsafe(_TOKEN_BYTES))

    async def log_in(self, request: LogIn) -> SessionOpened:
        """Open a session.

        Raises: InvalidCredentials, TooManyAttempts.
        """
        email = request.email.strip().lower()
        subjects = {f"email:{email}": FAILURES_PER_EMAIL_MAX, f"ip:{request.ip}": FAILURES_PER_IP_MAX}
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            for subject in sorted(subjects):
                await store.lock_subject(connection, subject)
            for subject, failures_max in subjects.items():
                failures = await store.count_failures(connection, subject, since=now - FAILURE_WINDOW)
                wait_s = wait_after(failures, failures_max=failures_max, now=now)
                if wait_s is not None:
                    _log.warning("log_in_throttled", by=subject.partition(":")[0], ip=request.ip)
                    raise TooManyAttempts(retry_after_s=wait_s)
            # Counted before it is checked: parallel guesses find each other's count.
            for subject in subjects:
                await store.note_failure(connection, subject, now)
            credential = await store.find_credential(connection, email)
        if not await self._is_right(credential, request.password) or credential is None:
            _log.warning("log_in_refused", ip=request.ip, known=credential is not None)
            raise InvalidCredentials
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        token_hash = hash_of_token(token)
        expires_at = now + SESSION_ABSOLUTE
        async with self._pool.acquire() as connection, connection.transaction():
            await store.forget_failures(
                connection, email_subject=f"email:{email}", ip_subject=f"ip:{request.ip}", at=now
            )
            await store.open_session(
                connection,
                token_hash=token_hash,
                agent_id=credential.agent_id,
                now=now,
                expires_at=expires_at,
                user_agent=request.user_agent,
                ip=request.ip,
            )
            await store.record_action(
                connection,
                agent_id=credential.agent_id,
                at=now,
                kind="session.opened",
                target_kind="agent",
                target_id=credential.agent_id,
                facts={"ip": request.ip},
            )
            signed_in = await store.find_signed_in(connection, token_hash)
        assert signed_in is not None
        return SessionOpened(token=token, expires_at=timestamp(expires_at), agent=agent_view(signed_in))

    async def check(self, principal: Principal | None) -> SignedIn:
        """Return who asks, and note that the session is in use.

        Raises: SessionEnded.
        """
        if principal is None:
            raise SessionEnded
        now = self._clock.now()
        signed_in = await store.find_signed_in(self._pool, principal.session)
        if signed_in is None or has_ended(signed_in, now):
            raise SessionEnded
        if must_note_seen(signed_in, now):
            await store.note_seen(self._pool, signed_in.token_hash, now=now, if_before=now - SEEN_EVERY)
        return signed_in

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
        await store.end_session(self._pool, caller.token_hash, self._clock.now())
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
        """Return what limits a listener of the live feed. Raises: NotPermitted."""
        scope = require(caller, Permission.TRANSACTIONS_READ)
        return StreamOpened(scope=scope, session_ends_at_us=to_unix_us(caller.expires_at))

    async def _is_right(self, credential: Credential | None, password: str) -> bool:
        if self._waiting >= _HASHES_WAITING_MAX:
            raise TooManyAttempts(retry_after_s=5)
        encoded = self._nobody if credential is None else credential.password_hash
        self._waiting += 1
        try:
            async with self._hashing:
                matches = await asyncio.to_thread(_verify, encoded, password)
        finally:
            self._waiting -= 1
        return matches and credential is not None and credential.disabled_at is None


def hash_of_token(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def agent_view(signed_in: SignedIn) -> Agent:
    """Return what others are told of an agent."""
    return Agent(
        id=encode_id("agent", signed_in.agent_id),
        name=signed_in.name,
        email=signed_in.email,
        role=signed_in.role,
        locale=signed_in.locale,
        departments=_departments_of(signed_in),
        permissions=signed_in.permissions,
    )


def _departments_of(signed_in: SignedIn) -> list[str] | None:
    """Return the departments that limit what an agent sees, None where no grant is limited to some."""
    areas = [grant.area for grant in signed_in.grants]
    if not areas or any(area.departments is None for area in areas):
        return None
    return sorted({code for area in areas for code in area.departments or ()})


def _verify(encoded: str, password: str) -> bool:
    try:
        return PASSWORDS.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
