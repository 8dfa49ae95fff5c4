"""One search over everything, and journals."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Final, cast, get_args

import msgspec
from litestar import get
from litestar.di import Provide
from litestar.params import QueryParameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from core.contracts import searching as ask
from core.contracts.desk_requests import PAGE_ROWS_MAX
from core.values.cells import shown_cell
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import Cursor, Limit, cursor_number, cursor_parts, moment_us, path_id

EXPORT_ROWS_MAX: Final = 100_000


@get("/search", summary="Search everything", tags=["Search"], opt={"query": frozenset({"q"})})
async def search(
    caller: Caller,
    core: CoreClient,
    q: Annotated[
        str,
        QueryParameter(
            min_length=1,
            max_length=ask.QUERY_CHARACTERS_MAX,
            description="Part of a name, mistakes allowed, or any identifier: SIREN, SIRET, terminal, reference, "
            "last four, STAN, authorisation number, amount, telephone",
        ),
    ],
) -> ask.SearchResults:
    """Return the best of every kind that you may see, at most eight of each, an exact identifier first."""
    return await core.ask(ask.SEARCH, ask.SearchEverything(q), ask.SearchResults, caller=caller)


def journal_filter(
    kind: str,
    subject_id: str,
    kinds: Annotated[
        str | None, QueryParameter(max_length=100, description="Which kinds of entries, with commas between")
    ] = None,
    from_: Annotated[datetime | None, QueryParameter(name="from", description="At or after")] = None,
    to: Annotated[datetime | None, QueryParameter(description="Before")] = None,
) -> ask.ReadJournal:
    """Return what is asked of a journal, without a page."""
    if kind not in get_args(ask.JournalKind):
        raise Problem("not_found")
    prefix = kind
    if kind == "person":
        prefix = "contact" if subject_id.startswith("cnt_") else "agent"
    wanted = ask.ENTRY_KINDS
    if kinds is not None:
        names = {name.strip() for name in kinds.split(",")}
        if not names <= set(ask.ENTRY_KINDS):
            raise Problem.of_field("kinds", "unknown_value", f"one of: {', '.join(ask.ENTRY_KINDS)}")
        wanted = tuple(name for name in ask.ENTRY_KINDS if name in names)
    from_us, to_us = moment_us(from_), moment_us(to)
    if from_us is not None and to_us is not None and from_us >= to_us:
        raise Problem.of_field("to", "too_small", "after from")
    return ask.ReadJournal(
        kind=cast("ask.JournalKind", kind),
        id=path_id(prefix, subject_id),
        kinds=cast("tuple[ask.JournalEntryKind, ...]", wanted),
        from_us=from_us,
        to_us=to_us,
    )


@get(
    "/journals/{kind:str}/{subject_id:str}",
    summary="The journal of a terminal, a store, a contract or a person",
    tags=["Journals"],
    dependencies={"journal_filter": Provide(journal_filter, sync_to_thread=False)},
    opt={"query": frozenset({"kinds", "from", "to", "limit", "cursor"})},
)
async def journal(
    caller: Caller,
    core: CoreClient,
    journal_filter: ask.ReadJournal,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ask.JournalPage:
    """Return entries, newest first; the last 30 days unless a period is given."""
    body = msgspec.structs.replace(journal_filter, limit=limit, before=_before(cursor))
    return await core.ask(ask.JOURNAL, body, ask.JournalPage, caller=caller)


@get(
    "/journals/{kind:str}/{subject_id:str}/export",
    summary="A journal as CSV",
    tags=["Journals"],
    dependencies={"journal_filter": Provide(journal_filter, sync_to_thread=False)},
    opt={"query": frozenset({"kinds", "from", "to"})},
    media_type="text/csv",
)
async def export_journal(caller: Caller, core: CoreClient, journal_filter: ask.ReadJournal) -> Stream:
    """Send every entry of the filter, newest first, page after page."""
    body = msgspec.structs.replace(journal_filter, limit=PAGE_ROWS_MAX)
    # The first page before the first byte: a refusal must still be an answer of its own.
    first = await core.ask(ask.JOURNAL, body, ask.JournalPage, caller=caller)
    return Stream(
        _csv(core, caller, body, first),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="journal-{first.subject.id}.csv"'},
    )


async def _csv(
    core: CoreClient, caller: Caller, body: ask.ReadJournal, page: ask.JournalPage
) -> AsyncIterator[bytes]:
    # The mark at the front makes spreadsheets read UTF-8.
    yield b"\xef\xbb\xbf" + _csv_lines([["at", "kind", "code", "what", "target", "by", "facts"]])
    rows = 0
    while True:
        yield _csv_lines(
            [
                [
                    entry.at,
                    entry.kind,
                    entry.code,
                    entry.what,
                    entry.target or "",
                    entry.by.name if entry.by else "",
                    "; ".join(f"{name}: {value}" for name, value in entry.facts.items()),
                ]
                for entry in page.data
            ]
        )
        rows += len(page.data)
        if page.next_cursor is None or rows >= EXPORT_ROWS_MAX:
            return
        body = msgspec.structs.replace(body, before=_before(page.next_cursor))
        page = await core.ask(ask.JOURNAL, body, ask.JournalPage, caller=caller)


def _csv_lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerows(
        [shown_cell(cell) for cell in row] for row in rows
    )
    return text.getvalue().encode()


def _before(cursor: str | None) -> tuple[int, str] | None:
    parts = cursor_parts(cursor, 2)
    return None if parts is None else (cursor_number(parts[0], 17), parts[1][:60])


HANDLERS: tuple[ControllerRouterHandler, ...] = (search, journal, export_journal)
