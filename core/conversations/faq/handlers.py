"""Questions and answers: kept by agents in versions, found by anybody."""

from typing import Any, Final

import asyncpg
import msgspec

from core.contracts import faq as ask
from core.contracts.listing import Nothing, Written
from core.contracts.refusals import FieldRefused, NotFound
from core.conversations.faq import store
from core.conversations.faq.library import Library
from core.conversations.faq.rules import Entry, Index
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, record_action, refuse_if_stale
from core.values.clock import Clock, to_unix_us
from core.values.cursors import name_and_id_in, page_of
from core.values.ids import encode_id

FOUND_MAX: Final = 10


class FaqHandlers:
    """Operations on questions and answers: the institution's own, so that no place bounds them."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, library: Library) -> None:
        self._pool = pool
        self._clock = clock
        self._library = library
        self._write = WriteOnce(pool, clock)

    async def find(self, request: ask.FindAnswers) -> ask.FaqAnswers:
        """Return what fits a question, or everything that is published; to anybody."""
        async with self._pool.acquire() as connection:
            if not request.text.strip():
                found = await self._library.entries(connection, request.locale)
            else:
                index = await self._library.index(connection, request.locale)
                text = request.text[: ask.QUESTION_CHARACTERS_MAX]
                found = [match.entry for match in index.search(text, limit=FOUND_MAX)]
        return ask.FaqAnswers([answer_of(entry) for entry in found])

    async def entries(self, caller: SignedIn, request: ask.ListFaqEntries) -> ask.FaqEntryPage:
        """Return a page of entries, or those that fit some words. Raises: CursorMalformed."""
        if request.text and request.text.strip():
            return ask.FaqEntryPage(await self._fitting(caller, request, request.text))
        after = name_and_id_in("faq_entry", request.cursor)
        rows = await store.list_entries(self._pool, topic=request.topic, after=after, limit=request.limit + 1)
        page = [_entry_of(row, caller.language) for row in rows]
        return ask.FaqEntryPage(
            *page_of(page, request.limit, lambda last: (f"{last.topic}{last.place:03d}", last.id))
        )

    async def entry(self, caller: SignedIn, request: ask.OneFaqEntry) -> ask.FaqEntryView:
        """Return one entry. Raises: NotFound."""
        async with self._pool.acquire() as connection:
            return await _view(connection, request.id, caller.language)

    async def make(self, caller: SignedIn, request: ask.MakeFaqEntry) -> Written:
        """Add an entry. Raises: FieldRefused, KeyReused."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            if await store.count_entries(connection) >= store.ENTRIES_MAX:
                raise FieldRefused("topic", "too_many")
            made = await store.add_entry(connection, request, agent_id=caller.agent_id, now=now)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="faq_entry.made",
                target_kind="faq_entry",
                target_id=made,
                facts={"name": request.question_fr, "published": request.published},
            )
            return msgspec.json.encode(await _view(connection, made, caller.language))

        return await self._write(caller, request, effect)

    async def change(self, caller: SignedIn, request: ask.ChangeFaqEntry) -> Written:
        """Write the next version. Raises: NotFound, ChangedMeanwhile, KeyReused."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            found = await store.lock_entry(connection, request.id)
            if found is None:
                raise NotFound
            await refuse_if_stale(
                connection,
                target_kind="faq_entry",
                target_id=request.id,
                read=request.revision,
                present=to_unix_us(found["changed_at"]),
            )
            number = found["version"] + 1
            await store.change_entry(connection, request, number, agent_id=caller.agent_id, now=now)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="faq_entry.changed",
                target_kind="faq_entry",
                target_id=request.id,
                facts={"name": request.question_fr, "published": request.published, "version": number},
            )
            return msgspec.json.encode(await _view(connection, request.id, caller.language))

        return await self._write(caller, request, effect)

    async def remove(self, caller: SignedIn, request: ask.RemoveFaqEntry) -> Nothing:
        """Show an entry to nobody any more. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            question = await store.remove_entry(connection, request.id, now)
            if question is None:
                raise NotFound
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="faq_entry.removed",
                target_kind="faq_entry",
                target_id=request.id,
                facts={"name": question},
            )
        return Nothing()

    async def _fitting(self, caller: SignedIn, request: ask.ListFaqEntries, text: str) -> list[ask.FaqEntry]:
        """Return what fits words in either language, the best first."""
        rows = await store.list_entries(self._pool, topic=request.topic, limit=store.ENTRIES_MAX)
        by_id = {row["id"].bytes: row for row in rows}
        index = Index(
            [
                Entry(
                    entry_id,
                    row["topic"],
                    f"{row['question_fr']} {row['question_en']}",
                    f"{row['answer_fr']} {row['answer_en']}",
                    row["keywords"],
                )
                for entry_id, row in by_id.items()
            ]
        )
        found = index.search(text, limit=request.limit)
        return [_entry_of(by_id[match.entry.id], caller.language) for match in found]


def answer_of(entry: Entry) -> ask.FaqAnswer:
    """Return an entry as customers read it."""
    return ask.FaqAnswer(
        id=encode_id("faq_entry", entry.id),
        topic=entry.topic,  # pyright: ignore[reportArgumentType] -- a constraint of the column.
        question=entry.question,
        answer=entry.answer,
    )


async def _view(connection: Connection, entry_id: bytes, language: str) -> ask.FaqEntryView:
    rows = await store.list_entries(connection, entry_id=entry_id)
    if not rows:
        raise NotFound
    earlier = await store.list_earlier(connection, entry_id, rows[0]["number"])
    return ask.FaqEntryView(**_fields(rows[0], language), earlier=earlier)


def _entry_of(row: asyncpg.Record, language: str) -> ask.FaqEntry:
    return ask.FaqEntry(**_fields(row, language))


def _fields(row: asyncpg.Record, language: str) -> dict[str, Any]:
    return {
        **store.version_fields(row),
        "id": encode_id("faq_entry", row["id"].bytes),
        "question": row["question_en"] if language == "en" else row["question_fr"],
        "revision": to_unix_us(row["changed_at"]),
    }
