"""Statements of merchants as typed functions."""

from typing import Final

import asyncpg

from core.contracts.references import BrandName, CompanyRef, Money
from core.contracts.scope import Scope
from core.contracts.states import Brand
from core.contracts.stores import ServiceView, StoreSummary
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.values.ids import encode_id

_SQL = load_beside(__file__)

COMPANIES_NAMED_MAX: Final = 200
"""Of a name that more companies hold, the stores are found by their own words only."""

FEW_STORES_MAX: Final = 1_500
"""Above it, the names of the whole country read in order come to a page of one's own sooner than one's own are sorted."""

BRAND_NAMES: dict[int, BrandName] = {
    Brand.OTHER: "other",
    Brand.CB: "cb",
    Brand.VISA: "visa",
    Brand.MASTERCARD: "mastercard",
    Brand.AMEX: "amex",
}


async def search_stores(
    connection: Connection, scope: Scope, *, pattern: str, after_name: str, after_id: bytes, limit: int
) -> list[StoreSummary]:
    """Return stores in the order of name and id; `pattern` is a LIKE pattern or empty."""
    parameters = (after_name, uuid_of(after_id), limit)
    found = await connection.fetch(_SQL.companies_named, pattern, COMPANIES_NAMED_MAX) if pattern else []
    named = [row["id"] for row in found]
    places = scope.places()
    if not places.anywhere:
        rows = await connection.fetch(
            _SQL.search_stores_of_places, *parameters, pattern, named, *places.named
        )
    elif pattern:
        rows = await connection.fetch(_SQL.search_stores_with_words, *parameters, pattern, named)
    else:
        rows = await connection.fetch(_SQL.search_stores, *parameters)
    return [summary_of(row) for row in rows]


async def are_few_stores(connection: Connection, departments: list[str]) -> bool:
    """Return whether a list had better begin with the stores of the departments."""
    counted = await connection.fetchval(_SQL.stores_up_to, departments, FEW_STORES_MAX + 1)
    return int(counted or 0) <= FEW_STORES_MAX


async def find_store(connection: Connection, scope: Scope, store_id: bytes) -> asyncpg.Record | None:
    """Return a store's row with its company."""
    return await connection.fetchrow(_SQL.store_by_id, scope.parameter(), uuid_of(store_id))


async def list_services(connection: Connection, store_id: bytes) -> list[ServiceView]:
    """Return the services of a store."""
    return [_service_of(row) for row in await connection.fetch(_SQL.services_of_store, uuid_of(store_id))]


def summary_of(row: asyncpg.Record) -> StoreSummary:
    """Return the store of a row."""
    return StoreSummary(
        id=encode_id("store", row["id"].bytes),
        name=row["name"],
        siret=row["siret"],
        acceptor=row["acceptor"],
        company=CompanyRef(encode_id("company", row["company_id"].bytes), row["legal_name"]),
        city=row["city"],
        postcode=row["postcode"],
        department=row["department"],
        terminal_count=row["terminal_count"],
        blocked=row["blocked_at"] is not None,
    )


def _service_of(row: asyncpg.Record) -> ServiceView:
    currency = row["currency"]

    def money(amount: int | None) -> Money | None:
        return None if amount is None else Money(amount, currency)

    return ServiceView(
        id=encode_id("service", row["id"].bytes),
        kind=row["kind"],
        active=row["active"],
        blocked=row["blocked_at"] is not None,
        currency=currency,
        brands=[BRAND_NAMES[brand] for brand in row["brands"]],
        transaction_max=Money(row["transaction_max_minor"], currency),
        terminal_day_max=money(row["terminal_day_max_minor"]),
        store_day_max=money(row["store_day_max_minor"]),
        duplicate_window_s=row["duplicate_window_s"],
    )
