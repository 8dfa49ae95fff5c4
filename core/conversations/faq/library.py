"""The published entries of a language, ready to be searched: read again when one of them has changed."""

from core.conversations.faq import store
from core.conversations.faq.rules import Entry, Index
from core.db.rows import Connection


class Library:
    """What is published. Asking whether it changed is one small statement; the index is made anew when it has."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[store.Revision, list[Entry], Index]] = {}

    async def entries(self, connection: Connection, locale: str) -> list[Entry]:
        """Return what is published, by topic and place."""
        _, entries, _ = await self._fresh(connection, locale)
        return entries

    async def index(self, connection: Connection, locale: str) -> Index:
        """Return the index of what is published."""
        *_, index = await self._fresh(connection, locale)
        return index

    async def _fresh(self, connection: Connection, locale: str) -> tuple[store.Revision, list[Entry], Index]:
        revision = await store.read_revision(connection)
        kept = self._kept.get(locale)
        if kept is None or kept[0] != revision:
            entries = await store.read_published(connection, locale)
            kept = self._kept[locale] = (revision, entries, Index(entries))
        return kept
