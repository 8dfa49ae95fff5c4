"""Statements of the directory as typed functions."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.merchants import CompanyFields, ContactFields, StoreFields
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.merchants.rules import department_of
from core.merchants.store import are_few_stores

_SQL = load_beside(__file__)

PARTS_MAX = 200
"""Companies of an account, stores of a company: what one record shows."""


class Edit(NamedTuple):
    """What somebody wrote."""

    at: datetime
    name: str
    facts: dict[str, Any]


class ContactPlace(NamedTuple):
    """Whose contact somebody is."""

    kind: str
    id: bytes


async def search_companies(
    connection: Connection, scope: Scope, *, pattern: str, after: str, after_id: bytes, limit: int
) -> list[asyncpg.Record]:
    """Return companies in the order of name and id."""
    parameters = (scope.parameter(), pattern, after, uuid_of(after_id), limit)
    places = scope.places()
    if places.anywhere:
        return await connection.fetch(_SQL.search_companies, *parameters)
    if await are_few_stores(connection, places.departments):
        return await connection.fetch(_SQL.search_companies_of_places, *parameters, *places.named)
    return await connection.fetch(_SQL.search_companies_of_many, *parameters, *places.named)


async def companies_of(connection: Connection, scope: Scope, account_id: bytes) -> list[asyncpg.Record]:
    """Return the companies of an account that the scope sees, by their own place or by that of a store."""
    return await connection.fetch(_SQL.companies_of, scope.parameter(), uuid_of(account_id), PARTS_MAX)


async def find_company_seen(connection: Connection, scope: Scope, company_id: bytes) -> asyncpg.Record | None:
    """Return one company by its own place, or by that of a store of it."""
    return await connection.fetchrow(_SQL.company_seen, scope.parameter(), uuid_of(company_id))


async def lock_company(connection: Connection, scope: Scope, company_id: bytes) -> asyncpg.Record | None:
    """Return one company, locked."""
    return await connection.fetchrow(_SQL.lock_company, scope.parameter(), uuid_of(company_id))


async def insert_company(
    connection: Connection,
    *,
    company_id: bytes,
    account_id: bytes,
    fields: CompanyFields,
    now: datetime,
    validated_by: bytes | None,
) -> None:
    """Insert a company whose fields are checked. Raises: UniqueViolationError, for its SIREN."""
    await connection.execute(
        _SQL.insert_company,
        uuid_of(company_id),
        uuid_of(account_id),
        fields.legal_name,
        fields.siren,
        fields.legal_form,
        fields.vat,
        fields.activity,
        fields.street,
        fields.postcode,
        fields.city,
        fields.iban,
        department_of(fields.postcode),
        now,
        None if validated_by is None else now,
        uuid_or_none(validated_by),
    )


async def update_company(
    connection: Connection, *, company_id: bytes, fields: CompanyFields, now: datetime
) -> None:
    """Write every field of a locked company. Raises: UniqueViolationError, for its SIREN."""
    await connection.execute(
        _SQL.update_company,
        uuid_of(company_id),
        fields.legal_name,
        fields.siren,
        fields.legal_form,
        fields.vat,
        fields.activity,
        fields.street,
        fields.postcode,
        fields.city,
        fields.iban,
        department_of(fields.postcode),
        now,
    )


async def validate_company(connection: Connection, company_id: bytes, agent_id: bytes, now: datetime) -> bool:
    """Note the commercial validation; False when it was there."""
    done = await connection.execute(_SQL.validate_company, uuid_of(company_id), now, uuid_of(agent_id))
    return done.endswith(" 1")


async def company_is_validated(connection: Connection, company_id: bytes) -> bool:
    """Return whether sales has accepted the company."""
    return bool(await connection.fetchval(_SQL.company_is_validated, uuid_of(company_id)))


async def search_accounts(
    connection: Connection, scope: Scope, *, pattern: str, after: str, after_id: bytes, limit: int
) -> list[asyncpg.Record]:
    """Return accounts in the order of name and id."""
    parameters = (scope.parameter(), pattern, after, uuid_of(after_id), limit)
    places = scope.places()
    if places.anywhere:
        return await connection.fetch(_SQL.search_accounts, *parameters)
    if await are_few_stores(connection, places.departments):
        return await connection.fetch(_SQL.search_accounts_of_places, *parameters, *places.named)
    return await connection.fetch(_SQL.search_accounts_of_many, *parameters, *places.named)


async def find_account(connection: Connection, scope: Scope, account_id: bytes) -> asyncpg.Record | None:
    """Return one account by the place of a company of it: what may be changed."""
    return await connection.fetchrow(_SQL.account_by_id, scope.parameter(), uuid_of(account_id))


async def find_account_seen(connection: Connection, scope: Scope, account_id: bytes) -> asyncpg.Record | None:
    """Return one account by the place of a company of it, or of a store of one; `held` says which."""
    return await connection.fetchrow(_SQL.account_seen, scope.parameter(), uuid_of(account_id))


async def lock_account(connection: Connection, scope: Scope, account_id: bytes) -> asyncpg.Record | None:
    """Return one account, locked."""
    return await connection.fetchrow(_SQL.lock_account, scope.parameter(), uuid_of(account_id))


async def insert_account(connection: Connection, account_id: bytes, name: str, now: datetime) -> None:
    """Insert an account."""
    await connection.execute(_SQL.insert_account, uuid_of(account_id), name, now)


async def update_account(connection: Connection, account_id: bytes, name: str, now: datetime) -> None:
    """Write the name of a locked account."""
    await connection.execute(_SQL.update_account, uuid_of(account_id), name, now)


async def stores_of_company(connection: Connection, scope: Scope, company_id: bytes) -> list[asyncpg.Record]:
    """Return the stores of a company that the scope sees."""
    return await connection.fetch(_SQL.stores_of_company, scope.parameter(), uuid_of(company_id), PARTS_MAX)


async def find_store_made(connection: Connection, scope: Scope, store_id: bytes) -> asyncpg.Record | None:
    """Return one store with what is written of it."""
    return await connection.fetchrow(_SQL.store_made, scope.parameter(), uuid_of(store_id))


async def lock_store(connection: Connection, scope: Scope, store_id: bytes) -> asyncpg.Record | None:
    """Return one store, locked, with its company's SIREN."""
    return await connection.fetchrow(_SQL.lock_store, scope.parameter(), uuid_of(store_id))


