"""Statements of customers as typed functions. Every function takes the connection of its caller's transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.identity.customers.model import Customer, ProvedEmail, StoredLink
from core.identity.model import Credential, Person
from core.identity.origin import CALLED_FROM

_SQL = load_beside(__file__)
PRUNE_LINKS = _SQL.prune_links


async def find_credential(connection: Connection, email: str) -> Credential | None:
    """Return what a log in is checked against."""
    row = await connection.fetchrow(_SQL.credential, email)
    return None if row is None else Credential(row["id"].bytes, row["password_hash"], row["disabled_at"])


async def find_person(connection: Connection, customer_id: bytes) -> Person | None:
    """Return a customer with what proves them."""
    row = await connection.fetchrow(_SQL.customer_of, uuid_of(customer_id))
    return None if row is None else Person(**dict(row))


async def find_signed_in(connection: Connection, token_hash: bytes) -> Customer | None:
    """Return a session with its customer; None too for one whose addresses moved to another access."""
    row = await connection.fetchrow(_SQL.signed_in, token_hash)
    if row is None or row["email"] is None:
        return None
    return Customer(**{**dict(row), "customer_id": row["customer_id"].bytes, "emails": tuple(row["emails"])})


async def put_access_link(
    connection: Connection,
    *,
    token_hash: bytes,
    email: str,
    asked_from: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a link by which a password is chosen in the place of an earlier one that was asked for from the same place.

    Anybody may ask for any address: what another asked for stays good until one of them is used.
    """
    await connection.execute(_SQL.replace_link, "access", email, None, now, asked_from)
    await connection.execute(_SQL.add_access_link, token_hash, email, now, expires_at, asked_from)


async def find_access_link(connection: Connection, token_hash: bytes, now: datetime) -> StoredLink | None:
    """Return a link that is good now, and whose address it is."""
    row = await connection.fetchrow(_SQL.access_link, token_hash, now)
    if row is None:
        return None
    owner = row["customer_id"]
    return StoredLink(row["token_hash"], row["email"], row["expires_at"], owner and owner.bytes)


async def use_link(connection: Connection, token_hash: bytes, now: datetime) -> bool:
    """Use a link up; False when it was used or replaced meanwhile."""
    return bool(await connection.fetchval(_SQL.use_link, token_hash, now))


async def add_customer(
    connection: Connection, *, name: str, password_hash: str, locale: str, now: datetime
) -> bytes:
    """Make a customer."""
    made = await connection.fetchval(_SQL.add_customer, name, password_hash, locale, now)
    assert made is not None
    return made.bytes


async def add_email(
    connection: Connection, customer_id: bytes, email: str, *, is_main: bool, now: datetime
) -> bool:
    """Give a proved address to a customer; False when it is somebody's."""
    made = await connection.fetchval(_SQL.add_email, uuid_of(customer_id), email, is_main, now)
    return made is not None


async def list_emails(connection: Connection, customer_id: bytes) -> list[ProvedEmail]:
    """Return a customer's addresses, the main one first."""
    rows = await connection.fetch(_SQL.emails, uuid_of(customer_id))
    return [ProvedEmail(**{**dict(row), "id": row["id"].bytes}) for row in rows]


async def put_email_link(
    connection: Connection,
    *,
    token_hash: bytes,
    email: str,
    customer_id: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a link that proves one more address in the place of an earlier one."""
    await connection.execute(_SQL.replace_link, "email", email, uuid_of(customer_id), now, "")
    await connection.execute(_SQL.add_email_link, token_hash, email, uuid_of(customer_id), now, expires_at)


async def find_email_link(
    connection: Connection, token_hash: bytes, *, customer_id: bytes, now: datetime
) -> str | None:
    """Return the address that a link of this customer's proves now."""
    return await connection.fetchval(_SQL.email_link, token_hash, uuid_of(customer_id), now)


async def list_waiting(connection: Connection, customer_id: bytes, now: datetime) -> list[str]:
    """Return the addresses to which a link was sent that is still good."""
    return [row["email"] for row in await connection.fetch(_SQL.waiting_emails, uuid_of(customer_id), now)]


async def find_owner(connection: Connection, email: str) -> bytes | None:
    """Return whose an address is just now."""
    owner = await connection.fetchval(_SQL.owner_of, email)
    return owner and owner.bytes


async def hold(connection: Connection, customer_ids: Iterable[bytes]) -> set[bytes]:
    """Hold customers until the end of the transaction, in one order; return those whose access still stands."""
    rows = await connection.fetch(_SQL.hold, [uuid_of(each) for each in customer_ids])
    return {row["id"].bytes for row in rows}


async def lock_owner(connection: Connection, email: str) -> bytes | None:
    """Return whose an address is, held until the end of the transaction."""
    owner = await connection.fetchval(_SQL.email_owner, email)
    return owner and owner.bytes


async def join_into(connection: Connection, *, joined: bytes, customer_id: bytes, now: datetime) -> None:
    """Give all addresses of one access to another one, and let nobody in by the first from now on."""
    await connection.execute(_SQL.move_emails, uuid_of(joined), uuid_of(customer_id))
    await connection.execute(_SQL.disable, uuid_of(joined), now)


async def make_main(connection: Connection, customer_id: bytes, email_id: bytes) -> tuple[str, str] | None:
    """Write to another address from now on; return the former and the new one, None when it is not the customer's."""
    former = await connection.fetchval(_SQL.clear_main, uuid_of(customer_id))
    present = await connection.fetchval(_SQL.set_main, uuid_of(email_id), uuid_of(customer_id))
    return None if present is None else (former or present, present)


async def remove_email(connection: Connection, customer_id: bytes, email_id: bytes) -> str | None:
    """Give up an address; return it, None when it is not the customer's or the main one."""
    return await connection.fetchval(_SQL.remove_email, uuid_of(email_id), uuid_of(customer_id))


async def change_customer(
    connection: Connection, customer_id: bytes, *, name: str | None, locale: str | None
) -> None:
    """Change what is given."""
    await connection.execute(_SQL.change_customer, uuid_of(customer_id), name, locale)


async def record_event(
    connection: Connection,
    person_id: bytes,
    *,
    now: datetime,
    kind: str,
    facts: dict[str, Any],
    ip: str = "",
) -> None:
    """Append what a customer did; `facts` are JSON, without a secret. `ip` is for who has no session yet."""
    encoded = msgspec.json.encode(facts).decode()
    await connection.execute(
        _SQL.record_event, uuid_of(person_id), now, kind, encoded, ip or CALLED_FROM.get()
    )
