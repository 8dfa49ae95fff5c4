"""Where each kind of record has its page: the one answer for every list that leads to records."""

from __future__ import annotations

from typing import Final

FOLDERS: Final = {
    "account": "accounts",
    "agent": "agents",
    "alert": "alerts",
    "alert_rule": "alerts/rules",
    "company": "companies",
    "contract": "contracts",
    "fee_grid": "fees",
    "fee_version": "fees/versions",
    "mail": "mail",
    "onboarding": "onboarding",
    "request": "requests",
    "service": "services",
    "store": "stores",
    "template": "contracts/templates",
    "terminal": "terminals",
    "transaction": "transactions",
}
"""By what the API calls them; whatever else there is has no page of its own."""
_KINDS: Final = {
    "acc": "account",
    "agt": "agent",
    "alr": "alert",
    "com": "company",
    "ctr": "contract",
    "fee": "fee_version",
    "fgr": "fee_grid",
    "mai": "mail",
    "onb": "onboarding",
    "req": "request",
    "rul": "alert_rule",
    "sto": "store",
    "svc": "service",
    "ter": "terminal",
    "tpl": "template",
    "txn": "transaction",
}


def kind_of(record_id: str) -> str:
    """Return what an identifier is of, by its prefix; empty for what has no page."""
    return _KINDS.get(record_id.partition("_")[0], "")


def page_of(kind: str, record_id: str | None) -> str:
    """Return the page of a record, a path from the root; empty where there is none."""
    folder = FOLDERS.get(kind)
    return f"/{folder}/{record_id}" if folder and record_id else ""
