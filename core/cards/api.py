"""The door for other slices: open a page on which a card is typed, spend its token, have its holder authenticated.

What is paid or verified while a card's holder is there: `count_try` and `spend_token` in the transaction that gives the
card its place, then `Authentications.ask_once`; once that vouches for the amount, `proof_of_holder` goes with what the
host is asked, and what the network calls it is kept by `keep_network_id`.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from core.bus import Bus
from core.cards import rules, store
from core.cards.authenticating.handlers import Authentication, Authentications, Question
from core.cards.authenticating.issuer import Issuer, IssuerByFrame, take_security_code
from core.cards.errors import CardTokenRefused, CardTriesTooMany
from core.cards.model import StoredCard, Use
from core.cards.rules import good_until, refuse_card
from core.cards.tries import Payer, count_try, refuse_tries
from core.contracts.cards import Language, Purpose
from core.contracts.refusals import FieldRefused
from core.db.rows import Connection, uuid_of
from core.runtime.manifest import Parts
from core.values.web_pages import is_origin, is_page_of
from observability.process import SettingRefused

__all__ = [
    "Authentication",
    "Authentications",
    "CardTokenRefused",
    "CardTriesTooMany",
    "HolderProof",
    "Issuer",
    "IssuerByFrame",
    "OpenedFrame",
    "Payer",
    "Question",
    "StoredCard",
    "Use",
    "authentications_of",
    "card_of",
    "count_try",
    "frame_url_of",
    "good_until",
    "keep_network_id",
    "open_frame",
    "open_frames",
    "payment_proof",
    "proof_of_holder",
    "refuse_card",
    "refuse_tries",
    "release_card",
    "spend_token",
    "take_security_code",
]

FRAME_URL_SETTING: Final = "GUICHET_CARD_FRAME_URL"
_FRAME_URL: Final = "http://localhost:7080"


class OpenedFrame(msgspec.Struct, frozen=True):
    """`address` is a secret: who has it may type a card there, once."""

    session_id: bytes
    address: str
    expires_at: datetime


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
    if not is_origin(origin):
        raise FieldRefused("origin", "malformed", "https://…")
    if return_url is not None and not is_page_of(return_url, origin=origin):
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


async def open_frames(connection: Connection, subject_ids: Sequence[bytes], *, now: datetime) -> int:
    """Return how many pages are open for orders, changes of card or settlements."""
    subjects = [uuid_of(each) for each in subject_ids]
    found: Any = await connection.fetchval(store.SQL.count_open, subjects, now)
    return found


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
    return StoredCard(card_id, use.company_id, card, token_id=token_id, frame=row["frame"])


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
        row["released_at"],
        row["token_id"].bytes,
        row["frame"] or "",
    )


async def keep_network_id(
    connection: Connection, card_id: bytes, network_transaction_id: str, *, now: datetime
) -> None:
    """Keep what the network calls the first payment of a card, which verified it; what is kept already stays."""
    await connection.execute(store.SQL.keep_network_id, uuid_of(card_id), network_transaction_id, now)


async def release_card(connection: Connection, card_id: bytes, *, now: datetime) -> None:
    """Let a card go: nothing is debited from it any more."""
    await connection.execute(store.SQL.release_card, uuid_of(card_id), now)


def frame_url_of(environment: Mapping[str, str]) -> str:
    """Return where browsers find the card frame. Raises: SettingRefused."""
    url = environment.get(FRAME_URL_SETTING, _FRAME_URL)
    if not is_origin(url):
        raise SettingRefused(f"{FRAME_URL_SETTING} is no address like https://cards.example")
    return url


def authentications_of(parts: Parts) -> Authentications:
    """Return the authentications of a process, whose card frame asks the issuers."""
    return Authentications(
        parts.pool, parts.clock, IssuerByFrame(parts.bus), frame_url=frame_url_of(parts.environment)
    )


def payment_proof(authentication: Authentication) -> str:
    """Return what the issuer answered, as a first payment tells it: ECI, cryptogram, and what its directory calls it."""
    return f"{authentication.eci}{authentication.proof}{authentication.directory_id}"


class HolderProof(NamedTuple):
    """What goes with what a host is asked while a card's holder is there: their security code, sealed, and their bank's answer."""

    sensitive: bytes
    authentication: str


async def proof_of_holder(bus: Bus, card: StoredCard, authentication: Authentication) -> HolderProof:
    """Return what a holder proved, once: whoever asks again for the security code of a token gets none."""
    sensitive = await take_security_code(bus, token_id=card.token_id, frame=card.frame)
    return HolderProof(sensitive, payment_proof(authentication))
