"""A list as its page declares it: columns, filters in the address, tabs, pages by cursor, a record beside it.

`kit/templates/list.html` draws every list. A page that has more to show extends it and fills its blocks; a column of kind
`cell` is drawn by the block of that name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import reduce
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlencode

from litestar import Response

from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, Json, Parameters
from portals.kit.visit import Visit

_VALUE_CHARACTERS_MAX: Final = 100
CURSOR_CHARACTERS_MAX: Final = 400

Load = Callable[[Visit, str], Awaitable[Json]]
Kind = Literal["link", "text", "digits", "count", "money", "ago", "exact", "day", "cell"]


class Column(NamedTuple):
    """A column: its name in the style sheet, the word of its head or the head itself, and what stands in it."""

    name: str
    label: str
    kind: Kind = "text"
    path: str = ""
    """Where the value is in the row, `company.name`; the column's own name by default."""

    zone: str = ""
    """Where the time zone of the store is, for a moment that belongs to one."""

    def of(self, row: Json) -> Any:
        """Return the value in a row, None where there is none."""
        return _at(row, self.path or self.name)

    def zone_of(self, row: Json) -> Any:
        """Return the time zone of the value, None where it belongs to no store."""
        return _at(row, self.zone) if self.zone else None


class Filter(NamedTuple):
    """A parameter of the address that narrows the list, and how it is offered."""

    name: str
    kind: Literal["words", "choice", "tabs", "hidden"] = "hidden"
    label: str = ""
    options: tuple[str, ...] = ()
    """What may be chosen; none: whatever the page gives with the list, which then has their names."""

    words: str = ""
    """What begins the word of an option."""

    unset: str = ""
    """The word for no choice."""


class Act(NamedTuple):
    """A button in the head of the list, for whoever has the right."""

    href: str
    word: str
    right: str = ""
    primary: bool = False


class Shown(NamedTuple):
    """A list as the template sees it."""

    page: ListPage
    kept: dict[str, str]
    cursor: str
    data: list[Json]
    next_cursor: str | None
    answer: Json
    opened: str = ""
    record: Json | None = None
    restarted: bool = False
    """The address asked for a page that there is not, so this is the first one."""

    def address(self, changes: Mapping[str, str] | None = None) -> str:
        """Return the list from its first page, with these filters and some changed."""
        pairs = [(name, value) for name, value in {**self.kept, **(changes or {})}.items() if value]
        return f"{self.page.path}?{urlencode(pairs)}" if pairs else self.page.path

    @property
    def cleared(self) -> str:
        """The list with its tab alone, empty where no other filter leaves something out."""
        others = {
            each.name: "" for each in self.page.filters if each.kind != "tabs" and each.name in self.kept
        }
        return self.address(others) if others else ""


class ListPage:
    """A list of the portal."""

    def __init__(
        self,
        path: str,
        title: str,
        columns: tuple[Column, ...] = (),
        *,
        api: str = "",
        css: str = "",
        rows: int = 50,
        key: str = "id",
        scrolls: bool = False,
        labelled: bool = False,
        leads_on: bool = True,
        filters: tuple[Filter, ...] = (),
        acts: tuple[Act, ...] = (),
        none: tuple[str, str] = ("find.none", "find.none_text"),
        none_act: Act | None = None,
        asks: Callable[[Visit, dict[str, str]], Parameters] | None = None,
        record: str = "",
        prefix: str = "",
        template: str = "list.html",
    ) -> None:
        """Declare the list at `path`, which the gateway has at `api`, in pages of so many rows; 0: in one page."""
        self.path = path
        self.title = title
        self.columns = columns
        self.api = api or f"/v1{path}"
        self.css = css or path.strip("/")
        self.rows = rows
        self.key = key  # what the page of a row is called by
        self.scrolls = scrolls  # sideways, where its columns are wider than a phone
        self.labelled = (
            labelled  # each value by its column's head on a phone, where no style lays the row out
        )
        self.leads_on = leads_on  # to a page of each row, wherever in it somebody clicks
        self.filters = filters
        self.acts = acts
        self.none = none
        self.none_act = none_act  # what the empty list offers; to clear the filters by default
        self.asks = (
            asks  # what the gateway is asked with these filters, where it is not their very names and values
        )
        self.record = record  # the template of the record beside the list
        self.prefix = prefix  # of the identifiers that `?open=` takes
        self.template = template

    async def show(self, visit: Visit, load: Load | None = None, **facts: Any) -> Response[bytes]:
        """Show the list as the address asks for it; `load` reads the record of `?open=`."""
        return self.draw(visit, await self.read(visit, load), **facts)

    async def read(
        self, visit: Visit, load: Load | None = None, given: Mapping[str, str] | None = None
    ) -> Shown:
        """Return the list as the address asks for it, or as `given` where that says otherwise."""
        query = {**visit.request.query_params, **(given or {})}
        kept = self._kept(query)
        cursor = query.get("cursor", "")[:CURSOR_CHARACTERS_MAX]
        opened = query.get("open", "") if load and query.get("open", "").startswith(self.prefix) else ""
        asked = self.asks(visit, kept) if self.asks else list(kept.items())
        limit = [("limit", str(self.rows))] if self.rows else []
        (answer, restarted), record = await asyncio.gather(
            read_page(visit, self.api, [*asked, *limit], cursor),
            load(visit, opened) if load and opened else asyncio.sleep(0, None),
        )
        cursor = "" if restarted else cursor
        following = answer.get("next_cursor")
        return Shown(self, kept, cursor, answer["data"], following, answer, opened, record, restarted)

    def of(self, data: list[Json]) -> Shown:
        """Return the list as one page of rows that the page has read by itself."""
        return Shown(self, {}, "", data, None, {})

    def sheet(
        self, visit: Visit, record: Json, name: str, form: Form | None = None, **facts: Any
    ) -> Response[bytes]:
        """Return one record: a page of its own, or what stands beside the list."""
        template = self.record if visit.wants_fragment else "sheet.html"
        return visit.page(template, form=form, record=record, sheet_of=self, sheet_name=name, **facts)

    def draw(
        self,
        visit: Visit,
        shown: Shown,
        *,
        options: Mapping[str, list[tuple[str, str]]] | None = None,
        template: str = "",
        **facts: Any,
    ) -> Response[bytes]:
        """Return the page of a list; `options` are the choices of filters, by value and name."""
        return visit.page(
            template or self.template, list=shown, record=shown.record, options=options or {}, **facts
        )

    def _kept(self, query: Mapping[str, str]) -> dict[str, str]:
        kept = {each.name: query.get(each.name, "").strip()[:_VALUE_CHARACTERS_MAX] for each in self.filters}
        for each in self.filters:
            # The first tab is the list without it.
            known = each.options[1:] if each.kind == "tabs" else each.options
            if each.options and kept[each.name] not in known:
                kept[each.name] = ""
        return {name: value for name, value in kept.items() if value}


async def read_page(visit: Visit, api: str, asked: Parameters, cursor: str) -> tuple[Json, bool]:
    """Return a page of a list, and whether it is the first because the gateway knows no page by this cursor.

    A cursor in an address that was kept may be older than the list, or cut.
    """
    if cursor:
        try:
            return await visit.gateway.get(api, [*asked, ("cursor", cursor)]), False
        except GatewayProblem as problem:
            if all(error.field != "cursor" for error in problem.errors):
                raise
    return await visit.gateway.get(api, asked), bool(cursor)


def _at(row: Json, path: str) -> Any:
    return reduce(
        lambda value, name: value.get(name) if isinstance(value, dict) else None, path.split("."), row
    )
