"""Where somebody can go: the pages in the header and those behind Plus, each shown to whoever may open it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import urljoin

MAIN: Final = "main"
ELSEWHERE: Final = "elsewhere"
"""Groups of a portal's pages that have no word: those in the header, and those that no list of pages offers."""

_RECORD: Final = re.compile(r"[a-z]{3}_\w+")


class Page(NamedTuple):
    """A page by the key of its word and folder, its address, and the rights of which one opens it; none: everybody.

    `own` has the addresses below it that ask for other rights, or elsewhere with a slash before; `*` is a record, `?edit` the
    page itself with that parameter. A form stands there with the right that it is sent with. `records` says what it shows
    a record of: kind -> prefix of the identifier, with the part of the address between where there is one (`rul:rules`).
    """

    key: str
    href: str
    rights: tuple[str, ...] = ()
    own: Mapping[str, tuple[str, ...]] = {}
    records: Mapping[str, str] = {}


class Entry(NamedTuple):
    """A page that the reader may open, and whether they are on it."""

    key: str
    href: str
    here: bool


class Navigation(NamedTuple):
    """The header's pages, and the groups behind Plus that have any."""

    main: list[Entry]
    more: list[tuple[str, list[Entry]]]

    @property
    def more_is_here(self) -> bool:
        """Whether the page is one of those behind Plus."""
        return any(entry.here for _, entries in self.more for entry in entries)


class Pages:
    """Every page of a portal, group by group."""

    def __init__(self, groups: Mapping[str, tuple[Page, ...]]) -> None:
        self._groups = groups
        self._own = {
            (f"{page.href}{below}" if below.startswith("?") else urljoin(f"{page.href}/", below)).strip(
                "/"
            ): rights
            for page in self
            for below, rights in page.own.items()
        }
        self.rights = {page.href.strip("/"): page.rights for page in self} | self._own
        self.folders = {
            kind: (prefix, f"{page.href}/{below}".strip("/"))
            for page in self
            for kind, stands in page.records.items()
            for prefix, _, below in [stands.partition(":")]
        }
        """Kind of record -> its identifiers' prefix, and the address before the identifier."""
        self._fixed = {part for address in self.rights for part in address.split("/")[1:2]} | {
            part for _, folder in self.folders.values() for part in folder.split("/")[1:2]
        }

    def __iter__(self) -> Iterator[Page]:
        return (page for pages in self._groups.values() for page in pages)

    @property
    def offered(self) -> list[Page]:
        """Those that a list of pages offers."""
        return [page for group, pages in self._groups.items() if group != ELSEWHERE for page in pages]

    def navigation(self, permissions: Collection[str], path: str) -> Navigation:
        """Return what somebody with these rights is offered on the page at `path`."""
        groups = {group: _entries(pages, permissions, path) for group, pages in self._groups.items()}
        more = [(group, pages) for group, pages in groups.items() if group not in (MAIN, ELSEWHERE) and pages]
        return Navigation(groups[MAIN], more)

    def may_open(self, permissions: Collection[str], address: str) -> bool:
        """Whether somebody with these rights may open a page: of the list that it belongs to, or its own where it has."""
        rights = self._own_rights(address)
        if rights is None:
            rights = self.rights.get(re.split(r"[/?#]", address.strip("/"), maxsplit=1)[0], ())
        return _holds(permissions, rights)

    def may_send(self, permissions: Collection[str], address: str) -> bool:
        """Whether somebody with these rights may send what stands at an address that asks for rights of its own."""
        return _holds(permissions, self._own_rights(address) or ())

    def _own_rights(self, address: str) -> tuple[str, ...] | None:
        path, _, query = address.partition("#")[0].partition("?")
        shape = self._shape_of(path.strip("/").split("/"))
        modes = [f"{shape}?{pair.partition('=')[0]}" for pair in query.split("&")]
        return next((self._own[key] for key in (*modes, shape) if key in self._own), None)

    def _shape_of(self, parts: list[str]) -> str:
        """Return an address with `*` for what is in it of one record."""
        return "/".join(
            "*"
            if (place == 1 and part not in self._fixed) or (place > 1 and _RECORD.fullmatch(part))
            else part
            for place, part in enumerate(parts)
        )


def _holds(permissions: Collection[str], rights: Collection[str]) -> bool:
    return not rights or any(right in permissions for right in rights)


def _entries(pages: tuple[Page, ...], permissions: Collection[str], path: str) -> list[Entry]:
    return [
        Entry(page.key, page.href, _is_here(page.href, path))
        for page in pages
        if _holds(permissions, page.rights)
    ]


def _is_here(href: str, path: str) -> bool:
    return path == href or (href != "/" and path.startswith(f"{href}/"))
