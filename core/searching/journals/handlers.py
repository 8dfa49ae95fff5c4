"""The technical journal of a terminal, a store, a contract or a person (SUP-3)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import asyncpg

from core.contracts.ids import all_kinds
from core.contracts.reasons import Reason
from core.contracts.references import PersonRef
from core.contracts.refusals import FieldRefused, NotFound
from core.contracts.searching import ENTRY_KINDS, JournalEntry, JournalPage, JournalSubject, ReadJournal
from core.contracts.states import State
from core.identity.api import Permission, SignedIn
from core.runtime.manifest import Names
from core.runtime.naming import Mentioned, name_records, record_of
from core.searching.journals import store
from core.values.clock import EPOCH, Clock, to_unix_us
from core.values.cursors import moment_of_part, page_of, parts_in
from core.values.ids import encode_id, rrn_of
from core.values.timestamps import timestamp

PERIOD: Final = timedelta(days=30)
"""What is read when no beginning is given."""

_FACT_CHARACTERS_MAX: Final = 500
_REFERENCE_CHARACTERS_MAX: Final = 60


class JournalHandlers:
    """Operations on journals."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, names: tuple[Names, ...]) -> None:
        self._pool = pool
        self._clock = clock
        self._names = names

    async def journal(self, caller: SignedIn, request: ReadJournal) -> JournalPage:
        """Return a page, newest first. Raises: NotFound, FieldRefused, CursorMalformed."""
        if request.from_ is not None and request.to is not None and request.from_ >= request.to:
            raise FieldRefused("to", "too_small", "after from")
        until = request.to or self._clock.now() + timedelta(minutes=1)
        since = request.from_ or max(until, EPOCH + PERIOD) - PERIOD
        parts = parts_in(request.cursor, 2)
        before = None if parts is None else (moment_of_part(parts[0]), parts[1][:_REFERENCE_CHARACTERS_MAX])
        async with self._pool.acquire() as connection:
            subject = await store.find_subject(
                connection,
                caller.scope_of(Permission.JOURNALS_READ),
                request.subject,
                may_read_agents=caller.may(Permission.AGENTS_READ),
            )
            if subject is None:
                raise NotFound
            # A payment is shown to whoever may read payments there: a journal is another right.
            paid = await store.find_subject(
                connection,
                caller.scope_of(Permission.TRANSACTIONS_READ),
                request.subject,
                may_read_agents=caller.may(Permission.AGENTS_READ),
            )
            rows = await store.list_entries(
                connection,
                subject,
                paid=paid,
                kinds=request.kinds or ENTRY_KINDS,
                since=since,
                until=until,
                before=before,
                limit=request.limit + 1,
            )
            entries = [_entry_of(row) for row in rows]
            named = await name_records(
                connection,
                _records_in(entries),
                self._names,
                caller=caller,
                scope=caller.scope_of(Permission.JOURNALS_READ),
                is_english=caller.language == "en",
            )
        page, cursor = page_of(rows, request.limit, lambda last: (str(to_unix_us(last["at"])), last["ref"]))
        return JournalPage(
            JournalSubject(subject.kind, request.subject.text, subject.title, subject.time_zone),
            entries[: len(page)],
            cursor,
            sorted(record.public for record in named.closed),
        )


def _records_in(entries: list[JournalEntry]) -> Iterator[Mentioned]:
    for entry in entries:
        for text in (entry.target or "", *entry.facts.values()):
            if (record := record_of(text)) is not None:
                yield record


def _entry_of(row: asyncpg.Record) -> JournalEntry:
    facts: dict[str, Any] = json.loads(row["facts"] or "{}")
    code, what = row["code"], row["what"]
    target = row["target_id"]
    if row["kind"] == "payment":
        code = State(int(code)).name.lower()
        what = rrn_of(target.bytes)
    if row["kind"] in ("presence", "payment"):
        facts["reason"] = _reason(facts.get("reason"))
    known = row["target_kind"] in all_kinds()
    return JournalEntry(
        id=row["ref"],
        at=timestamp(row["at"]),
        kind=row["kind"],
        code=code,
        what=what,
        target=encode_id(row["target_kind"], target.bytes) if known and target is not None else None,
        by=None
        if row["by_id"] is None
        else PersonRef(encode_id("agent", row["by_id"].bytes), row["by_name"] or ""),
        facts={
            name: text[:_FACT_CHARACTERS_MAX]
            for name, value in facts.items()
            if (text := _text(value)) not in ("", "none")
        },
    )


def _reason(number: Any) -> str:
    try:
        return Reason(number or 0).name.lower()
    except ValueError:
        return str(number)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
