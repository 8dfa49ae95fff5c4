"""What the outbox and the bell of the demonstration show: mail that left, one that did not, and notices."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from core.db.queries import load
from core.notifications.api import mail_digest
from core.values.clock import paris_date
from core.values.ids import encode_id
from deploy.sandbox.demonstration.merchants import FACTS, SUBMITTED_FILE
from deploy.sandbox.demonstration.numbers import siren
from deploy.sandbox.demonstration.requests import REQUESTS

_SQL: Final = load(Path(__file__).with_name("letters.sql"))
_VALIDATORS: Final = ("commercial@guichet.example",)
_MENTIONED: Final = "backoffice@guichet.example"
_MENTION: Final = "@backoffice, à suivre ?"


async def seed_letters(connection: asyncpg.Connection) -> None:
    """Add what is missing after requests, files and contracts; running it again changes nothing."""
    now = datetime.now(UTC)
    # The oldest first: lists are in the order of the ids, which grow with each row.
    await _contracts_made(connection, now - timedelta(hours=3))
    await _requests_given(connection, now)
    await _file_submitted(connection, now - timedelta(minutes=20))


async def _requests_given(connection: asyncpg.Connection, now: datetime) -> None:
    rows = await connection.fetch(_SQL.requests_given, [one.title for one in REQUESTS])
    for place, row in enumerate(rows):
        facts = {"code": row["code"], "title": row["title"], "by": row["by"]}
        link = f"/requests/{row['code']}"
        at = now - timedelta(minutes=40 * (len(rows) - place))
        await _ring(connection, row["email"], "request_assigned", facts, link, at)
        if not row["has_place"]:
            # Its page is its team's alone, and who reads the outbox of the demonstration is in none.
            continue
        await _letter(
            connection,
            "request_assigned",
            to=row["email"],
            facts={**facts, "name": row["name"], "type": row["type"], "link": link},
            about=("request", row["id"]),
            at=at,
        )
    await connection.execute(_SQL.drop_closed_mention, _MENTIONED, [one.title for one in REQUESTS])
    # Somebody of another team is mentioned: at a request with a place, which whoever sees the place may open.
    first = next((row for row in rows if row["has_place"]), None)
    if first is not None:
        at = now - timedelta(minutes=5)
        await connection.execute(_SQL.add_comment, first["id"], first["author_id"], at, _MENTION)
        said = {"code": first["code"], "title": first["title"], "by": first["by"], "excerpt": _MENTION}
        await _ring(connection, _MENTIONED, "request_mention", said, f"/requests/{first['code']}", at)


async def _contracts_made(connection: asyncpg.Connection, now: datetime) -> None:
    for row in await connection.fetch(_SQL.contracts_made, [siren(one.number) for one in FACTS]):
        facts = {"name": row["name"], "company": row["legal_name"], "reference": row["number"]}
        active = row["state"] == "active"
        await _letter(
            connection,
            "contract_active" if active else "contract_to_sign",
            to=row["email"],
            # The link to sign is one that has left: nobody reads it here afterwards.
            facts=facts | ({"date": f"{paris_date(now):%d/%m/%Y}"} if active else {}),
            about=("company", row["company_id"]),
            at=now,
            error="550 5.1.1 mailbox unavailable" if active else "",
        )


async def _file_submitted(connection: asyncpg.Connection, now: datetime) -> None:
    row = await connection.fetchrow(_SQL.file_submitted, SUBMITTED_FILE)
    if row is None:
        return
    link = f"/onboarding/{encode_id('onboarding', row['id'].bytes)}"
    for email in _VALIDATORS:
        facts = {"name": row["name"], "by": row["by"]}
        await _ring(connection, email, "onboarding_submit", facts, link, now)


async def _ring(
    connection: asyncpg.Connection, email: str, kind: str, facts: dict[str, str], link: str, at: datetime
) -> None:
    await connection.execute(_SQL.ring, email, kind, msgspec.json.encode(facts).decode(), link, at)


async def _letter(
    connection: asyncpg.Connection,
    template: str,
    *,
    to: str,
    facts: dict[str, str],
    about: tuple[str, UUID],
    at: datetime,
    error: str = "",
) -> None:
    kind, target = about
    # What it is about is the same at every run; its words hold the day of the first.
    once = mail_digest(
        template=template,
        to=to,
        locale="fr",
        facts={},
        about_kind=kind,
        about_id=target.bytes,
        once_key="demonstration",
    )
    await connection.execute(
        _SQL.add_letter,
        once,
        template,
        to,
        "fr",
        msgspec.json.encode(facts).decode(),
        kind,
        target,
        "failed" if error else "sent",
        8 if error else 1,
        error,
        at,
    )
