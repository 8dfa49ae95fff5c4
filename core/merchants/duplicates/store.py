"""Statements of duplicates as typed functions."""

import asyncpg

from core.contracts.merchants import FindDuplicates
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.merchants.duplicates.rules import SHOWN_MAX, Hit, TargetKind, name_to_compare

_SQL = load_beside(__file__)


async def find_hits(
    connection: Connection,
    scope: Scope,
    asked: FindDuplicates,
    *,
    agent_id: bytes,
    own_file: bytes | None,
) -> list[Hit]:
    """Return every way in which somebody is like the one asked about; identifiers are checked before."""
    name = name_to_compare(asked.name)
    limit = SHOWN_MAX * 2
    parameter = scope.parameter()
    companies = await connection.fetch(
        _SQL.like_companies,
        parameter,
        asked.siren or asked.siret[:9],
        asked.vat,
        asked.iban,
        name,
        asked.postcode,
        asked.city,
        asked.phone,
        asked.email,
        limit,
    )
    stores = await connection.fetch(
        _SQL.like_stores,
        parameter,
        asked.siret,
        name,
        asked.postcode,
        asked.city,
        asked.phone,
        asked.email,
        limit,
    )
    files = await connection.fetch(
        _SQL.like_onboardings,
        parameter,
        asked.siren,
        name,
        uuid_of(agent_id),
        uuid_or_none(own_file),
        limit,
    )
    return [*_hits("company", companies), *_hits("store", stores), *_hits("onboarding", files)]


def _hits(kind: TargetKind, rows: list[asyncpg.Record]) -> list[Hit]:
    return [
        Hit(kind, row["id"].bytes, row["label"], row["place"], row["reason"], row["score"], row["visible"])
        for row in rows
    ]
