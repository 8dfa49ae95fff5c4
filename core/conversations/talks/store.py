"""Statements of conversations as typed functions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from core.contracts.conversations import (
    ConversationCustomer,
    ConversationMessage,
    ConversationSummary,
    MessageSource,
    MyConversation,
    MyConversationSummary,
)
from core.contracts.references import PersonRef
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.identity.api import SessionEnded
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL: Final = load_beside(__file__)
_decode_sources = msgspec.json.Decoder(list[MessageSource]).decode


async def lock_customer(connection: Connection, customer_id: bytes) -> None:
    """Let what one customer writes take turns. Raises: SessionEnded, where their access was joined into another one."""
    if await connection.fetchval(_SQL.lock_customer, uuid_of(customer_id)) is None:
        raise SessionEnded


async def answer_by_mail(connection: Connection, conversation_id: bytes) -> None:
    """Make a chat that is locked a form, whoever has it: its answer goes by mail."""
    await connection.execute(_SQL.answer_by_mail, uuid_of(conversation_id))


async def give_conversations(connection: Connection, *, joined: bytes, customer_id: bytes) -> None:
    """Make all conversations of one customer another one's."""
    await connection.execute(_SQL.give_conversations, uuid_of(joined), uuid_of(customer_id))


async def lately_written(
    connection: Connection, customer_id: bytes, since: datetime
) -> tuple[int, datetime | None]:
    """Return how many forms a customer wrote since a moment, and when the first of them."""
    row = await connection.fetchrow(_SQL.lately_written, uuid_of(customer_id), since)
    assert row is not None  # an aggregate always gives a row
    return row["forms"], row["first"]


async def lately_said(connection: Connection, customer_id: bytes, since: datetime) -> int:
    """Return how many messages a customer wrote since a moment."""
    return await connection.fetchval(_SQL.lately_said, uuid_of(customer_id), since) or 0


async def find_own_order(connection: Connection, order_id: bytes, emails: Sequence[str]) -> str | None:
    """Return the reference of a purchase within a customer's addresses."""
    return await connection.fetchval(_SQL.own_order, uuid_of(order_id), list(emails))


async def lock_open_talk(connection: Connection, customer_id: bytes) -> asyncpg.Record | None:
    """Lock what a customer talks in now."""
    return await connection.fetchrow(_SQL.open_talk, uuid_of(customer_id))


async def add_conversation(
    connection: Connection,
    *,
    customer_id: bytes,
    channel: str,
    state: str,
    locale: str,
    now: datetime,
    subject: str = "",
    order_id: bytes | None = None,
) -> bytes:
    """Insert a conversation."""
    made: Any = await connection.fetchval(
        _SQL.add_conversation,
        uuid_of(customer_id),
        channel,
        state,
        now,
        subject,
        uuid_or_none(order_id),
        locale,
    )
    return made.bytes


async def lock_conversation(connection: Connection, conversation_id: bytes) -> asyncpg.Record | None:
    """Lock a conversation."""
    return await connection.fetchrow(_SQL.lock_conversation, uuid_of(conversation_id))


async def add_message(
    connection: Connection,
    conversation_id: bytes,
    number: int,
    *,
    author: str,
    text: str,
    now: datetime,
    agent_id: bytes | None = None,
    sources: Sequence[MessageSource] = (),
) -> None:
    """Insert the next message of a conversation that is locked."""
    conversation = uuid_of(conversation_id)
    await connection.execute(
        _SQL.add_message,
        conversation,
        number,
        author,
        uuid_or_none(agent_id),
        text,
        msgspec.json.encode(list(sources)).decode(),
        now,
    )
    await connection.execute(_SQL.count_message, conversation, number, author)


async def make_form(
    connection: Connection, conversation_id: bytes, *, subject: str, order_id: bytes | None, now: datetime
) -> None:
    """Let people have what was said with the assistant."""
    await connection.execute(_SQL.make_form, uuid_of(conversation_id), now, subject, uuid_or_none(order_id))


async def make_chat(connection: Connection, conversation_id: bytes, now: datetime) -> None:
    """Let a conversation with the assistant wait for an agent."""
    await connection.execute(_SQL.make_chat, uuid_of(conversation_id), now)


async def note_customer(
    connection: Connection, conversation_id: bytes, now: datetime, *, types: bool
) -> bool:
    """Note that the customer is there; return whether that was news."""
    status = await connection.execute(_SQL.customer_there, uuid_of(conversation_id), types, now)
    return status.endswith("1")


async def note_agent(
    connection: Connection, conversation_id: bytes, agent_id: bytes, now: datetime, *, types: bool
) -> bool:
    """Note that the agent who has it is there; return whether that was news."""
    status = await connection.execute(
        _SQL.agent_there, uuid_of(conversation_id), types, now, uuid_of(agent_id)
    )
    return status.endswith("1")


