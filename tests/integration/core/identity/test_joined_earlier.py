"""What customers wrote before their accesses were joined, at a time when that carried nothing over, is found again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from core.values.ids import encode_id
from tests.architecture.lint_migrations import MIGRATIONS, up_part
from tests.support.servers import TestDatabase

CARRY_OVER: Final = up_part((MIGRATIONS / "20261129000201_conversations_of_joined.sql").read_text())


@pytest.fixture
async def rows(database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_dsn)
    yield connection
    await connection.close()


async def carry_over(rows: asyncpg.Connection) -> None:
    async with rows.transaction():
        await rows.execute(CARRY_OVER)


async def customer(rows: asyncpg.Connection) -> UUID:
    made: Any = await rows.fetchval(
        "INSERT INTO customer (name, password_hash, locale, created_at) VALUES ('', '-', 'fr', now()) RETURNING id"
    )
    return made


async def join(rows: asyncpg.Connection, joined: UUID, into: UUID) -> None:
    """Join one access into another one as it was written then: its conversations stay where they were."""
    await rows.execute("UPDATE customer SET disabled_at = now() WHERE id = $1", joined)
    await rows.execute(
        "INSERT INTO customer_event (customer_id, at, kind, facts) VALUES"
        " ($1, now(), 'customer.joined', jsonb_build_object('into', $2::text)), ($3, now(), 'email.proved', '{}')",
        joined,
        encode_id("customer", into.bytes),
        into,
    )


async def talk(rows: asyncpg.Connection, whose: UUID, channel: str, state: str, *said: str) -> UUID:
    made: Any = await rows.fetchval(
        "INSERT INTO conversation (customer_id, channel, state, since, locale, made_at, ended_by, messages)"
        " VALUES ($1, $2, $3, now(), 'fr', now(), CASE $3 WHEN 'ended' THEN 'customer' END, $4) RETURNING id",
        whose,
        channel,
        state,
        len(said),
    )
    for number, text in enumerate(said, start=1):
        await rows.execute(
            "INSERT INTO conversation_message (conversation_id, number, author, text, at)"
            " VALUES ($1, $2, 'customer', $3, now())",
            made,
            number,
            text,
        )
    return made


async def stands(rows: asyncpg.Connection, conversation: UUID) -> tuple[UUID, str, str, str]:
    row = await rows.fetchrow(
        "SELECT customer_id, channel, state, subject FROM conversation WHERE id = $1", conversation
    )
    assert row is not None
    return tuple(row)


async def test_they_go_to_the_access_that_stands_now_and_what_was_open_is_answered_by_mail(
    rows: asyncpg.Connection,
) -> None:
    first, second, last = [await customer(rows) for _ in range(3)]
    mine = await talk(rows, last, "chat", "waiting", "Bonjour")
    form = await talk(rows, first, "form", "waiting", "Où est mon colis ?")
    ended = await talk(rows, first, "chat", "ended", "Merci")
    asked = await talk(rows, first, "assistant", "assistant", "Bonjour")
    chat = await talk(rows, second, "chat", "waiting", "Où en est\nmon échéancier ?", "Bonjour ?")
    await join(rows, first, second)
    await join(rows, second, last)
    await carry_over(rows)
    assert await stands(rows, form) == (last, "form", "waiting", "")
    assert await stands(rows, ended) == (last, "chat", "ended", "")
    assert await stands(rows, asked) == (last, "assistant", "ended", "")
    assert await stands(rows, chat) == (last, "form", "waiting", "Où en est mon échéancier ?")
    assert await stands(rows, mine) == (last, "chat", "waiting", ""), "what is talked about now goes on"


async def test_conversations_of_others_stay_and_a_second_time_changes_nothing(
    rows: asyncpg.Connection,
) -> None:
    joined, into, stranger, disabled = [await customer(rows) for _ in range(4)]
    empty = await talk(rows, joined, "chat", "waiting")
    theirs = await talk(rows, stranger, "assistant", "assistant", "Bonjour")
    kept = await talk(rows, disabled, "chat", "waiting", "Bonjour")
    await rows.execute("UPDATE customer SET disabled_at = now() WHERE id = $1", disabled)
    await join(rows, joined, into)
    await carry_over(rows)
    since = await rows.fetchval("SELECT since FROM conversation WHERE id = $1", empty)
    await carry_over(rows)
    assert await rows.fetchval("SELECT since FROM conversation WHERE id = $1", empty) == since
    assert await stands(rows, empty) == (into, "chat", "ended", "")
    assert await stands(rows, theirs) == (stranger, "assistant", "assistant", "")
    assert await stands(rows, kept) == (disabled, "chat", "waiting", ""), "nobody knows who has its addresses"


async def test_accesses_that_were_joined_in_a_ring_are_left_alone(rows: asyncpg.Connection) -> None:
    """Two who proved each other's address at once could be joined into each other."""
    one, other = await customer(rows), await customer(rows)
    form = await talk(rows, one, "form", "waiting", "Bonjour")
    await join(rows, one, other)
    await join(rows, other, one)
    await carry_over(rows)
    assert (await stands(rows, form))[0] == one