async def insert_store(
    connection: Connection, *, store_id: bytes, company_id: bytes, fields: StoreFields, now: datetime
) -> None:
    """Insert a store whose fields are checked. Raises: UniqueViolationError, for its SIRET."""
    await connection.execute(
        _SQL.insert_store,
        uuid_of(store_id),
        uuid_of(company_id),
        fields.name,
        fields.siret,
        fields.merchant_category,
        fields.street,
        fields.postcode,
        fields.city,
        fields.opening,
        department_of(fields.postcode),
        now,
        fields.time_zone or None,
    )


async def update_store(
    connection: Connection, *, store_id: bytes, fields: StoreFields, now: datetime
) -> None:
    """Write every field of a locked store. Raises: UniqueViolationError, for its SIRET."""
    await connection.execute(
        _SQL.update_store,
        uuid_of(store_id),
        fields.name,
        fields.siret,
        fields.merchant_category,
        fields.street,
        fields.postcode,
        fields.city,
        fields.opening,
        department_of(fields.postcode),
        now,
        fields.time_zone,
    )


async def edits_since(connection: Connection, target_id: bytes, version: int) -> list[Edit]:
    """Return what was written of something after a version, oldest first."""
    rows = await connection.fetch(_SQL.edits_since, uuid_of(target_id), version)
    return [Edit(row["at"], row["name"], msgspec.json.decode(row["facts"])) for row in rows]


async def contacts_of(connection: Connection, target_id: bytes) -> list[asyncpg.Record]:
    """Return the contacts of an account, a company or a store that the caller sees."""
    return await connection.fetch(_SQL.contacts_of, uuid_of(target_id))


async def lock_contact(connection: Connection, contact_id: bytes) -> asyncpg.Record | None:
    """Return one contact, locked, with whose it is."""
    return await connection.fetchrow(_SQL.contact_by_id, uuid_of(contact_id))


def place_of(row: asyncpg.Record) -> ContactPlace:
    """Return whose contact a row is."""
    for kind in ("account", "company", "store"):
        owner: UUID | None = row[f"{kind}_id"]
        if owner is not None:
            return ContactPlace(kind, owner.bytes)
    raise ValueError("a contact belongs to somebody")


async def insert_contact(
    connection: Connection, *, contact_id: bytes, place: ContactPlace, fields: ContactFields, now: datetime
) -> None:
    """Insert a contact whose fields are checked."""
    owner = uuid_of(place.id)
    await connection.execute(
        _SQL.insert_contact,
        uuid_of(contact_id),
        owner if place.kind == "account" else None,
        owner if place.kind == "company" else None,
        owner if place.kind == "store" else None,
        fields.name,
        fields.role,
        fields.email,
        fields.phone,
        now,
    )


async def update_contact(connection: Connection, contact_id: bytes, fields: ContactFields) -> None:
    """Write every field of a locked contact."""
    await connection.execute(
        _SQL.update_contact, uuid_of(contact_id), fields.name, fields.role, fields.email, fields.phone
    )


async def delete_contact(connection: Connection, contact_id: bytes) -> None:
    """Delete a locked contact."""
    await connection.execute(_SQL.delete_contact, uuid_of(contact_id))
