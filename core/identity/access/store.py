"""Statements of access as typed functions. Every function takes the connection of its caller's transaction."""

from datetime import datetime

import asyncpg

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.identity.access.model import Arrival, OpenInvitation, PendingLogIn, StoredFactor, StoredSession

_SQL = load_beside(__file__)


async def find_agent(connection: Connection, agent_id: bytes) -> asyncpg.Record | None:
    """Return an agent's e-mail, name, role, locale, password_hash and disabled_at."""
    return await connection.fetchrow(_SQL.agent_of, uuid_of(agent_id))


async def lock_agent(connection: Connection, agent_id: bytes) -> None:
    """Hold the agent until the end of the transaction."""
    await connection.execute(_SQL.lock_agent, uuid_of(agent_id))


async def put_password(connection: Connection, agent_id: bytes, password_hash: str) -> None:
    """Replace a password."""
    await connection.execute(_SQL.put_password, uuid_of(agent_id), password_hash)


async def list_factors(connection: Connection, agent_id: bytes) -> list[StoredFactor]:
    """Return an agent's second factors, unconfirmed ones too, oldest first."""
    rows = await connection.fetch(_SQL.factors, uuid_of(agent_id))
    return [
        StoredFactor(**{**dict(row), "id": row["id"].bytes, "agent_id": row["agent_id"].bytes})
        for row in rows
    ]


async def add_totp(connection: Connection, agent_id: bytes, *, sealed: bytes, now: datetime) -> bytes:
    """Keep a TOTP that the agent must confirm yet, in the place of an earlier one; return its id."""
    made = await connection.fetchval(_SQL.add_totp, uuid_of(agent_id), sealed, now)
    assert made is not None
    return made.bytes


async def confirm_totp(
    connection: Connection, agent_id: bytes, factor_id: bytes, *, now: datetime, step: int, name: str
) -> None:
    """Let a TOTP count."""
    await connection.execute(_SQL.confirm_totp, uuid_of(factor_id), uuid_of(agent_id), now, step, name)


async def add_passkey(
    connection: Connection,
    agent_id: bytes,
    *,
    name: str,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    now: datetime,
) -> bytes | None:
    """Keep a passkey; return its id, None when it is somebody's already."""
    made = await connection.fetchval(
        _SQL.add_passkey, uuid_of(agent_id), name, credential_id, public_key, sign_count, now
    )
    return made and made.bytes


async def use_step(connection: Connection, factor_id: bytes, *, step: int, now: datetime) -> bool:
    """Use a time step of a TOTP; False when it, or a newer one, was used."""
    return await connection.fetchval(_SQL.use_step, uuid_of(factor_id), step, now) is not None


async def use_passkey(connection: Connection, factor_id: bytes, *, sign_count: int, now: datetime) -> None:
    """Note the use of a passkey."""
    await connection.execute(_SQL.use_passkey, uuid_of(factor_id), sign_count, now)


async def remove_factor(connection: Connection, factor_id: bytes) -> None:
    """Forget a second factor."""
    await connection.execute(_SQL.remove_factor, uuid_of(factor_id))


async def remove_factors(connection: Connection, agent_id: bytes) -> None:
    """Forget every second factor and recovery code of an agent."""
    await connection.execute(_SQL.remove_factors, uuid_of(agent_id))
    await connection.execute(_SQL.drop_recovery_codes, uuid_of(agent_id))


async def put_recovery_codes(connection: Connection, agent_id: bytes, hashes: list[bytes]) -> None:
    """Replace an agent's recovery codes."""
    await connection.execute(_SQL.drop_recovery_codes, uuid_of(agent_id))
    await connection.execute(_SQL.add_recovery_codes, uuid_of(agent_id), hashes)


async def count_recovery_codes(connection: Connection, agent_id: bytes) -> int:
    """Return how many recovery codes are left."""
    return await connection.fetchval(_SQL.recovery_codes_left, uuid_of(agent_id)) or 0


async def use_recovery_code(
    connection: Connection, agent_id: bytes, *, code_hash: bytes, now: datetime
) -> bool:
    """Use up a recovery code; False when there is no such one, or it was used."""
    return await connection.fetchval(_SQL.use_recovery_code, uuid_of(agent_id), code_hash, now) is not None


