"""What customers write: forms, questions to the assistant, and a chat with agents. Shown within what is the customer's own."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec

from core.contracts import conversations as ask
from core.contracts.listing import Nothing, Written
from core.contracts.my_orders import ListMyOrders
from core.contracts.refusals import FieldRefused, NotFound
from core.conversations.assistant.rules import Reply, reply_to
from core.conversations.errors import ChatClosed, ChatUnderWay, ConversationFull, NoChat, TooManyMessages
from core.conversations.faq.library import Library
from core.conversations.hours.offering import offers_at
from core.conversations.talks import store
from core.conversations.talks.following import Doorbell
from core.db.rows import Connection
from core.identity.api import Customer, WriteOnce
from core.runtime.manifest import QueueMail
from core.schedules.mine.handlers import MyOrderHandlers
from core.values.clock import Clock
from core.values.ids import encode_id

WINDOW: Final = timedelta(hours=1)
FORMS_MAX: Final = 5
"""As many forms as one customer may write in an hour."""
SAID_MAX: Final = 120
"""As many messages as one customer may write in an hour, wherever."""
MESSAGES_MAX: Final = 400
"""As many messages as a conversation holds, whoever wrote them."""
_ORDERS_MAX: Final = 50


class MyConversationHandlers:
    """A customer's own conversations."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        library: Library,
        orders: MyOrderHandlers,
        queue_mail: QueueMail,
        doorbell: Doorbell,
    ) -> None:
        self._pool = pool
        self._doorbell = doorbell
        self._clock = clock
        self._library = library
        self._orders = orders
        self._queue_mail = queue_mail
        self._write = WriteOnce(pool, clock)

    async def conversations(self, caller: Customer, _request: Nothing) -> ask.MyConversationList:
        """Return the last conversations."""
        async with self._pool.acquire() as connection:
            return ask.MyConversationList(await store.list_of_customer(connection, caller.customer_id))

    async def conversation(self, caller: Customer, request: ask.OneMyConversation) -> ask.MyConversation:
        """Return one conversation. Raises: NotFound."""
        async with self._pool.acquire() as connection:
            return await _mine(connection, caller, request.id)

    async def write(self, caller: Customer, request: ask.WriteToUs) -> Written:
        """Keep a form, and confirm it by mail.

        Raises: FieldRefused, TooManyMessages, ConversationFull, KeyReused.
        """
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await store.lock_customer(connection, caller.customer_id)
            forms, first = await store.lately_written(connection, caller.customer_id, now - WINDOW)
            if forms >= FORMS_MAX and first is not None:
                raise TooManyMessages(_wait_s(first, now))
            await _refuse_too_many(connection, caller, now)
            reference = "–"
            if request.order is not None:
                found = await store.find_own_order(connection, request.order, caller.emails)
                if found is None:
                    raise FieldRefused("order", "unknown")
                reference = found
            talk = await store.lock_open_talk(connection, caller.customer_id)
            if talk is not None and talk["state"] == "assistant" and request.with_assistant:
                _refuse_full(talk)
                made, number = talk["id"].bytes, talk["messages"] + 1
                await store.make_form(
                    connection, made, subject=request.subject, order_id=request.order, now=now
                )
            else:
                number = 1
                made = await store.add_conversation(
                    connection,
                    customer_id=caller.customer_id,
                    channel="form",
                    state="waiting",
                    locale=_locale(caller),
                    now=now,
                    subject=request.subject,
                    order_id=request.order,
                )
            await store.add_message(connection, made, number, author="customer", text=request.text, now=now)
            await self._queue_mail(
                connection,
                template="contact_received",
                to=caller.email,
                locale=caller.locale,
                facts={"subject": request.subject, "text": request.text, "reference": reference},
                about_kind="conversation",
                about_id=made,
            )
            return msgspec.json.encode(await _mine(connection, caller, made))

        return await self._write(caller, request, effect)

    async def question(self, caller: Customer, request: ask.AskAssistant) -> Written:
        """Answer a question, by published answers and the customer's schedules alone.

        Raises: TooManyMessages, ConversationFull, ChatUnderWay, KeyReused.
        """
        now = self._clock.now()
        locale = _locale(caller)
        page = await self._orders.orders(caller, ListMyOrders(limit=_ORDERS_MAX))

        async def effect(connection: Connection) -> bytes:
            await store.lock_customer(connection, caller.customer_id)
            await _refuse_too_many(connection, caller, now)
            index = await self._library.index(connection, locale)
            reply = reply_to(request.text, index=index, orders=page.data, locale=locale)
            made, number = await self._talk(connection, caller, now)
            await store.add_message(connection, made, number, author="customer", text=request.text, now=now)
            await store.add_message(
                connection,
                made,
                number + 1,
                author="assistant",
                text=reply.text,
                sources=reply.sources,
                now=now,
            )
            return msgspec.json.encode(_told(made, reply))

        return await self._write(caller, request, effect)

    async def end_assistant(self, caller: Customer, _request: Nothing) -> Nothing:
        """End what was said with the assistant; without any nothing is done."""
        async with self._pool.acquire() as connection, connection.transaction():
            talk = await store.lock_open_talk(connection, caller.customer_id)
            if talk is not None and talk["state"] == "assistant":
                await store.end(connection, talk["id"].bytes, "customer", self._clock.now())
        return Nothing()

    async def start_chat(self, caller: Customer, request: ask.StartChat) -> Written:
        """Wait for an agent, with what was said with the assistant. Raises: ChatClosed, ConversationFull, KeyReused."""
        now = self._clock.now()
        rung: list[bytes] = []

        async def effect(connection: Connection) -> bytes:
            await store.lock_customer(connection, caller.customer_id)
            talk = await store.lock_open_talk(connection, caller.customer_id)
            if talk is not None and talk["state"] != "assistant":
                # Answers are kept under their keys: whoever asks again and again must not have the whole kept each time.
                return msgspec.json.encode(
                    await _mine(connection, caller, talk["id"].bytes, after=talk["messages"])
                )
            offers = await offers_at(connection, now, _locale(caller))
            chat = next((each for each in offers if each.way == "chat"), None)
            if chat is None or not chat.is_open:
                raise ChatClosed(None if chat is None else chat.opens_at)
            if talk is None:
                made = await store.add_conversation(
                    connection,
                    customer_id=caller.customer_id,
                    channel="chat",
                    state="waiting",
                    locale=_locale(caller),
                    now=now,
                )
            else:
                _refuse_full(talk)
                made = talk["id"].bytes
                await store.make_chat(connection, made, now)
            rung.append(made)
            return msgspec.json.encode(await _mine(connection, caller, made))

        written = await self._write(caller, request, effect)
        self._ring(rung)
        return written

    async def say(self, caller: Customer, request: ask.SayInChat) -> Written:
        """Say something in the chat. Raises: NoChat, TooManyMessages, ConversationFull, KeyReused."""
        now = self._clock.now()
        rung: list[bytes] = []

        async def effect(connection: Connection) -> bytes:
            await store.lock_customer(connection, caller.customer_id)
            await _refuse_too_many(connection, caller, now)
            talk = await store.lock_open_talk(connection, caller.customer_id)
            if talk is None or talk["state"] == "assistant":
                raise NoChat
            if talk["messages"] >= MESSAGES_MAX:
                raise ConversationFull
            made, before = talk["id"].bytes, talk["messages"]
            await store.add_message(
                connection, made, before + 1, author="customer", text=request.text, now=now
            )
            rung.append(made)
            return msgspec.json.encode(await _mine(connection, caller, made, after=before))

        written = await self._write(caller, request, effect)
        self._ring(rung)
        return written

    async def end_chat(self, caller: Customer, _request: Nothing) -> Nothing:
        """End the chat; without one nothing is done."""
        async with self._pool.acquire() as connection, connection.transaction():
            talk = await store.lock_open_talk(connection, caller.customer_id)
            is_chat = talk is not None and talk["state"] != "assistant"
            if talk is not None and is_chat:
                await store.end(connection, talk["id"].bytes, "customer", self._clock.now())
        if talk is not None and is_chat:
            self._doorbell.ring(talk["id"].bytes)
        return Nothing()

    def _ring(self, rung: list[bytes]) -> None:
        """Tell streams, after the commit."""
        for conversation_id in rung:
            self._doorbell.ring(conversation_id)

    async def _talk(self, connection: Connection, caller: Customer, now: datetime) -> tuple[bytes, int]:
        """Return the conversation with the assistant, and the number of its next message."""
        talk = await store.lock_open_talk(connection, caller.customer_id)
        if talk is not None and talk["state"] == "assistant":
            _refuse_full(talk)
            return talk["id"].bytes, talk["messages"] + 1
        if talk is not None:
            raise ChatUnderWay
        made = await store.add_conversation(
            connection,
            customer_id=caller.customer_id,
            channel="assistant",
            state="assistant",
            locale=_locale(caller),
            now=now,
        )
        return made, 1


