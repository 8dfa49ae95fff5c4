"""Statements of identity as typed functions. Every function takes the connection of its caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.permissions import Right
from core.contracts.scope import Area, Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.identity.access import store as access
from core.identity.model import Credential, Failures, Grant, SignedIn
from core.identity.origin import CALLED_FROM
from core.identity.people.store import AGENTS, CUSTOMERS
from core.values.regions import departments_of

_SQL = load_beside(__file__)


class StoredGrant(msgspec.Struct, frozen=True):
    """A standing grant as the statement returns it."""

    role: str
    permissions: tuple[str, ...]
    regions: tuple[str, ...] | None
    departments: tuple[str, ...] | None
    stores: tuple[UUID, ...] | None
    companies: tuple[UUID, ...] | None
    services: tuple[str, ...] | None
    amount_max_minor: int | None


_decode_grants = msgspec.json.Decoder(tuple[StoredGrant, ...]).decode


class TakenKey(msgspec.Struct, frozen=True):
    """What stands under an idempotency key; `result` None while the first call runs."""

    path: str
    body_hash: bytes
    result: bytes | None
    created_at: datetime


async def find_credential(connection: Connection, email: str) -> Credential | None:
    """Return what a log in is checked against."""
    row = await connection.fetchrow(_SQL.credential, email)
    return row and Credential(row["id"].bytes, row["password_hash"], row["disabled_at"])


async def lock_subject(connection: Connection, subject: str) -> None:
    """Hold the subject until the end of the transaction."""
    await connection.execute(_SQL.lock_subject, subject)


async def count_failures(connection: Connection, subject: str, *, since: datetime) -> Failures:
    """Return the failures of a subject since a moment."""
    row = await connection.fetchrow(_SQL.failures, subject, since)
    assert row is not None
    return Failures(row["count"], row["oldest_at"])


async def note_failure(connection: Connection, subject: str, at: datetime) -> None:
    """Count a log in against its subject."""
    await connection.execute(_SQL.note_failure, subject, at)


async def forget_failures(connection: Connection, subject: str) -> None:
    """Clear a subject after its success."""
    await connection.execute(_SQL.forget_failures, subject)


async def forget_failure(connection: Connection, subject: str, at: datetime) -> None:
    """Take back what a success counted against a subject that it shares with others."""
    await connection.execute(_SQL.forget_failure, subject, at)


async def find_signed_in(connection: Connection, token_hash: bytes) -> SignedIn | None:
    """Return a session with its agent."""
    row = await connection.fetchrow(_SQL.signed_in, token_hash)
    return row and _signed_in(row)


async def list_signed_in(connection: Connection, token_hashes: list[bytes]) -> list[SignedIn]:
    """Return those of the sessions that exist."""
    return [_signed_in(row) for row in await connection.fetch(_SQL.signed_in_many, token_hashes)]


async def record_action(
    connection: Connection,
    *,
    agent_id: bytes,
    at: datetime,
    kind: str,
    target_kind: str,
    target_id: bytes | None,
    facts: dict[str, Any],
    ip: str = "",
) -> None:
    """Append who did what to the chain of actions; `facts` are JSON, without a secret and without a card number.

    `agent_id` is an agent, or the API key of a program that did what agents do too.

    `ip` is for who has no session yet: every other call knows where it comes from.
    """
    target = None if target_id is None else uuid_of(target_id)
    encoded = msgspec.json.encode(facts).decode()
    await connection.execute(
        _SQL.record_action,
        uuid_of(agent_id),
        at,
        kind,
        target_kind,
        target,
        encoded,
        ip or CALLED_FROM.get(),
    )


async def list_holders(connection: Connection, permission: Right) -> list[tuple[bytes, Scope]]:
    """Return the agents who hold a permission, each with where, at most five hundred."""
    rows = await connection.fetch(_SQL.holders, permission.value)
    return [
        (row["id"].bytes, Scope(tuple(_grant_of(stored).area for stored in _decode_grants(row["grants"]))))
        for row in rows
    ]


async def find_last_change(
    connection: Connection, target_kind: str | None, target_id: bytes
) -> asyncpg.Record | None:
    """Return the name of who changed something last, and when; None: whatever kind of thing it is."""
    return await connection.fetchrow(_SQL.last_change, target_kind, uuid_of(target_id))


async def find_last_change_by_code(
    connection: Connection, target_kind: str, code: str
) -> asyncpg.Record | None:
    """Return the same of what has a code and no identifier, such as a role."""
    return await connection.fetchrow(_SQL.last_change_by_code, target_kind, code)


async def find_last_doer(
    connection: Connection, target_id: bytes, kinds: Sequence[str]
) -> asyncpg.Record | None:
    """Return who did one of these kinds of acts last to a thing, with their name, and when."""
    return await connection.fetchrow(_SQL.last_doer, uuid_of(target_id), list(kinds))


async def claim_key(
    connection: Connection, *, principal_id: bytes, key: str, path: str, body_hash: bytes, now: datetime
) -> TakenKey | None:
    """Take an idempotency key; return None when it is ours now, else what stands under it."""
    principal = uuid_of(principal_id)
    if await connection.fetchval(_SQL.claim_key, principal, key, path, body_hash, now) is not None:
        return None
    row = await connection.fetchrow(_SQL.key_taken, principal, key)
    if row is None:  # Released between the two statements; the caller asks again.
        return TakenKey(path, body_hash, None, now)
    return TakenKey(row["path"], row["body_hash"], row["result"], row["created_at"])


async def lock_key(connection: Connection, *, principal_id: bytes, key: str) -> bytes | None:
    """Return the answer kept under a key, if any; nobody else acts under it before the transaction ends."""
    return await connection.fetchval(_SQL.lock_key, uuid_of(principal_id), key)


async def keep_result(connection: Connection, *, principal_id: bytes, key: str, result: bytes) -> None:
    """Keep the first answer under its key."""
    await connection.execute(_SQL.keep_result, uuid_of(principal_id), key, result)


async def release_key(connection: Connection, *, principal_id: bytes, key: str) -> None:
    """Free the key of a call that was refused."""
    await connection.execute(_SQL.release_key, uuid_of(principal_id), key)


async def forget_old(connection: Connection, *, keys_before: datetime, failures_before: datetime) -> None:
    """Drop keys, failures, unfinished log ins and old devices past their keeping time."""
    await connection.execute(_SQL.forget_old_keys, keys_before)
    await connection.execute(_SQL.forget_old_failures, failures_before)
    await access.forget_old_sign_ons(connection, failures_before)
    await AGENTS.forget_old(connection, failures_before)
    await CUSTOMERS.forget_old(connection, failures_before)


def _signed_in(row: asyncpg.Record) -> SignedIn:
    return SignedIn(
        token_hash=row["token_hash"],
        agent_id=row["agent_id"].bytes,
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        expires_at=row["expires_at"],
        ended_at=row["ended_at"],
        email=row["email"],
        name=row["name"],
        role=row["role"],
        locale=row["locale"],
        disabled_at=row["disabled_at"],
        confirmed_at=row["confirmed_at"],
        enrolling=row["enrolling"],
        grants=tuple(_grant_of(stored) for stored in _decode_grants(row["grants"])),
    )


def _grant_of(stored: StoredGrant) -> Grant:
    departments = stored.departments
    if stored.regions is not None:
        departments = tuple(dict.fromkeys((departments or ()) + departments_of(stored.regions)))
    return Grant(
        role=stored.role,
        permissions=frozenset(stored.permissions),
        area=Area(
            departments,
            None if stored.stores is None else tuple(one.bytes for one in stored.stores),
            None if stored.companies is None else tuple(one.bytes for one in stored.companies),
            stored.services,
        ),
        amount_max_minor=stored.amount_max_minor,
    )
