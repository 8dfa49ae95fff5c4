"""What follows a right first factor: a session, a session that may only add a factor, or a second step."""

import secrets
from datetime import datetime
from typing import Final

import asyncpg

from core.contracts.access import LogInOutcome, SecondFactor, SecondFactorNeeded, SessionOpened
from core.identity import store as sessions
from core.identity.access import store
from core.identity.access.model import Arrival, StoredFactor
from core.identity.access.rules import DEVICE_LIFE, DEVICES_MAX, PENDING_LIFE
from core.identity.rules import SESSION_ABSOLUTE
from core.identity.views import agent_view, hash_of_token
from core.values.timestamps import timestamp

TOKEN_BYTES: Final = 32


def standing(factors: list[StoredFactor]) -> list[StoredFactor]:
    """Return the factors that count."""
    return [factor for factor in factors if factor.confirmed_at is not None]


async def ask_second_factor(
    connection: sessions.Connection,
    agent_id: bytes,
    factors: list[StoredFactor],
    *,
    first_factor: str,
    arrival: Arrival,
    now: datetime,
) -> LogInOutcome:
    """Keep the log in until its second step and say which factors it takes."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = now + PENDING_LIFE
    await store.add_pending(
        connection,
        token_hash=hash_of_token(token),
        agent_id=agent_id,
        first_factor=first_factor,
        arrival=arrival,
        now=now,
        expires_at=expires_at,
    )
    kinds: list[SecondFactor] = [
        kind for kind in ("totp", "passkey") if any(factor.kind == kind for factor in factors)
    ]
    if await store.count_recovery_codes(connection, agent_id):
        kinds.append("recovery_code")
    return LogInOutcome(second_factor=SecondFactorNeeded(token, timestamp(expires_at), kinds))


async def open_session(
    connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy,
    agent_id: bytes,
    *,
    arrival: Arrival,
    factor: str,
    now: datetime,
    enrolling: bool = False,
) -> SessionOpened:
    """Open a session within the caller's transaction, write it down, and know the device if it wants to be known.

    Only a whole log in makes a device known: a session that is still adding a factor does not.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    token_hash = hash_of_token(token)
    expires_at = now + SESSION_ABSOLUTE
    await sessions.open_session(
        connection,
        token_hash=token_hash,
        agent_id=agent_id,
        now=now,
        expires_at=expires_at,
        user_agent=arrival.user_agent,
        ip=arrival.ip,
        enrolling=enrolling,
    )
    device = None if enrolling else await _know_device(connection, agent_id, arrival, now)
    signed_in = await sessions.find_signed_in(connection, token_hash)
    assert signed_in is not None
    await sessions.record_action(
        connection,
        agent_id=agent_id,
        at=now,
        kind="session.opened",
        target_kind="agent",
        target_id=agent_id,
        facts={"ip": arrival.ip, "factor": factor},
        ip=arrival.ip,
    )
    return SessionOpened(
        token=token,
        expires_at=timestamp(expires_at),
        agent=agent_view(signed_in),
        enrolling=enrolling,
        device=device,
    )


async def _know_device(
    connection: sessions.Connection, agent_id: bytes, arrival: Arrival, now: datetime
) -> str | None:
    until = now + DEVICE_LIFE
    if arrival.device_hash is not None:
        await store.note_device(connection, arrival.device_hash, now=now, until=until)
        return None
    if not arrival.wants_device:
        return None
    device = secrets.token_urlsafe(TOKEN_BYTES)
    await store.add_device(
        connection, hash_of_token(device), agent_id, now=now, until=until, keep=DEVICES_MAX - 1
    )
    return device
