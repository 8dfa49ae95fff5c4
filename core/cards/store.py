"""Typed functions over the statements of cards."""

from datetime import date, datetime
from typing import Any, Final

import asyncpg

from core.cards.model import Token
from core.contracts.payment import SealedCard
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of

SQL: Final = load_beside(__file__)


async def add_session(
    connection: Connection,
    *,
    secret_hash: bytes,
    company_id: bytes,
    purpose: str,
    subject_id: bytes,
    origin: str,
    return_url: str | None,
    language: str,
    amount_minor: int | None,
    currency: str,
    needed_until: date,
    opened_at: datetime,
    expires_at: datetime,
) -> bytes:
    """Return the id of a new session."""
    made: Any = await connection.fetchval(
        SQL.add_session,
        secret_hash,
        uuid_of(company_id),
        purpose,
        uuid_of(subject_id),
        origin,
        return_url,
        language,
        amount_minor,
        currency,
        needed_until,
        opened_at,
        expires_at,
    )
    return made.bytes


async def add_token(
    connection: Connection,
    *,
    session_id: Any,
    card: SealedCard,
    frame: str,
    made_at: datetime,
    expires_at: datetime,
) -> bytes:
    """Return the id of a new token."""
    made: Any = await connection.fetchval(
        SQL.add_token,
        session_id,
        card.ciphertext,
        card.fingerprint,
        card.bin,
        card.last_four,
        card.expiry,
        card.brand,
        frame,
        made_at,
        expires_at,
    )
    return made.bytes


async def add_card(
    connection: Connection, *, token_id: bytes, company_id: bytes, card: SealedCard, stored_at: datetime
) -> bytes:
    """Return the id of a card that is kept from now on."""
    made: Any = await connection.fetchval(
        SQL.add_card,
        uuid_of(token_id),
        uuid_of(company_id),
        card.ciphertext,
        card.fingerprint,
        card.bin,
        card.last_four,
        card.expiry,
        card.brand,
        stored_at,
    )
    return made.bytes


def sealed_in(row: asyncpg.Record) -> SealedCard:
    """Return the card of a row."""
    return SealedCard(
        row["ciphertext"], row["fingerprint"], row["bin"], row["last_four"], row["expiry"], row["brand"]
    )


def token_in(row: asyncpg.Record) -> Token:
    """Return the token of a row."""
    return Token(
        row["company_id"].bytes, row["purpose"], row["subject_id"].bytes, row["expires_at"], row["spent_at"]
    )
