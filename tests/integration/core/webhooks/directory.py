"""Two companies, and the endpoints that a test gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg

from core.db.rows import uuid_of

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


async def add_company(rows: asyncpg.Connection | asyncpg.Pool, siren: str, name: str = "Maison SA") -> bytes:
    """Add a company with its account, and return its identifier."""
    found: Any = await rows.fetchval(
        "WITH a AS (INSERT INTO account (name) VALUES ($2) RETURNING id)"
        " INSERT INTO company (account_id, legal_name, siren) SELECT a.id, $2, $1 FROM a RETURNING id",
        siren,
        name,
    )
    return found.bytes


async def add_endpoint(
    rows: asyncpg.Connection | asyncpg.Pool,
    company_id: bytes,
    *kinds: str,
    url: str = "https://shop.example/hooks",
) -> bytes:
    """Add an endpoint that wants these kinds, or all, and return its identifier."""
    found: Any = await rows.fetchval(
        "INSERT INTO webhook_endpoint (company_id, url, kinds, made_at, changed_at)"
        " VALUES ($1, $2, $3, $4, $4) RETURNING id",
        uuid_of(company_id),
        url,
        list(kinds),
        NOW,
    )
    return found.bytes