async def find_standing(
    connection: Connection, conversation_id: bytes, *, customer_id: bytes | None = None
) -> asyncpg.Record | None:
    """Return how a conversation stands, within a customer's own where one asks."""
    return await connection.fetchrow(_SQL.standing_of, uuid_of(conversation_id), uuid_or_none(customer_id))


async def take(connection: Connection, conversation_id: bytes, agent_id: bytes, now: datetime) -> None:
    """Let an agent have a conversation that is locked."""
    await connection.execute(_SQL.take, uuid_of(conversation_id), uuid_of(agent_id), now)


async def give_back(connection: Connection, conversation_id: bytes, now: datetime) -> None:
    """Let a conversation that is locked wait again."""
    await connection.execute(_SQL.give_back, uuid_of(conversation_id), now)


async def end(connection: Connection, conversation_id: bytes, by: str, now: datetime) -> None:
    """End a conversation that is locked."""
    await connection.execute(_SQL.end, uuid_of(conversation_id), by, now)


async def list_of_customer(connection: Connection, customer_id: bytes) -> list[MyConversationSummary]:
    """Return a customer's last conversations."""
    return [
        MyConversationSummary(
            id=encode_id("conversation", row["id"].bytes),
            channel=row["channel"],
            state=row["state"],
            subject=row["subject"],
            made_at=timestamp(row["made_at"]),
            messages=row["messages"],
        )
        for row in await connection.fetch(_SQL.of_customer, uuid_of(customer_id))
    ]


async def find_of_customer(
    connection: Connection, conversation_id: bytes, customer_id: bytes, *, after: int = 0
) -> MyConversation | None:
    """Return one of a customer's conversations, whole, or with what was said after a message."""
    row = await connection.fetchrow(_SQL.one_of_customer, uuid_of(conversation_id), uuid_of(customer_id))
    if row is None:
        return None
    return MyConversation(
        id=encode_id("conversation", row["id"].bytes),
        channel=row["channel"],
        state=row["state"],
        subject=row["subject"],
        made_at=timestamp(row["made_at"]),
        messages=await list_messages(connection, conversation_id, after=after),
        order=None if row["order_id"] is None else encode_id("order", row["order_id"].bytes),
        taken_by=row["taken_by_name"] or "",
    )


async def list_messages(
    connection: Connection, conversation_id: bytes, *, after: int = 0
) -> list[ConversationMessage]:
    """Return messages in their order, those after a number."""
    return [
        ConversationMessage(
            number=row["number"],
            author=row["author"],
            text=row["text"],
            at=timestamp(row["at"]),
            by=row["agent_name"] or "",
            sources=_decode_sources(row["sources"]),
        )
        for row in await connection.fetch(_SQL.messages, uuid_of(conversation_id), after)
    ]


async def find_conversation(connection: Connection, conversation_id: bytes) -> asyncpg.Record | None:
    """Return one conversation as agents see it."""
    return await connection.fetchrow(_SQL.one, uuid_of(conversation_id))


async def list_colleagues(connection: Connection, agent_ids: Sequence[bytes]) -> list[PersonRef]:
    """Return agents by their names."""
    rows = await connection.fetch(_SQL.colleagues, [uuid_of(each) for each in agent_ids])
    return [PersonRef(encode_id("agent", row["id"].bytes), row["name"]) for row in rows]


async def list_conversations(
    connection: Connection,
    state: str,
    *,
    after: tuple[datetime, bytes] | tuple[None, None],
    limit: int,
) -> list[asyncpg.Record]:
    """Return conversations in a state: the longest first, of those that ended the latest."""
    moment, last = after
    statement = _SQL.ended if state == "ended" else _SQL.standing
    return await connection.fetch(statement, state, moment, uuid_or_none(last), limit)


def summary_fields(row: asyncpg.Record) -> dict[str, Any]:
    """Return a conversation in a line, as the API has it."""
    by_id = row["taken_by"]
    return {
        "id": encode_id("conversation", row["id"].bytes),
        "channel": row["channel"],
        "state": row["state"],
        "subject": row["subject"],
        "first": row["first"] or "",
        "since": timestamp(row["since"]),
        "customer": ConversationCustomer(
            id=encode_id("customer", row["customer_id"].bytes), name=row["customer_name"], email=row["email"]
        ),
        "messages": row["messages"],
        "taken_by": None
        if by_id is None
        else PersonRef(encode_id("agent", by_id.bytes), row["taken_by_name"]),
    }


def summary_of(row: asyncpg.Record) -> ConversationSummary:
    """Return a conversation in a line."""
    return ConversationSummary(**summary_fields(row))
