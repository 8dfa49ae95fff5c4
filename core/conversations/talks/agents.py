"""What agents do with conversations: take, answer, pass on, end. One agent has one at a time."""

from collections.abc import Awaitable, Callable

import asyncpg
import msgspec

from core.contracts import conversations as ask
from core.contracts.listing import Written
from core.contracts.refusals import FieldRefused, NotFound
from core.conversations.errors import ConversationElsewhere, ConversationFull
from core.conversations.talks import store
from core.conversations.talks.following import Doorbell
from core.conversations.talks.mine import MESSAGES_MAX
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, list_holders, record_action
from core.runtime.manifest import QueueMail
from core.values.clock import Clock
from core.values.cursors import moment_and_id_in, page_of
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_Act = ask.TakeConversation | ask.AnswerCustomer | ask.PassOnConversation | ask.EndConversation


class ConversationHandlers:
    """Operations of agents on conversations: the institution's own, so that no place bounds them."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, queue_mail: QueueMail, doorbell: Doorbell) -> None:
        self._doorbell = doorbell
        self._pool = pool
        self._clock = clock
        self._queue_mail = queue_mail
        self._write = WriteOnce(pool, clock)

    async def conversations(self, _caller: SignedIn, request: ask.ListConversations) -> ask.ConversationPage:
        """Return a page of conversations in a state. Raises: CursorMalformed."""
        after = moment_and_id_in("conversation", request.cursor)
        rows = await store.list_conversations(self._pool, request.state, after=after, limit=request.limit + 1)
        page, cursor = page_of(
            rows,
            request.limit,
            lambda row: (row["since"].isoformat(), encode_id("conversation", row["id"].bytes)),
        )
        return ask.ConversationPage([store.summary_of(row) for row in page], cursor)

    async def conversation(self, _caller: SignedIn, request: ask.OneConversation) -> ask.ConversationView:
        """Return one conversation. Raises: NotFound."""
        async with self._pool.acquire() as connection:
            return await _view(connection, request.id)

    async def take(self, caller: SignedIn, request: ask.TakeConversation) -> Written:
        """Take one that waits. Raises: NotFound, ConversationElsewhere, KeyReused."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            found = await _locked(connection, request.id)
            if found["state"] == "taken" and _is_of(found, caller):
                return msgspec.json.encode(await _view(connection, request.id))
            if found["state"] != "waiting":
                raise ConversationElsewhere
            await store.take(connection, request.id, caller.agent_id, now)
            await self._record(connection, caller, request.id, "conversation.taken", {})
            return msgspec.json.encode(await _view(connection, request.id))

        return await self._told(caller, request, effect)

    async def answer(self, caller: SignedIn, request: ask.AnswerCustomer) -> Written:
        """Answer the customer. Raises: NotFound, ConversationElsewhere, ConversationFull, KeyReused."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            found = await self._own(connection, caller, request.id)
            if found["messages"] >= MESSAGES_MAX:
                raise ConversationFull
            number = found["messages"] + 1
            await store.add_message(
                connection,
                request.id,
                number,
                author="agent",
                agent_id=caller.agent_id,
                text=request.text,
                now=now,
            )
            if found["channel"] == "form":
                shown = await store.find_conversation(connection, request.id)
                assert shown is not None  # locked above
                await self._queue_mail(
                    connection,
                    template="contact_answered",
                    to=shown["email"],
                    locale=found["locale"],
                    facts={"subject": found["subject"], "text": request.text},
                    about_kind="conversation",
                    about_id=request.id,
                    once_key=str(number),
                )
            await self._record(connection, caller, request.id, "conversation.answered", {"number": number})
            return msgspec.json.encode(await _view(connection, request.id))

        return await self._told(caller, request, effect)

    async def pass_on(self, caller: SignedIn, request: ask.PassOnConversation) -> Written:
        """Hand it to a colleague, or back to the queue.

        Raises: NotFound, FieldRefused, ConversationElsewhere, KeyReused.
        """
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await self._own(connection, caller, request.id)
            facts: dict[str, object] = {"reason": request.reason}
            if request.agent is None:
                await store.give_back(connection, request.id, now)
            else:
                holders = await list_holders(connection, ask.ConversationRight.ANSWER)
                if bytes(request.agent) not in {agent_id for agent_id, _ in holders}:
                    raise FieldRefused("agent", "unknown")
                await store.take(connection, request.id, request.agent, now)
                facts["agent"] = encode_id("agent", request.agent)
            await self._record(connection, caller, request.id, "conversation.passed_on", facts)
            return msgspec.json.encode(await _view(connection, request.id))

        return await self._told(caller, request, effect)

    async def end(self, caller: SignedIn, request: ask.EndConversation) -> Written:
        """End it. Raises: NotFound, ConversationElsewhere, KeyReused."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await self._own(connection, caller, request.id)
            await store.end(connection, request.id, "agent", now)
            await self._record(connection, caller, request.id, "conversation.ended", {})
            return msgspec.json.encode(await _view(connection, request.id))

        return await self._told(caller, request, effect)

    async def _told(
        self, caller: SignedIn, request: _Act, effect: Callable[[Connection], Awaitable[bytes]]
    ) -> Written:
        """Write once, and tell streams after the commit."""
        written = await self._write(caller, request, effect)
        self._doorbell.ring(request.id)
        return written

    async def _own(self, connection: Connection, caller: SignedIn, conversation_id: bytes) -> asyncpg.Record:
        """Lock a conversation that the caller has taken. Raises: NotFound, ConversationElsewhere."""
        found = await _locked(connection, conversation_id)
        if found["state"] != "taken" or not _is_of(found, caller):
            raise ConversationElsewhere
        return found

    async def _record(
        self,
        connection: Connection,
        caller: SignedIn,
        conversation_id: bytes,
        kind: str,
        facts: dict[str, object],
    ) -> None:
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=self._clock.now(),
            kind=kind,
            target_kind="conversation",
            target_id=conversation_id,
            facts=facts,
        )


async def _locked(connection: Connection, conversation_id: bytes) -> asyncpg.Record:
    found = await store.lock_conversation(connection, conversation_id)
    # What is said with the assistant is the customer's until they hand it over.
    if found is None or found["state"] == "assistant" or found["channel"] == "assistant":
        raise NotFound
    return found


async def _view(connection: Connection, conversation_id: bytes) -> ask.ConversationView:
    row = await store.find_conversation(connection, conversation_id)
    if row is None or row["channel"] == "assistant":
        raise NotFound
    holders = await list_holders(connection, ask.ConversationRight.ANSWER)
    others = [
        agent_id for agent_id, _ in holders if row["taken_by"] is None or agent_id != row["taken_by"].bytes
    ]
    return ask.ConversationView(
        **store.summary_fields(row),
        made_at=timestamp(row["made_at"]),
        locale=row["locale"],
        said=await store.list_messages(connection, conversation_id),
        colleagues=await store.list_colleagues(connection, others),
        order=None if row["order_id"] is None else encode_id("order", row["order_id"].bytes),
        order_reference=row["reference"] or "",
    )


def _is_of(found: asyncpg.Record, caller: SignedIn) -> bool:
    return found["taken_by"] is not None and found["taken_by"].bytes == caller.agent_id
