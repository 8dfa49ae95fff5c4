"""Statements of mail as typed functions."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.notifications.mail.model import Leased, MailState

_SQL = load_beside(__file__)
LEASE: Final = timedelta(minutes=2)
_ERROR_CHARACTERS_MAX: Final = 300


class StoredMail(NamedTuple):
    """A row of the journal."""

    id: bytes
    template: str
    recipient: str
    locale: str
    facts: dict[str, str]
    about_kind: str
    about_id: bytes | None
    state: MailState
    tries: int
    due_at: datetime
    last_error: str
    created_at: datetime
    sent_at: datetime | None
    account_id: bytes | None


class MailFilter(NamedTuple):
    """What narrows the journal; None does not."""

    state: MailState | None = None
    template: str | None = None
    pattern: str = ""
    about_id: bytes | None = None


async def lease(connection: Connection, now: datetime, *, limit: int) -> list[Leased]:
    """Take mails that are due; nobody else takes them before the lease ends."""
    rows = await connection.fetch(_SQL.lease_mail, now, now + LEASE, limit)
    return [
        Leased(
            id=row["id"].bytes,
            template=row["template"],
            recipient=row["recipient"],
            locale=row["locale"],
            facts=_facts_of(row),
            tries=row["tries"],
            account_id=None if row["account_id"] is None else row["account_id"].bytes,
        )
        for row in rows
    ]


async def note_sent(connection: Connection, mail_id: bytes, now: datetime, *, secrets: list[str]) -> None:
    """Write that a mail has left, and forget what opened something."""
    await connection.execute(_SQL.mail_sent, uuid_of(mail_id), now, secrets)


async def note_not_sent(
    connection: Connection, mail_id: bytes, *, due_at: datetime | None, error: str
) -> None:
    """Write when to try again; None: never, it has failed."""
    await connection.execute(_SQL.mail_not_sent, uuid_of(mail_id), due_at, error[:_ERROR_CHARACTERS_MAX])


async def list_mail(
    connection: Connection,
    scope: Scope,
    narrowed: MailFilter,
    *,
    mail_id: bytes | None = None,
    before: bytes | None = None,
    limit: int = 1,
) -> list[StoredMail]:
    """Return mails, newest first."""
    rows = await connection.fetch(
        _SQL.list_mail,
        scope.is_everything,
        scope.parameter(),
        uuid_or_none(mail_id),
        narrowed.state,
        narrowed.template,
        narrowed.pattern,
        uuid_or_none(narrowed.about_id),
        uuid_or_none(before),
        limit,
    )
    return [
        StoredMail(
            id=row["id"].bytes,
            template=row["template"],
            recipient=row["recipient"],
            locale=row["locale"],
            facts=_facts_of(row),
            about_kind=row["about_kind"],
            about_id=None if row["about_id"] is None else row["about_id"].bytes,
            state=row["state"],
            tries=row["tries"],
            due_at=row["due_at"],
            last_error=row["last_error"],
            created_at=row["created_at"],
            sent_at=row["sent_at"],
            account_id=None if row["account_id"] is None else row["account_id"].bytes,
        )
        for row in rows
    ]


async def lock_state(connection: Connection, mail_id: bytes) -> MailState | None:
    """Lock a mail and return its state."""
    row = await connection.fetchrow(_SQL.lock_mail, uuid_of(mail_id))
    return row and row["state"]


async def retry(connection: Connection, mail_id: bytes, now: datetime) -> None:
    """Let a mail that failed start over."""
    await connection.execute(_SQL.retry_mail, uuid_of(mail_id), now)


async def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many mails wait, and since when the oldest that nobody has tried to send."""
    row = await connection.fetchrow(_SQL.mail_waits)
    return (0, None) if row is None else (row["waiting"], row["untried_since"])


def _facts_of(row: asyncpg.Record) -> dict[str, str]:
    return msgspec.json.decode(row["facts"], type=dict[str, str])
