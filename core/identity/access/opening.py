"""What follows a right first factor: a session, a session that may only add a factor, or a second step."""

import secrets
from datetime import datetime
from typing import Any, Final

from core.contracts.access import SecondFactor, SecondFactorNeeded
from core.db.rows import Connection
from core.identity.access.model import Arrival, StoredFactor
from core.identity.access.rules import DEVICE_LIFE, DEVICES_MAX, PENDING_LIFE
from core.identity.realm import Opened, Realm, Told
from core.identity.views import hash_of_token
from core.values.timestamps import timestamp

TOKEN_BYTES: Final = 32


def standing(factors: list[StoredFactor]) -> list[StoredFactor]:
    """Return the factors that count."""
    return [factor for factor in factors if factor.confirmed_at is not None]


async def ask_second_factor(
    connection: Connection,
    realm: Realm[Any],
    person_id: bytes,
    factors: list[StoredFactor],
    *,
    first_factor: str,
    arrival: Arrival,
    now: datetime,
) -> SecondFactorNeeded:
    """Keep the log in until its second step and say which factors it takes."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = now + PENDING_LIFE
    await realm.people.add_pending(
        connection,
        token_hash=hash_of_token(token),
        person_id=person_id,
        first_factor=first_factor,
        arrival=arrival,
        now=now,
        expires_at=expires_at,
    )
    kinds: list[SecondFactor] = [
        kind for kind in ("totp", "passkey") if any(factor.kind == kind for factor in factors)
    ]
    if await realm.people.count_recovery_codes(connection, person_id):
        kinds.append("recovery_code")
    return SecondFactorNeeded(token, timestamp(expires_at), kinds)


async def open_session(
    connection: Connection,
    realm: Realm[Told],
    person_id: bytes,
    *,
    arrival: Arrival,
    factor: str,
    now: datetime,
    enrolling: bool = False,
) -> Told:
    """Open a session within the caller's transaction, write it down, and know the device if it wants to be known.

    Only a whole log in makes a device known: a session that is still adding a factor does not.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    token_hash = hash_of_token(token)
    remembered = arrival.wants_device and not enrolling
    expires_at = now + (realm.remembered_life if remembered else realm.session_life)
    await realm.people.open_session(
        connection,
        token_hash=token_hash,
        person_id=person_id,
        now=now,
        expires_at=expires_at,
        user_agent=arrival.user_agent,
        ip=arrival.ip,
        enrolling=enrolling,
    )
    device = None if enrolling else await _know_device(connection, realm, person_id, arrival, now)
    await realm.record(
        connection,
        person_id,
        now=now,
        kind="session.opened",
        facts={"ip": arrival.ip, "factor": factor},
        ip=arrival.ip,
    )
    return await realm.tell(connection, Opened(token, token_hash, expires_at, enrolling, device))


async def replace_password(
    connection: Connection,
    realm: Realm[Any],
    person_id: bytes,
    encoded: str,
    *,
    now: datetime,
    but: bytes | None = None,
) -> int:
    """Replace a password: sessions end, all but the one with that hash, and no device stays known; return how many."""
    await realm.people.lock_person(connection, person_id)
    await realm.people.put_password(connection, person_id, encoded)
    ended = await realm.people.end_sessions_of(connection, person_id, now, but=but)
    await realm.people.forget_devices(connection, person_id)
    return ended


async def _know_device(
    connection: Connection, realm: Realm[Any], person_id: bytes, arrival: Arrival, now: datetime
) -> str | None:
    until = now + DEVICE_LIFE
    if arrival.device_hash is not None:
        await realm.people.note_device(connection, arrival.device_hash, now=now, until=until)
        return None
    if not arrival.wants_device:
        return None
    device = secrets.token_urlsafe(TOKEN_BYTES)
    await realm.people.add_device(
        connection, hash_of_token(device), person_id, now=now, until=until, keep=DEVICES_MAX - 1
    )
    return device
