"""The directory that these tests pay in, and the broom between two tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from tests.integration.core.transactions.stand_in_host import ACQUIRER


@dataclass(frozen=True)
class Directory:
    """One store with two terminals of one service."""

    company: UUID
    store: UUID
    service: UUID
    terminals: tuple[bytes, bytes]


FORGET = """
SET LOCAL session_replication_role = replica; -- The append-only triggers stand aside for the test's own broom.
DELETE FROM attempt;
DELETE FROM event;
DELETE FROM ledger_entry;
DELETE FROM delivery;
DELETE FROM act;
DELETE FROM host_message;
DELETE FROM dead_letter;
DELETE FROM reversal;
DELETE FROM doubt;
DELETE FROM sweep;
DELETE FROM inbox;
DELETE FROM activity_minute;
SET LOCAL session_replication_role = origin;
UPDATE store SET blocked_at = NULL, department = '75', time_zone = 'Europe/Paris';
UPDATE terminal SET blocked_at = NULL, activated_at = coalesce(activated_at, now());
UPDATE service SET active = true, blocked_at = NULL, currency = 'EUR', brands = '{1,2,3}',
    transaction_max_minor = 500000, terminal_day_max_minor = NULL, store_day_max_minor = NULL,
    duplicate_window_s = NULL;
"""

ADD_PERSON = """
INSERT INTO agent (id, email, name, password_hash, role) VALUES ($1, $2, $2, '', 'supervisor') ON CONFLICT DO NOTHING
"""
ADD_GRANT = "INSERT INTO agent_grant (agent_id, role, granted_by) VALUES ($1, $2, $3)"


async def seed(owner: asyncpg.Connection) -> Directory:
    """Write the directory."""
    account = await _id(owner, "INSERT INTO account (name) VALUES ('Maison') RETURNING id")
    company = await _id(
        owner,
        "INSERT INTO company (account_id, legal_name, siren) VALUES ($1, 'Maison SA', '123456782') RETURNING id",
        account,
    )
    store = await _id(
        owner,
        """
        INSERT INTO store (company_id, name, siret, acceptor, merchant_category, department)
        VALUES ($1, 'Halles', '12345678200010', 'ACCEPTOR0000001', '5411', '75') RETURNING id
        """,
        company,
    )
    await owner.execute("INSERT INTO acquirer (id, code, name) VALUES (1, $1, 'Acquirer')", ACQUIRER)
    service = await _id(
        owner,
        "INSERT INTO service (store_id, kind, acquirer_id, active) VALUES ($1, 'pax', 1, true) RETURNING id",
        store,
    )
    terminals = [
        (
            await _id(
                owner,
                """
                INSERT INTO terminal (store_id, service_id, terminal, activated_at)
                VALUES ($1, $2, $3, now()) RETURNING id
                """,
                store,
                service,
                name,
            )
        ).bytes
        for name in ("T0000001", "T0000002")
    ]
    return Directory(company, store, service, (terminals[0], terminals[1]))


async def _id(owner: asyncpg.Connection, statement: str, *arguments: Any) -> UUID:
    row = await owner.fetchrow(statement, *arguments)
    assert row is not None
    return row["id"]