async def add_pending(
    connection: Connection,
    *,
    token_hash: bytes,
    agent_id: bytes,
    first_factor: str,
    arrival: Arrival,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a log in between its two steps."""
    await connection.execute(
        _SQL.add_pending,
        token_hash,
        uuid_of(agent_id),
        now,
        expires_at,
        first_factor,
        arrival.device_hash,
        arrival.wants_device,
        arrival.user_agent[:300],
        arrival.ip,
    )


async def find_pending(connection: Connection, token_hash: bytes, now: datetime) -> PendingLogIn | None:
    """Return a log in that waits for its second step."""
    row = await connection.fetchrow(_SQL.pending, token_hash, now)
    return row and PendingLogIn(
        token_hash=row["token_hash"],
        agent_id=row["agent_id"].bytes,
        first_factor=row["first_factor"],
        challenge=row["challenge"],
        arrival=Arrival(row["ip"], row["user_agent"], row["device_hash"], row["wants_device"]),
    )


async def use_pending(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    """Finish a log in; False when it was finished by somebody else."""
    return await connection.fetchval(_SQL.use_pending, token_hash, now) is not None


async def put_pending_challenge(connection: Connection, token_hash: bytes, challenge: bytes | None) -> None:
    """Keep what a passkey must sign, or take it back."""
    await connection.execute(_SQL.put_pending_challenge, token_hash, challenge)


async def find_device(
    connection: Connection, token_hash: bytes, *, email: str, now: datetime
) -> bytes | None:
    """Return the hash of a device that is known as that agent's."""
    return await connection.fetchval(_SQL.device, token_hash, email, now)


async def find_device_of(
    connection: Connection, token_hash: bytes, *, agent_id: bytes, now: datetime
) -> bytes | None:
    """Return the hash of a device that is known as that agent's."""
    return await connection.fetchval(_SQL.device_of, token_hash, uuid_of(agent_id), now)


async def note_device(connection: Connection, token_hash: bytes, *, now: datetime, until: datetime) -> None:
    """Keep a known device known."""
    await connection.execute(_SQL.note_device, token_hash, now, until)


async def add_device(
    connection: Connection, token_hash: bytes, agent_id: bytes, *, now: datetime, until: datetime, keep: int
) -> None:
    """Know a device from now on, beside the `keep` latest ones."""
    await connection.execute(_SQL.add_device, token_hash, uuid_of(agent_id), now, until, keep)


async def forget_devices(connection: Connection, agent_id: bytes) -> None:
    """Know no device of the agent any more."""
    await connection.execute(_SQL.forget_devices, uuid_of(agent_id))


async def list_sessions(
    connection: Connection, agent_id: bytes, *, now: datetime, seen_after: datetime
) -> list[StoredSession]:
    """Return the agent's sessions that stand, latest first."""
    rows = await connection.fetch(_SQL.sessions_of, uuid_of(agent_id), now, seen_after)
    return [StoredSession(**dict(row)) for row in rows]


async def end_session_of(connection: Connection, agent_id: bytes, session_id: bytes, now: datetime) -> bool:
    """End one of the agent's sessions; False when none stands under that id."""
    return await connection.fetchval(_SQL.end_session_of, uuid_of(agent_id), session_id, now) is not None


async def end_sessions_of(
    connection: Connection, agent_id: bytes, now: datetime, *, but: bytes | None = None
) -> int:
    """End the agent's sessions, but the one with that hash; return how many."""
    return len(await connection.fetch(_SQL.end_sessions_of, uuid_of(agent_id), now, but))


async def confirm_session(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that the agent proved who they are."""
    await connection.execute(_SQL.confirm_session, token_hash, now)


async def finish_enrolling(connection: Connection, token_hash: bytes) -> None:
    """Give a session its agent's grants."""
    await connection.execute(_SQL.finish_enrolling, token_hash)


async def put_challenge(connection: Connection, token_hash: bytes, challenge: bytes) -> None:
    """Keep what a new passkey must sign."""
    await connection.execute(_SQL.put_challenge, token_hash, challenge)


async def take_challenge(connection: Connection, token_hash: bytes) -> bytes | None:
    """Return what a new passkey must sign, once."""
    return await connection.fetchval(_SQL.take_challenge, token_hash)


async def add_agent(
    connection: Connection, *, email: str, name: str, password_hash: str, role: str, locale: str
) -> bytes | None:
    """Make an agent; return the id, None when the e-mail is somebody's."""
    made = await connection.fetchval(_SQL.add_agent, email, name, password_hash, role, locale)
    return made and made.bytes


async def role_exists(connection: Connection, role: str) -> bool:
    """Return whether there is such a role."""
    return bool(await connection.fetchval(_SQL.role_exists, role))


async def put_invitation(
    connection: Connection,
    *,
    token_hash: bytes,
    agent_id: bytes,
    invited_by: bytes,
    now: datetime,
    expires_at: datetime,
    resets_factors: bool,
) -> None:
    """Keep an invitation in the place of an earlier one."""
    await connection.execute(_SQL.replace_invitation, uuid_of(agent_id), now)
    await connection.execute(
        _SQL.add_invitation,
        token_hash,
        uuid_of(agent_id),
        uuid_of(invited_by),
        now,
        expires_at,
        resets_factors,
    )


async def find_invitation(connection: Connection, token_hash: bytes, now: datetime) -> OpenInvitation | None:
    """Return an invitation that can be accepted."""
    row = await connection.fetchrow(_SQL.invitation, token_hash, now)
    return row and OpenInvitation(**{**dict(row), "agent_id": row["agent_id"].bytes})


async def accept_invitation(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    """Use up an invitation; False when somebody else has."""
    return await connection.fetchval(_SQL.accept_invitation, token_hash, now) is not None


async def add_sign_on(
    connection: Connection,
    *,
    state_hash: bytes,
    nonce: str,
    code_verifier: str,
    now: datetime,
    expires_at: datetime,
    waiting_max: int,
) -> bool:
    """Keep what the identity provider's answer is checked against; False when too many wait."""
    kept = await connection.fetchval(
        _SQL.add_sign_on, state_hash, nonce, code_verifier, now, expires_at, waiting_max
    )
    return kept is not None


async def take_sign_on(connection: Connection, state_hash: bytes, now: datetime) -> tuple[str, str] | None:
    """Return nonce and code verifier of a request, once."""
    row = await connection.fetchrow(_SQL.take_sign_on, state_hash, now)
    return row and (row["nonce"], row["code_verifier"])


async def find_agent_by_email(connection: Connection, email: str) -> bytes | None:
    """Return the id of an agent who is not disabled."""
    found = await connection.fetchval(_SQL.agent_by_email, email)
    return found and found.bytes


async def forget_old_access(connection: Connection, before: datetime) -> None:
    """Drop log ins, requests and devices that expired."""
    await connection.execute(_SQL.forget_old_access, before)
