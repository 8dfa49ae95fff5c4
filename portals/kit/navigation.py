"""Where somebody can go on a face: the pages in the header and those behind a menu, each shown to whoever may open it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple


class Page(NamedTuple):
    """A page by the key of its word, its address, and the rights of which one opens it; none: everybody."""

    key: str
    href: str
    rights: tuple[str, ...] = ()


class Entry(NamedTuple):
    """A page that may be opened, and whether one is on it."""

    key: str
    href: str
    here: bool


class Navigation(NamedTuple):
    """The header's pages, and the groups behind the menu that have any."""

    main: list[Entry]
    more: list[tuple[str, list[Entry]]]

    @property
    def more_is_here(self) -> bool:
        """Whether the page is one of those behind the menu."""
        return any(entry.here for _, entries in self.more for entry in entries)


class SiteMap:
    """Every page that a face leads to."""

    def __init__(
        self,
        *,
        main: tuple[Page, ...],
        more: tuple[tuple[str, tuple[Page, ...]], ...] = (),
        own: Mapping[str, tuple[str, ...]] | None = None,
        fixed: frozenset[str] = frozenset(),
    ) -> None:
        """Declare the pages of the header, those behind the menu by group, and the rights of others.

        `own` are pages that ask for more than the list beside them, and those beside no list; `*` is a record.
        `fixed` are the words that stand where a record would.
        """
        self._main = main
        self._more = more
        self._own = own or {}
        self._fixed = fixed
        pages = (*main, *(page for _, group in more for page in group))
        self._of_lists = {page.href.strip("/"): page.rights for page in pages}

    def navigation(self, permissions: Collection[str], path: str) -> Navigation:
        """Return what somebody with these rights is offered on the page at `path`."""
        more = [(group, _entries(pages, permissions, path)) for group, pages in self._more]
        return Navigation(
            _entries(self._main, permissions, path), [(group, pages) for group, pages in more if pages]
        )

    def may_open(self, permissions: Collection[str], address: str) -> bool:
        """Whether somebody with these rights may open a page: of the list that it belongs to, or its own."""
        parts = address.partition("?")[0].partition("#")[0].strip("/").split("/")
        rights = self._own.get(self._shape_of(parts))
        if rights is None:
            rights = self._of_lists.get(parts[0], ())
        return not rights or any(right in permissions for right in rights)

    def _shape_of(self, parts: list[str]) -> str:
        """Return an address with `*` for what is in it of one record."""
        return "/".join(
            "*" if place == 1 and part not in self._fixed else part for place, part in enumerate(parts)
        )


def _entries(pages: tuple[Page, ...], permissions: Collection[str], path: str) -> list[Entry]:
    return [
        Entry(page.key, page.href, _is_here(page.href, path))
        for page in pages
        if not page.rights or any(right in permissions for right in page.rights)
    ]


def _is_here(href: str, path: str) -> bool:
    return path == href or (href != "/" and path.startswith(f"{href}/"))
