"""Statements of access as typed functions. Every function takes the connection of its caller's transaction."""

from datetime import datetime

import asyncpg

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.identity.access.model import OpenInvitation

_SQL = load_beside(__file__)


async def find_agent(connection: Connection, agent_id: bytes) -> asyncpg.Record | None:
    """Return an agent's e-mail, name, role, locale, password_hash and disabled_at."""
    return await connection.fetchrow(_SQL.agent_of, uuid_of(agent_id))


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


async def forget_old_sign_ons(connection: Connection, before: datetime) -> None:
    """Drop requests of single sign-on that expired."""
    await connection.execute(_SQL.forget_old_sign_ons, before)
