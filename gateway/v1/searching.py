"""A journal as a file."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from litestar import get
from litestar.di import Provide
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from core.contracts.listing import PAGE_ROWS_MAX
from core.contracts.searching import JOURNAL, FilterJournal, JournalPage, ReadJournal
from core.values.cells import shown_cell
from gateway.core_client import Caller, CoreClient
from gateway.operations import reader_of

EXPORT_ROWS_MAX: Final = 100_000
_PATH: Final = "/journals/{subject}/export"


@get(
    _PATH.replace("}", ":str}"),
    summary="A journal as CSV",
    tags=["Journals"],
    dependencies={"wanted": Provide(reader_of(FilterJournal, _PATH), sync_to_thread=False)},
    opt={"query": frozenset({"kinds", "from", "to"})},
    media_type="text/csv",
)
async def export_journal(caller: Caller, core: CoreClient, wanted: FilterJournal) -> Stream:
    """Send every entry of the filter, newest first, page after page."""
    asked = ReadJournal(**msgspec.structs.asdict(wanted), limit=PAGE_ROWS_MAX)
    # The first page before the first byte: a refusal must still be an answer of its own.
    first = await _page(core, caller, asked)
    return Stream(
        _csv(core, caller, asked, first),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="journal-{first.subject.id}.csv"'},
    )


async def _page(core: CoreClient, caller: Caller, asked: ReadJournal) -> JournalPage:
    return await core.ask(JOURNAL, asked, caller=caller)


async def _csv(
    core: CoreClient, caller: Caller, asked: ReadJournal, page: JournalPage
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
        asked = msgspec.structs.replace(asked, cursor=page.next_cursor)
        page = await _page(core, caller, asked)


def _csv_lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerows(
        [shown_cell(cell) for cell in row] for row in rows
    )
    return text.getvalue().encode()


HANDLERS: tuple[ControllerRouterHandler, ...] = (export_journal,)
