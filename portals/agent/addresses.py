"""Where each kind of record has its page: the one answer for every list that leads to records."""

from __future__ import annotations

from typing import Final

from portals.agent.pages import PAGES

FOLDERS: Final = {kind: folder for kind, (_, folder) in PAGES.folders.items()}
"""By what the API calls them; whatever else there is has no page of its own."""
_KINDS: Final = {prefix: kind for kind, (prefix, _) in PAGES.folders.items()}


def kind_of(record_id: str) -> str:
    """Return what an identifier is of, by its prefix; empty for what has no page."""
    return _KINDS.get(record_id.partition("_")[0], "")


def page_of(kind: str, record_id: str | None) -> str:
    """Return the page of a record, a path from the root; empty where there is none."""
    folder = FOLDERS.get(kind)
    return f"/{folder}/{record_id}" if folder and record_id else ""