async def _refuse_too_many(connection: Connection, caller: Customer, now: datetime) -> None:
    """Raises: TooManyMessages."""
    if await store.lately_said(connection, caller.customer_id, now - WINDOW) >= SAID_MAX:
        raise TooManyMessages(int(WINDOW.total_seconds()))


def _refuse_full(talk: asyncpg.Record) -> None:
    """Refuse a conversation that has no room for a message and its answer. Raises: ConversationFull."""
    if talk["messages"] + 2 > MESSAGES_MAX:
        raise ConversationFull


async def _mine(
    connection: Connection, caller: Customer, conversation_id: bytes, *, after: int = 0
) -> ask.MyConversation:
    found = await store.find_of_customer(connection, conversation_id, caller.customer_id, after=after)
    if found is None:
        raise NotFound
    return found


def _told(conversation_id: bytes, reply: Reply) -> ask.AssistantReply:
    return ask.AssistantReply(
        conversation=encode_id("conversation", conversation_id),
        kind=reply.kind,
        text=reply.text,
        sources=list(reply.sources),
    )


def _locale(caller: Customer) -> str:
    return "en" if caller.language == "en" else "fr"


def _wait_s(first: datetime, now: datetime) -> int:
    """Return in how many seconds the first of them is an hour old."""
    return max(1, int((first + WINDOW - now).total_seconds()))
