"""Where an agent can go: the pages in the header and those behind Plus, each shown to whoever may open it."""

from __future__ import annotations

from typing import Final

from portals.kit.navigation import Page, SiteMap

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
SITE: Final = SiteMap(
    main=MAIN,
    more=MORE,
    own=OWN,
    fixed=frozenset({"invite", "new", "rules", "templates", "types", "versions"}),
)
