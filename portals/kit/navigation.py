"""Where an agent can go: the pages in the header and those behind Plus, each shown to whoever may open it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple


class Page(NamedTuple):
    """A page by the key of its word, its address, and the rights of which one opens it; none: everybody."""

    key: str
    href: str
    rights: tuple[str, ...] = ()


class Entry(NamedTuple):
    """A page that the agent may open, and whether they are on it."""

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


MAIN: Final = (
    Page("home", "/"),
    Page("accounts", "/accounts", ("directory.read",)),
    Page("companies", "/companies", ("directory.read",)),
    Page("stores", "/stores", ("directory.read",)),
    Page("transactions", "/transactions", ("transactions.read",)),
    Page("terminals", "/terminals", ("directory.read",)),
)
MORE: Final = (
    (
        "group_merchants",
        (
            Page(
                "onboarding",
                "/onboarding",
                ("merchants.register", "merchants.validate", "contracts.activate"),
            ),
            Page("contracts", "/contracts", ("contracts.read",)),
            Page("fees", "/fees", ("fees.read",)),
        ),
    ),
    (
        "group_work",
        (
            Page("requests", "/requests", ("requests.use",)),
            Page("approvals", "/approvals", ("transactions.refund", "transactions.refund_approve")),
            Page("to_check", "/to-check", ("transactions.read",)),
            Page("macros", "/macros", ("macros.use", "macros.write")),
        ),
    ),
    (
        "group_watch",
        (
            Page("alerts", "/alerts", ("alerts.read",)),
            Page("activity", "/activity", ("transactions.read",)),
            Page("wall", "/wall", ("directory.read",)),
            Page("journals", "/journals", ("journals.read",)),
            Page("blocks", "/blocks", ("directory.read",)),
            Page("exports", "/exports", ("transactions.export",)),
        ),
    ),
    (
        "group_administration",
        (
            Page("mail", "/mail", ("mail.read",)),
            Page("agents", "/agents", ("agents.read",)),
            Page("roles", "/roles", ("agents.read",)),
            Page("audit", "/audit", ("audit.read",)),
            Page("branding", "/branding", ("branding.write",)),
        ),
    ),
)

_OF_LISTS: Final = {
    page.href.strip("/"): page.rights for page in (*MAIN, *(one for _, group in MORE for one in group))
}
OWN: Final[dict[str, tuple[str, ...]]] = {
    "accounts/new": ("merchants.edit",),
    "agents/invite": ("agents.write",),
    "alerts/rules": ("alerts.read",),
    "alerts/rules/new": ("alerts.write",),
    "assign-terminal": ("terminals.write",),
    "companies/*/edit": ("merchants.edit",),
    "companies/new": ("merchants.edit",),
    "contacts/*/edit": ("merchants.edit",),
    "contacts/new": ("merchants.edit",),
    "contracts/*/sign": ("contracts.write",),
    "contracts/*/terms": ("contracts.write",),
    "contracts/new": ("contracts.write",),
    "contracts/templates/new": ("contracts.templates",),
    "fees/new": ("fees.write",),
    "move-terminal/*": ("terminals.write",),
    "onboarding/new": ("merchants.register",),
    "requests/types": ("requests.configure",),
    "services/*": ("directory.read",),
    "stores/*/edit": ("merchants.edit",),
    "stores/new": ("merchants.edit",),
}
"""Pages that ask for more than the list beside them, and those beside no list; `*` is a record."""
_FIXED: Final = frozenset({"invite", "new", "rules", "templates", "types", "versions"})


def navigation(permissions: Collection[str], path: str) -> Navigation:
    """Return what an agent with these rights is offered on the page at `path`."""
    more = [(group, _entries(pages, permissions, path)) for group, pages in MORE]
    return Navigation(_entries(MAIN, permissions, path), [(group, pages) for group, pages in more if pages])


def may_open(permissions: Collection[str], address: str) -> bool:
    """Whether an agent with these rights may open a page: of the list that it belongs to, or its own where it has."""
    parts = address.partition("?")[0].partition("#")[0].strip("/").split("/")
    rights = OWN.get(_shape_of(parts))
    if rights is None:
        rights = _OF_LISTS.get(parts[0], ())
    return not rights or any(right in permissions for right in rights)


def _shape_of(parts: list[str]) -> str:
    """Return an address with `*` for what is in it of one record."""
    return "/".join("*" if place == 1 and part not in _FIXED else part for place, part in enumerate(parts))


def _entries(pages: tuple[Page, ...], permissions: Collection[str], path: str) -> list[Entry]:
    return [
        Entry(page.key, page.href, _is_here(page.href, path))
        for page in pages
        if not page.rights or any(right in permissions for right in page.rights)
    ]


def _is_here(href: str, path: str) -> bool:
    return path == href or (href != "/" and path.startswith(f"{href}/"))
