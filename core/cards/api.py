"""The door for other slices: open a page on which a card is typed, spend its token, read a card that is kept."""

import hashlib
import secrets
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from core.cards import rules, store
from core.cards.errors import CardTokenRefused
from core.cards.model import Use
from core.contracts.cards import Language, Purpose
from core.contracts.payment import SealedCard
from core.contracts.refusals import FieldRefused
from core.db.rows import Connection, uuid_of

__all__ = ["CardTokenRefused", "OpenedFrame", "StoredCard", "Use", "card_of", "open_frame", "spend_token"]


class OpenedFrame(msgspec.Struct, frozen=True):
    """`address` is a secret: who has it may type a card there, once."""

    session_id: bytes
    address: str
    expires_at: datetime


class StoredCard(msgspec.Struct, frozen=True):
    """A card that is kept. `frame` names the process that has its security code, only as the token is spent."""

    id: bytes
    company_id: bytes
    sealed: SealedCard
    network_transaction_id: str | None = None
    verified_at: datetime | None = None
    released_at: datetime | None = None
    frame: str = ""


async def open_frame(
    connection: Connection,
    *,
    frame_url: str,
    company_id: bytes,
    purpose: Purpose,
    subject_id: bytes,
    origin: str,
    return_url: str | None,
    language: Language,
    amount_minor: int | None,
    currency: str,
    needed_until: date,
    now: datetime,
) -> OpenedFrame:
    """Open a page for one card at `frame_url`, where browsers find the frame: `origin` may embed it and is told the token, `return_url` is a page of that origin.

    `amount_minor` is what is paid at once, None for nothing. Raises: FieldRefused.
    """
    if not rules.is_origin(origin):
        raise FieldRefused("origin", "malformed", "https://…")
    if return_url is not None and not rules.is_return(return_url, origin=origin):
        raise FieldRefused("return_url", "malformed", "https://…")
    secret = secrets.token_urlsafe(32)
    expires_at = now + rules.SESSION_LASTS
    session_id = await store.add_session(
        connection,
        secret_hash=hashlib.sha256(secret.encode()).digest(),
        company_id=company_id,
        purpose=purpose,
        subject_id=subject_id,
        origin=origin,
        return_url=return_url,
        language=language,
        amount_minor=amount_minor,
        currency=currency,
        needed_until=needed_until,
        opened_at=now,
        expires_at=expires_at,
    )
    return OpenedFrame(session_id, f"{frame_url}/frame/{secret}", expires_at)


async def spend_token(connection: Connection, token_id: bytes, use: Use, *, now: datetime) -> StoredCard:
    """Return the card of a token, kept from now on; in the caller's transaction, so that both happen or neither does.

    Raises: CardTokenRefused; then nothing was written.
    """
    row = await connection.fetchrow(store.SQL.lock_token, uuid_of(token_id))
    refusal = "unknown" if row is None else rules.refuse_spending(store.token_in(row), use, now=now)
    if row is None or refusal is not None:
        raise CardTokenRefused(token_id, refusal or "unknown")
    card = store.sealed_in(row)
    await connection.execute(store.SQL.spend_token, uuid_of(token_id), now)
    card_id = await store.add_card(
        connection, token_id=token_id, company_id=use.company_id, card=card, stored_at=now
    )
    return StoredCard(card_id, use.company_id, card, frame=row["frame"])


async def card_of(connection: Connection, card_id: bytes) -> StoredCard | None:
    """Return a card that is kept, None for an unknown one."""
    row: asyncpg.Record | Any = await connection.fetchrow(store.SQL.card, uuid_of(card_id))
    if row is None:
        return None
    return StoredCard(
        row["id"].bytes,
        row["company_id"].bytes,
        store.sealed_in(row),
        row["network_transaction_id"],
        row["verified_at"],
        row["released_at"],
    )
