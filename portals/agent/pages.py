"""The agents' pages, in one list. A new page is one entry here and a folder of its key with `page.py` and, unless the kit has
its words, `words.toml`.
"""

from __future__ import annotations

from typing import Final

from portals.kit.navigation import ELSEWHERE, MAIN, Page, Pages

_READ: Final = ("directory.read",)
_EDIT: Final = ("merchants.edit",)
_ASSIGN: Final = ("terminals.write",)
_CONTRACT: Final = ("contracts.write",)

PAGES: Final = Pages(
    {
        MAIN: (
            Page("home", "/"),
            Page("accounts", "/accounts", _READ, records={"account": "acc"}),
            Page(
                "companies",
                "/companies",
                _READ,
                {
                    "new": _EDIT,
                    "*/edit": _EDIT,
                    "*/api-keys": _READ,
                    "/contacts/new": _EDIT,
                    "/contacts/*/edit": _EDIT,
                },
                {"company": "com"},
            ),
            Page("stores", "/stores", _READ, {"new": _EDIT, "*/edit": _EDIT}, {"store": "sto"}),
            Page("transactions", "/transactions", ("transactions.read",), records={"transaction": "txn"}),
            Page(
                "terminals",
                "/terminals",
                _READ,
                {"/assign-terminal": _ASSIGN, "/move-terminal/*": _ASSIGN},
                {"terminal": "ter"},
            ),
        ),
        "group_merchants": (
            Page(
                "onboarding",
                "/onboarding",
                ("merchants.register", "merchants.validate", "contracts.activate"),
                {"new": ("merchants.register",)},
                {"onboarding": "onb"},
            ),
            Page(
                "contracts",
                "/contracts",
                ("contracts.read",),
                {
                    "new": _CONTRACT,
                    "*/sign": _CONTRACT,
                    "*/terms": _CONTRACT,
                    "templates/new": ("contracts.templates",),
                },
                {"contract": "ctr", "template": "tpl:templates"},
            ),
            Page(
                "fees",
                "/fees",
                ("fees.read",),
                {"new": ("fees.write",)},
                {"fee_grid": "fgr", "fee_version": "fee:versions"},
            ),
            Page("orders", "/orders", ("orders.read",), records={"order": "ord"}),
            Page("plans", "/plans", ("plans.read",), {"new": ("plans.write",)}, {"plan": "pln"}),
            Page(
                "webhooks",
                "/webhooks",
                ("webhooks.read",),
                {"new": ("webhooks.write",), "*/edit": ("webhooks.write",)},
                {"webhook_endpoint": "wep", "webhook_delivery": "whd:deliveries"},
            ),
        ),
        "group_work": (
            Page(
                "requests",
                "/requests",
                ("requests.use",),
                {"new": ("requests.use",), "types": ("requests.configure",)},
                {"request": "req"},
            ),
            Page("conversations", "/conversations", ("conversations.read",), records={"conversation": "cnv"}),
            Page("approvals", "/approvals", ("transactions.refund", "transactions.refund_approve")),
            Page("to_check", "/to-check", ("transactions.read",)),
            Page(
                "macros",
                "/macros",
                ("macros.use", "macros.write"),
                {
                    "?new": ("macros.write",),
                    "?edit": ("macros.write",),
                    "*/store/*": ("macros.use",),
                    "*/terminal/*": ("macros.use",),
                },
            ),
        ),
        "group_watch": (
            Page(
                "alerts",
                "/alerts",
                ("alerts.read",),
                {"rules": ("alerts.read",), "rules/new": ("alerts.write",)},
                {"alert": "alr", "alert_rule": "rul:rules"},
            ),
            Page("activity", "/activity", ("transactions.read",)),
            Page("collecting", "/collecting", ("collecting.read",)),
            Page("wall", "/wall", _READ),
            Page("journals", "/journals", ("journals.read",)),
            Page("blocks", "/blocks", _READ),
            Page("exports", "/exports", ("transactions.export",), {"new": ("transactions.export",)}),
        ),
        "group_administration": (
            Page("mail", "/mail", ("mail.read",), records={"mail": "mai"}),
            Page("agents", "/agents", ("agents.read",), {"invite": ("agents.write",)}, {"agent": "agt"}),
            Page("contact", "/contact", ("contact.read",), {"hours/new": ("contact.write",)}),
            Page(
                "faq",
                "/faq",
                ("faq.read",),
                {"new": ("faq.write",), "*/edit": ("faq.write",)},
                {"faq_entry": "faq"},
            ),
            Page("roles", "/roles", ("agents.read",), {"?change": ("grants.write",)}),
            Page("audit", "/audit", ("audit.read",)),
            Page("branding", "/branding", ("branding.write",)),
        ),
        ELSEWHERE: (
            Page("login", "/login"),
            Page("invitation", "/invitation"),
            Page("security", "/security"),
            Page("search", "/search"),
            Page("notices", "/notices"),
            Page("views", "/views"),
            Page("onlookers", "/onlookers"),
            Page("transaction", "/transactions", ("transactions.read",)),
            Page("services", "/services", own={"*": _READ}, records={"service": "svc"}),
        ),
    }
)
