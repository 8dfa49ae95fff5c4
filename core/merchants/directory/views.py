"""Rows of the directory in their public shapes."""

import asyncpg
import msgspec

from core.contracts.merchants import (
    AccountDetail,
    AccountRef,
    AccountSummary,
    CompanyDetail,
    CompanySummary,
    Contact,
    Iban,
    StoreMade,
)
from core.contracts.scope import Scope
from core.merchants.rules import masked_iban
from core.merchants.store import summary_of
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none


def account_of(row: asyncpg.Record) -> AccountSummary:
    """Return an account in a list."""
    return AccountSummary(
        id=encode_id("account", row["id"].bytes),
        name=row["name"],
        company_count=row["company_count"],
        store_count=row["store_count"],
    )


def account_detail_of(
    row: asyncpg.Record, companies: list[CompanySummary], contacts: list[Contact], *, through_store: bool
) -> AccountDetail:
    """Return a whole account."""
    return AccountDetail(
        **msgspec.structs.asdict(account_of(row)),
        revision=row["version"],
        changed_at=timestamp(row["changed_at"]),
        companies=companies,
        contacts=contacts,
        through_store=through_store,
    )


def company_of(row: asyncpg.Record, scope: Scope) -> CompanySummary:
    """Return a company in a list: of its IBAN the country and the last four, for who sees more than a store of it."""
    shows_iban = row["iban"] is not None and holds_company(row, scope)
    return CompanySummary(
        id=encode_id("company", row["id"].bytes),
        legal_name=row["legal_name"],
        siren=row["siren"],
        vat=row["vat"],
        city=row["city"],
        postcode=row["postcode"],
        department=row["department"],
        account=account_ref_of(row),
        iban=Iban(*masked_iban(row["iban"])) if shows_iban else None,
        store_count=row["store_count"],
        validated=row["validated_at"] is not None,
    )


def company_detail_of(
    row: asyncpg.Record,
    stores: list[asyncpg.Record],
    contacts: list[Contact],
    *,
    scope: Scope,
    editing: Scope,
) -> CompanyDetail:
    """Return a whole company; its IBAN is whole where the caller may edit it."""
    summary = company_of(row, scope)
    if summary.iban is not None and holds_company(row, editing):
        summary.iban = msgspec.structs.replace(summary.iban, value=row["iban"])
    return CompanyDetail(
        **msgspec.structs.asdict(summary),
        legal_form=row["legal_form"],
        activity=row["activity"],
        street=row["street"],
        revision=row["version"],
        changed_at=timestamp(row["changed_at"]),
        validated_at=timestamp_or_none(row["validated_at"]),
        stores=[summary_of(one) for one in stores],
        contacts=contacts,
        through_store=not holds_company(row, scope),
    )


def holds_company(row: asyncpg.Record, scope: Scope) -> bool:
    """Return whether a scope sees the company by its own place, and not only through a store of it."""
    return scope.sees(row["department"] or "", b"", row["id"].bytes)


def store_made_of(row: asyncpg.Record, contacts: list[Contact]) -> StoreMade:
    """Return a store as it was written."""
    return StoreMade(
        **msgspec.structs.asdict(summary_of(row)),
        street=row["street"],
        merchant_category=row["merchant_category"],
        opening=row["opening"],
        time_zone=row["time_zone"],
        revision=row["version"],
        changed_at=timestamp(row["changed_at"]),
        contacts=contacts,
    )


def contact_of(row: asyncpg.Record) -> Contact:
    """Return a contact."""
    return Contact(
        id=encode_id("contact", row["id"].bytes),
        name=row["name"],
        role=row["role"],
        email=row["email"],
        phone=row["phone"],
        revision=row["version"],
    )


def account_ref_of(row: asyncpg.Record) -> AccountRef:
    """Return the account of a row that has `account_id` and `account_name`."""
    return AccountRef(encode_id("account", row["account_id"].bytes), row["account_name"])
